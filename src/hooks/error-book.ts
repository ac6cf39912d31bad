/**
 * What went wrong in the script, once for each distinct error. A script that fails for one folder fails for all of
 * them, in every session: an operator wants to read it once, and how often. However many errors there are, the book
 * has few pages.
 */
import { ERRORS_KEPT, REPORT_AGAIN } from './limits.ts';
import type { Failure } from './protocol.ts';

/** One error, from the first time to the last; message, arguments and traceback are those of a call that failed last. */
export interface HookError {
  /** The function's name in Lua. */
  readonly call: string;
  /** What tells it from others: the line that raised it, or the whole message. */
  readonly place: string;
  /** Lua's own `script.lua:7: message`, or a sentence that begins like it. */
  readonly message: string;
  readonly arguments: string;
  readonly traceback: string;
  readonly count: number;
  /** The session in which it happened last. */
  readonly session: string;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

interface Page {
  readonly error: HookError;
  /** How many times were told, and when the last ones were. */
  readonly told: number;
  readonly toldAt: number;
}

export class ErrorBook {
  /** In the order in which they happened last. */
  readonly #pages: Map<string, Page> = new Map();

  /** Notes failures; the result is how many are to be told now, for an error that is not told each time. */
  note(call: string, session: string, failure: Failure, now: number): number | undefined {
    const key = `${call} ${failure.place}`;
    const { error: before, told = 0, toldAt = Number.NEGATIVE_INFINITY } = this.#pages.get(key) ?? {};
    const count = (before?.count ?? 0) + failure.count;
    const error = { ...failure, call, session, count, first: before?.first ?? now, last: now };
    const isDue = now - toldAt >= REPORT_AGAIN;
    this.#pages.delete(key);
    this.#pages.set(key, isDue ? { error, told: count, toldAt: now } : { error, told, toldAt });
    if (this.#pages.size > ERRORS_KEPT) this.#pages.delete(this.#pages.keys().next().value!);
    return isDue ? count - told : undefined;
  }

  /** The latest first. */
  get all(): HookError[] {
    return [...this.#pages.values()].map(({ error }) => error).reverse();
  }
}
