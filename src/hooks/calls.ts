/**
 * The three functions of a script as calls: values go onto Lua's stack, the function runs, and what it returned
 * is checked before anybody may use it. Every call into the script goes through `#call`, so each is on the clock.
 */
import { Buffer } from 'node:buffer';
import type { LuaState } from 'fengari';
import { NO_BYTES, sameBytes, splitWords } from '../imap-parser-lite/index.ts';
import { isCapabilityWord } from '../rewrite/capability.ts';
import { HIDDEN, KEPT } from '../rewrite/folders.ts';
import { readFolder, writeFolder } from '../rewrite/list.ts';
import { oldName, withoutOldName } from '../rewrite/old-name.ts';
import {
  type DefinedHooks,
  type EncryptionMode,
  type HookContext,
  type NameEncoding,
  noHooks,
} from '../rewrite/question.ts';
import type { CallClock } from './call-clock.ts';
import { RETURNED_STRING } from './limits.ts';
import { literal, popError, typeName } from './lua-state.ts';
import { fengari } from './quick-fengari.ts';

const { lua } = fengari;

/** A call that failed, and the sentence that says why. */
export interface CallFault {
  readonly fault: string;
}

/** What is to be sent for one folder: other bytes, or one of the marks of the protocol. */
export type ListedFolder = Uint8Array | typeof KEPT | typeof HIDDEN;

const HANDLER = 1;
const contextKeys = ['session', 'client', 'server', 'serverport', 'tls', 'user', 'command'] as const;
const hookNames = { encryption: 'GetEncryption', capability: 'DoCapability', list: 'DoListResult' } as const;
type HookName = keyof typeof hookNames;

/** One of the script's functions, at a fixed place of the stack. */
interface ScriptFunction {
  readonly slot: number;
  /** Without a parameter for it, no context is made: scripts written for VPOP3 have none. */
  readonly takesContext: boolean;
  /** `script.lua:7: DoCapability`, where it begins. */
  readonly where: string;
}

export class ScriptCalls {
  readonly #state: LuaState;
  readonly #clock: CallClock;
  readonly #script: string;
  readonly #functions: Partial<Record<HookName, ScriptFunction>> = {};
  #keySlot = 0;
  #lastSlot = 0;
  #valueSlot = 0;
  /** Whether any of the functions has a parameter for it. */
  #takesContext = false;
  /** The last of the values that stay for the whole question. */
  #top = 0;
  /** The attributes and the extended data of the last folder, as bytes; as Lua strings they stand from `#lastSlot` on. */
  readonly #last: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES];
  #question = 0;

  /** Takes a state in which the script has run. A fault where the name of a function holds something else. */
  static in(state: LuaState, clock: CallClock, script: string): ScriptCalls | CallFault {
    const calls = new ScriptCalls(state, clock, script);
    for (const hook of ['encryption', 'capability', 'list'] as const) {
      const fault = calls.#find(hook);
      if (fault) return fault;
    }
    calls.#pushKept();
    return calls;
  }

  private constructor(state: LuaState, clock: CallClock, script: string) {
    this.#state = state;
    this.#clock = clock;
    this.#script = script;
  }

