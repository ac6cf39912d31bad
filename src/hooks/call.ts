/**
 * One call of one of the script's functions: what goes onto Lua's stack, and what is made of what comes back. How it
 * is run, at once or with pauses, is not its affair (caller.ts); whatever it returns has been checked.
 */
import { Buffer } from 'node:buffer';
import fengari, { type LuaState } from 'fengari';
import type { HookKind } from '../rewrite/question.ts';
import { RETURNED_STRING, SHOWN_ARGUMENT } from './limits.ts';
import { typeName } from './lua-state.ts';
import { oneLine } from './one-line.ts';

const { lua } = fengari;

/** A call that failed: the sentence that says why, what it was called with, and how Lua got there. */
export interface CallFault {
  readonly fault: string;
  /** What tells it from other faults: where it was raised, whatever names its message holds, or the whole sentence. */
  readonly place: string;
  readonly arguments: string;
  /** One line, `script.lua:7: in function 'f' < script.lua:12: …`; empty where no error was raised. */
  readonly traceback: string;
}

/** What was returned cannot be used; the rest of a sentence that begins with the function's place and name. */
export interface WrongResult {
  readonly wrong: string;
}

export abstract class ScriptCall<Value> {
  abstract readonly hook: HookKind;
  /** How many values are taken from the script. */
  abstract readonly results: number;
  /** What came of the last time that it was run. */
  outcome: Value | CallFault | undefined;

  /** Pushes the arguments, without the context; returns their number. A fault: the function cannot be called. */
  abstract push(state: LuaState): number | WrongResult;

  /** What the results on top of the stack say. */
  abstract read(state: LuaState): Value | WrongResult;

  /** The arguments for somebody who reads a log. */
  abstract describe(): readonly string[];
}

/** Whether an outcome is a fault. */
export function isFault<Value>(outcome: Value | CallFault): outcome is CallFault {
  return typeof outcome === 'object' && outcome !== null && 'fault' in outcome;
}

/** The string at `index`, undefined where there is something else. A number is not taken for one. */
export function stringAt(state: LuaState, index: number): Uint8Array | 'too long' | undefined {
  if (lua.lua_type(state, index) !== lua.LUA_TSTRING) return undefined;
  const bytes = lua.lua_tostring(state, index)!;
  return bytes.length > RETURNED_STRING ? 'too long' : bytes;
}

export const tooLong: WrongResult = { wrong: `returned a string of more than ${RETURNED_STRING} bytes` };

/** `returned nil, not …`, of the value at `index`. */
export function wrongType(state: LuaState, index: number, wanted: string): WrongResult {
  return { wrong: `returned ${typeName(state, index)}, ${wanted}` };
}

/** Pushes a JS value; strings as UTF-8. */
export function pushValue(state: LuaState, value: string | number | boolean | undefined): void {
  if (value === undefined) lua.lua_pushnil(state);
  else if (typeof value === 'string') lua.lua_pushstring(state, Buffer.from(value));
  else if (typeof value === 'number') lua.lua_pushinteger(state, value);
  else lua.lua_pushboolean(state, value);
}

/** Pushes a latin1 text as the bytes that it stands for. */
export function pushLatin1(state: LuaState, text: string): void {
  lua.lua_pushstring(state, Buffer.from(text, 'latin1'));
}

/** A text of the script's as the client is to get it, latin1: one line, or why it cannot be one. */
export function lineAt(state: LuaState, index: number, what: string, limit: number): string | WrongResult {
  const bytes = stringAt(state, index);
  if (bytes === undefined) return wrongType(state, index, `not ${what}`);
  if (bytes === 'too long' || bytes.length > limit)
    return { wrong: `returned more than ${limit} bytes for ${what}` };
  if (bytes.some((byte) => byte === 0 || byte === 0x0a || byte === 0x0d)) {
    return { wrong: `returned ${what} with a line end or a NUL in it` };
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** An argument as a log shows it. */
export function shown(argument: Uint8Array | string): string {
  const bytes = typeof argument === 'string' ? Buffer.from(argument, 'latin1') : argument;
  return `"${oneLine(bytes, SHOWN_ARGUMENT)}"`;
}
