/**
 * What went wrong in the script, once for each distinct error. A script that fails for one folder fails for all of
 * them, in every session: an operator wants to read it once, and how often. However many errors there are, the book
 * has few pages.
 */
import { ERRORS_KEPT, REPORT_AGAIN } from './limits.ts';
import type { Failure } from './protocol.ts';

/** One error, from the first time to the last. */
export interface HookError {
  /** The function's name in Lua. */
  readonly call: string;
  /** Lua's own `script.lua:7: message`, or a sentence that begins like it. */
  readonly message: string;
  /** Of the call that failed first. */
  readonly arguments: string;
  readonly traceback: string;
  readonly count: number;
  /** The session in which it happened last. */
  readonly session: string;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

type Page = { -readonly [Key in keyof HookError]: HookError[Key] } & {
  /** Times that were not told yet, and when the last ones were. */
  untold: number;
  told: number;
};

export class ErrorBook {
  /** In the order in which they happened last. */
  readonly #pages: Map<string, Page> = new Map();

  /** Notes failures; the result is how many are to be told now, for an error that is not told each time. */
  note(call: string, session: string, failure: Failure, now: number): number | undefined {
    const key = `${call} ${failure.message}`;
    const page = this.#pages.get(key) ?? newPage(call, failure, now);
    page.session = session;
    page.last = now;
    page.count += failure.count;
    page.untold += failure.count;
    this.#pages.delete(key);
    this.#pages.set(key, page);
    if (this.#pages.size > ERRORS_KEPT) this.#pages.delete(this.#pages.keys().next().value!);
    if (now - page.told < REPORT_AGAIN) return undefined;
    const count = page.untold;
    page.untold = 0;
    page.told = now;
    return count;
  }

  /** The latest first. */
  get all(): HookError[] {
    return [...this.#pages.values()].map(({ untold, told, ...error }) => error).reverse();
  }
}

function newPage(call: string, { message, arguments: given, traceback }: Failure, now: number): Page {
  const told = Number.NEGATIVE_INFINITY;
  return {
    call,
    message,
    arguments: given,
    traceback,
    count: 0,
    session: '',
    first: now,
    last: now,
    untold: 0,
    told,
  };
}
