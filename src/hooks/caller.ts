/**
 * How calls are run. Every entry into the script goes through here, so that each is on the clock; the functions and
 * the values of the context are found at fixed places of the stack.
 */
import fengari, { type LuaState } from 'fengari';
import type { DefinedHooks, HookContext } from '../rewrite/question.ts';
import { type CallFault, pushValue, type ScriptCall, type WrongResult } from './call.ts';
import type { CallClock } from './call-clock.ts';
import { LastStrings } from './folder-call.ts';
import { defined, findFunctions, type ScriptFunction, type ScriptFunctions } from './functions.ts';
import { literal, placeIn, popError, type Traces, traceback } from './lua-state.ts';
import type { Pauses } from './pauses.ts';

const { lua } = fengari;

const HANDLER = 1;
const contextKeys = ['session', 'client', 'server', 'serverport', 'tls', 'user', 'command'] as const;

/** What belongs to an opened script besides its state. */
export interface Opened {
  readonly clock: CallClock;
  /** The script's file name, for messages. */
  readonly script: string;
  readonly traces: Traces;
  readonly pauses: Pauses;
}

export class Caller {
  /** For the calls about folders. */
  readonly lastStrings: LastStrings;
  readonly #state: LuaState;
  readonly #functions: ScriptFunctions;
  readonly #opened: Opened;
  readonly #keySlot: number;
  readonly #valueSlot: number;
  /** Whether any of the functions has a parameter for it. */
  readonly #takesContext: boolean;
  /** The last of the values that stay for the whole question. */
  readonly #top: number;
  #question = 0;
  /** Coroutines that have run to their end and can run again. */
  readonly #rested: LuaState[] = [];

  /** Takes a state in which the script has run. A fault where the name of a function holds something else. */
  static in(state: LuaState, opened: Opened): Caller | { readonly fault: string } {
    const functions = findFunctions(state, opened.script);
    return 'fault' in functions ? functions : new Caller(state, functions, opened);
  }

  private constructor(state: LuaState, functions: ScriptFunctions, opened: Opened) {
    this.#state = state;
    this.#functions = functions;
    this.#opened = opened;
    this.#keySlot = lua.lua_gettop(state) + 1;
    for (const key of contextKeys) lua.lua_pushstring(state, literal(key));
    this.lastStrings = new LastStrings(state);
    this.#valueSlot = lua.lua_gettop(state) + 1;
    this.#takesContext = Object.values(functions).some(({ takesContext }) => takesContext);
    this.#top = this.#valueSlot - 1 + (this.#takesContext ? contextKeys.length : 0);
  }

