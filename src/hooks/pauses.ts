/**
 * Where a script waits: a function of the library starts something and yields, and the coroutine goes on with the
 * results when they are there. The one thing that always holds: a coroutine waits for one thing at a time.
 */
import fengari, { type LuaState } from 'fengari';
import { PAUSES } from './limits.ts';
import { raise } from './lua-state.ts';

const { lua } = fengari;

/** Pushes the results of what was waited for, and returns their number. */
export type Results = (state: LuaState) => number;

export class Pauses {
  readonly #waiting: Map<LuaState, Promise<Results>> = new Map();
  readonly #counts: Map<LuaState, number> = new Map();

  /**
   * Called by a function of the library as the last thing it does: the coroutine waits for what `begin` starts, which
   * must not reject. Raises a Lua error where the script cannot wait, or has waited too often in this call.
   */
  pause(state: LuaState, begin: () => Promise<Results>): number {
    if (!lua.lua_isyieldable(state)) {
      return raise(state, 'this cannot be used here: only inside of a function that is called for a session');
    }
    const count = (this.#counts.get(state) ?? 0) + 1;
    if (count > PAUSES) return raise(state, `more than ${PAUSES} requests in one call`);
    this.#counts.set(state, count);
    this.#waiting.set(state, begin());
    return lua.lua_yield(state, 0);
  }

  /** Resolves when the coroutine can go on, with so many values on its stack. */
  async end(coroutine: LuaState): Promise<number> {
    const waiting = this.#waiting.get(coroutine);
    if (waiting === undefined) throw new Error('a coroutine yields only to wait');
    this.#waiting.delete(coroutine);
    const push = await waiting;
    return push(coroutine);
  }

  /** The call is over; the next one in the same coroutine begins to count anew. */
  over(coroutine: LuaState): void {
    this.#counts.delete(coroutine);
  }
}