  #pushKept(): void {
    this.#keySlot = lua.lua_gettop(this.#state) + 1;
    for (const key of contextKeys) lua.lua_pushstring(this.#state, literal(key));
    this.#lastSlot = this.#keySlot + contextKeys.length;
    for (const bytes of this.#last) lua.lua_pushstring(this.#state, bytes);
    this.#valueSlot = this.#lastSlot + this.#last.length;
    this.#takesContext = Object.values(this.#functions).some(({ takesContext }) => takesContext);
    this.#top = this.#valueSlot - 1 + (this.#takesContext ? contextKeys.length : 0);
  }

  get defines(): DefinedHooks {
    const { encryption, capability, list } = this.#functions;
    return { ...noHooks, encryption: !!encryption, capability: !!capability, list: !!list };
  }

  /** Every call from here on belongs to this question. Its context's values are put on the stack once. */
  begin(question: number, context: HookContext): void {
    this.#question = question;
    if (!this.#takesContext) return;
    lua.lua_settop(this.#state, this.#valueSlot - 1);
    for (const key of contextKeys) this.#pushValue(context[key]);
  }

  encryption(mode: EncryptionMode, context: HookContext): EncryptionMode | CallFault {
    const script = this.#enter('encryption');
    this.#pushValue(context.client);
    this.#pushValue(context.server);
    this.#pushValue(context.serverport);
    this.#pushValue(mode);
    const fault = this.#call(script, 4, 1, 0);
    if (fault) return fault;
    if (lua.lua_type(this.#state, -1) !== lua.LUA_TNUMBER) {
      return this.#wrong(script, `returned ${typeName(this.#state, -1)}, not 0, 1 or 3`);
    }
    const returned = lua.lua_tonumber(this.#state, -1);
    if (returned === 0 || returned === 1 || returned === 3) return returned;
    return this.#wrong(script, `returned ${returned}, not 0, 1 or 3`);
  }

  /** `capabilities` and what comes back are latin1. */
  capability(capabilities: string, context: HookContext): string | CallFault {
    const script = this.#enter('capability');
    this.#pushValue(context.client);
    lua.lua_pushstring(this.#state, Buffer.from(capabilities, 'latin1'));
    const fault = this.#call(script, 2, 1, 0);
    if (fault) return fault;
    const returned = this.#string(-1);
    if (returned === undefined) {
      return this.#wrong(script, `returned ${typeName(this.#state, -1)}, not a string of capabilities`);
    }
    if (returned === 'too long') return this.#wrong(script, tooLong);
    const text = Buffer.from(returned.buffer, returned.byteOffset, returned.length).toString('latin1');
    const given = new Set(splitWords(capabilities));
    const words = splitWords(text);
    if (words.length === 0) return this.#wrong(script, 'returned no capability at all');
    if (words.some((word) => !given.has(word) && !isCapabilityWord(word))) {
      return this.#wrong(script, 'returned a capability with characters in it that would end the list');
    }
    return text;
  }

  /** `response` is one raw LIST, LSUB or XLIST response, the `index`th of its batch. */
  list(response: Uint8Array, names: NameEncoding, index: number): ListedFolder | CallFault {
    const state = this.#state;
    const script = this.#enter('list');
    const folder = readFolder(response, names);
    if (folder === undefined)
      return this.#wrong(script, 'was not called: the server sent a response that cannot be read');
    lua.lua_pushstring(state, folder.name);
    this.#pushAgain(0, folder.attributes);
    this.#pushAgain(1, folder.extended);
    const fault = this.#call(script, 3, 3, index);
    if (fault) return fault;
    if (lua.lua_type(state, -3) !== lua.LUA_TBOOLEAN) {
      return this.#wrong(
        script,
        `returned ${typeName(state, -3)} first, not true or false (is a return missing?)`,
      );
    }
    if (!lua.lua_toboolean(state, -3)) return HIDDEN;
    const attributes = this.#string(-2);
    if (attributes === undefined && lua.lua_type(state, -2) !== lua.LUA_TNIL) {
      return this.#wrong(script, `returned ${typeName(state, -2)} for the attributes, not a string or nil`);
    }
    const extended = this.#string(-1);
    if (extended === undefined && lua.lua_type(state, -1) !== lua.LUA_TNIL) {
      return this.#wrong(
        script,
        `returned ${typeName(state, -1)} for the extended data, not a string or nil (string.gsub returns two values: put it in parentheses)`,
      );
    }
    if (attributes === 'too long' || extended === 'too long') return this.#wrong(script, tooLong);
    const written = writeFolder(folder, attributes, extended);
    if (!(written instanceof Uint8Array)) return this.#wrong(script, `failed: ${written.fault}`);
    const plain = folder.extended.length === 0 && !extended?.length;
    const shown = plain ? written : this.#withoutHiddenOldName(written, names, index);
    return shown === folder.response ? KEPT : shown;
  }

  /** The former name of a folder is a folder's name as well: one that the script hides is not told. */
  #withoutHiddenOldName(response: Uint8Array, names: NameEncoding, index: number): Uint8Array | CallFault {
    const folder = readFolder(response, names);
    const old = folder && oldName(folder, names);
    if (folder === undefined || old === undefined) return response;
    const script = this.#enter('list');
    lua.lua_pushstring(this.#state, old);
    this.#pushAgain(0, NO_BYTES);
    this.#pushAgain(1, NO_BYTES);
    const fault = this.#call(script, 3, 3, index);
    if (fault) return fault;
    if (lua.lua_toboolean(this.#state, -3)) return response;
    const written = writeFolder(folder, undefined, withoutOldName(folder.extended));
    return written instanceof Uint8Array ? written : response;
  }

  /** Puts the function on top of the values that stay for the whole question. */
  #enter(hook: HookName): ScriptFunction {
    const script = this.#functions[hook];
    if (script === undefined) throw new Error(`${hookNames[hook]} is not defined`);
    lua.lua_settop(this.#state, this.#top);
    lua.lua_pushvalue(this.#state, script.slot);
    return script;
  }

  /** Calls the function that `#enter` put on the stack below `values` arguments. */
  #call(script: ScriptFunction, values: number, results: number, index: number): CallFault | undefined {
    let count = values;
    if (script.takesContext) {
      this.#pushContext();
      count++;
    }
    this.#clock.begin(this.#question, index);
    const status = lua.lua_pcall(this.#state, count, results, HANDLER);
    this.#clock.end();
    return status === lua.LUA_OK ? undefined : { fault: popError(this.#state, this.#script) };
  }

  /** Pushes `bytes`, as the Lua string of the last call where it is the same: most folders differ in the name only. */
  #pushAgain(which: 0 | 1, bytes: Uint8Array): void {
    const slot = this.#lastSlot + which;
    if (sameBytes(bytes, this.#last[which])) {
      lua.lua_pushvalue(this.#state, slot);
      return;
    }
    lua.lua_pushstring(this.#state, bytes);
    lua.lua_copy(this.#state, -1, slot);
    this.#last[which] = bytes;
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

  #pushValue(value: string | number | boolean | undefined): void {
    if (value === undefined) lua.lua_pushnil(this.#state);
    else if (typeof value === 'string') lua.lua_pushstring(this.#state, literal(value));
    else if (typeof value === 'number') lua.lua_pushinteger(this.#state, value);
    else lua.lua_pushboolean(this.#state, value);
  }

  /** The string at `index`, undefined where there is something else. A number is not taken for one. */
  #string(index: number): Uint8Array | 'too long' | undefined {
    if (lua.lua_type(this.#state, index) !== lua.LUA_TSTRING) return undefined;
    const bytes = lua.lua_tostring(this.#state, index)!;
    return bytes.length > RETURNED_STRING ? 'too long' : bytes;
  }

  #wrong(script: ScriptFunction, what: string): CallFault {
    return { fault: `${script.where} ${what}` };
  }

  /** Raw, past a metatable on the globals: a script that forbids unknown globals must not fail for what it leaves out. */
  #find(hook: HookName): CallFault | undefined {
    const state = this.#state;
    const name = hookNames[hook];
    lua.lua_pushglobaltable(state);
    lua.lua_pushstring(state, literal(name));
    const type = lua.lua_rawget(state, -2);
    lua.lua_remove(state, -2);
    if (type === lua.LUA_TNIL) {
      lua.lua_pop(state, 1);
      return undefined;
    }
    if (type !== lua.LUA_TFUNCTION) {
      return { fault: `${this.#script}: ${name} is a ${typeName(state, -1)}, not a function` };
    }
    const about = new lua.lua_Debug();
    lua.lua_pushvalue(state, -1);
    lua.lua_getinfo(state, literal('>Su'), about);
    const parameters = hook === 'encryption' ? 4 : hook === 'list' ? 3 : 2;
    this.#functions[hook] = {
      slot: lua.lua_gettop(state),
      takesContext: about.isvararg || about.nparams > parameters,
      where:
        about.linedefined > 0
          ? `${Buffer.from(about.short_src).toString('latin1')}:${about.linedefined}: ${name}`
          : `${this.#script}: ${name}`,
    };
    return undefined;
  }
}

const tooLong = `returned a string of more than ${RETURNED_STRING} bytes`;