  get defines(): DefinedHooks {
    return defined(this.#functions);
  }

  /** Every call from here on belongs to this question. Its context's values are put on the stack once. */
  begin(question: number, context: HookContext): void {
    this.#question = question;
    this.#opened.traces.begin();
    if (!this.#takesContext) return;
    lua.lua_settop(this.#state, this.#valueSlot - 1);
    for (const key of contextKeys) pushValue(this.#state, context[key]);
  }

  /** Runs a call, the `index`th of its question; its outcome is in it. */
  run<Value>(call: ScriptCall<Value>, index: number): void {
    const { clock } = this.#opened;
    const script = this.#functionOf(call);
    const count = this.#push(call, script);
    if (typeof count !== 'number') {
      call.outcome = this.#wrong(call, script, count);
      return;
    }
    clock.begin(this.#question, index);
    const status = lua.lua_pcall(this.#state, count, call.results, HANDLER);
    clock.end();
    call.outcome = status === lua.LUA_OK ? this.#read(call, script, this.#state) : this.#raised(call);
  }

  /**
   * Runs a call that may have to wait for something: in a coroutine, with the thread free for other calls meanwhile.
   * Each stretch of it is on the clock anew; the waiting is not.
   */
  async runWithPauses<Value>(
    call: ScriptCall<Value>,
    index: number,
    question: number,
    context: HookContext,
  ): Promise<void> {
    const { clock, pauses } = this.#opened;
    const state = this.#state;
    const script = this.#functionOf(call);
    this.begin(question, context);
    let count = this.#push(call, script);
    if (typeof count !== 'number') {
      call.outcome = this.#wrong(call, script, count);
      return;
    }
    const coroutine = this.#rested.pop() ?? newCoroutine(state);
    lua.lua_xmove(state, coroutine, count + 1);
    for (;;) {
      clock.begin(question, index);
      const status = lua.lua_resume(coroutine, state, count);
      clock.end();
      if (status !== lua.LUA_YIELD) {
        call.outcome =
          status === lua.LUA_OK
            ? this.#returned(call, script, coroutine)
            : this.#ended(call, coroutine, question, index);
        pauses.over(coroutine);
        return;
      }
      count = await pauses.end(coroutine);
    }
  }

  #returned<Value>(call: ScriptCall<Value>, script: ScriptFunction, coroutine: LuaState): Value | CallFault {
    lua.lua_settop(coroutine, call.results);
    const outcome = this.#read(call, script, coroutine);
    lua.lua_settop(coroutine, 0);
    this.#rested.push(coroutine);
    return outcome;
  }

  /** A coroutine that an error has ended. What was thrown becomes a string; a `__tostring` of the script's is on the clock. */
  #ended(call: ScriptCall<unknown>, coroutine: LuaState, question: number, index: number): CallFault {
    const state = this.#state;
    const { clock } = this.#opened;
    lua.lua_settop(state, this.#top);
    const trace = traceback(state, coroutine, 0);
    lua.lua_pushvalue(state, HANDLER);
    lua.lua_xmove(coroutine, state, 1);
    clock.begin(question, index);
    lua.lua_pcall(state, 1, 1, 0);
    clock.end();
    return this.#raised(call, trace);
  }

  #functionOf({ hook }: ScriptCall<unknown>): ScriptFunction {
    const script = this.#functions[hook];
    if (script === undefined) throw new Error(`the script does not define a function for ${hook}`);
    return script;
  }

  /** Puts the function on top of the values that stay for the whole question, and its arguments above it. */
  #push(call: ScriptCall<unknown>, script: ScriptFunction): number | WrongResult {
    lua.lua_settop(this.#state, this.#top);
    lua.lua_pushvalue(this.#state, script.slot);
    const count = call.push(this.#state);
    if (typeof count !== 'number' || !script.takesContext) return count;
    this.#pushContext();
    return count + 1;
  }

  /** A new table for every call, for a script may write into it. */
  #pushContext(): void {
    const state = this.#state;
    lua.lua_newtable(state);
    for (let at = 0; at < contextKeys.length; at++) {
      lua.lua_pushvalue(state, this.#keySlot + at);
      lua.lua_pushvalue(state, this.#valueSlot + at);
      lua.lua_rawset(state, -3);
    }
  }

  #read<Value>(call: ScriptCall<Value>, script: ScriptFunction, from: LuaState): Value | CallFault {
    const value = call.read(from);
    const isWrong = typeof value === 'object' && value !== null && 'wrong' in value;
    return isWrong ? this.#wrong(call, script, value) : (value as Value);
  }

  #raised(call: ScriptCall<unknown>, traceback: string = this.#opened.traces.last): CallFault {
    const fault = popError(this.#state, this.#opened.script);
    const place = placeIn(fault, this.#opened.script) ?? fault;
    return { fault, place, arguments: call.describe().join(', '), traceback };
  }

  #wrong(call: ScriptCall<unknown>, { where }: ScriptFunction, { wrong }: WrongResult): CallFault {
    const fault = `${where} ${wrong}`;
    return { fault, place: fault, arguments: call.describe().join(', '), traceback: '' };
  }
}

/** Lives as long as somebody in JS holds it; it needs no place on a stack. */
function newCoroutine(state: LuaState): LuaState {
  const coroutine = lua.lua_newthread(state);
  lua.lua_pop(state, 1);
  return coroutine;
}
