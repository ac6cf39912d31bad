/** The functions that VPOP3 does not have: who may log in, what the greeting says, what ID says, which commands pass. */
import { Buffer } from 'node:buffer';
import fengari, { type LuaState } from 'fengari';
import type { HookContext, HookKind, IdField } from '../rewrite/question.ts';
import {
  lineAt,
  pushLatin1,
  pushValue,
  ScriptCall,
  shown,
  stringAt,
  type WrongResult,
  wrongType,
} from './call.ts';
import { ID_FIELDS, ID_NAME, ID_VALUE, LINE_FOR_CLIENT } from './limits.ts';
import { literal, typeName } from './lua-state.ts';

const { lua } = fengari;

/** May it pass, and what the client is told where not (latin1; undefined: a default). */
export interface Permission {
  readonly allow: boolean;
  readonly message: string | undefined;
}

/** A function that returns whether something may pass, and perhaps a message: `DoLogin`, `DoCommand`. */
abstract class PermissionCall extends ScriptCall<Permission> {
  readonly results = 2;
  abstract override readonly hook: Extract<HookKind, 'login' | 'command'>;

  read(state: LuaState): Permission | WrongResult {
    if (lua.lua_type(state, -2) !== lua.LUA_TBOOLEAN) {
      return { wrong: `returned ${typeName(state, -2)} first, not true or false (is a return missing?)` };
    }
    if (lua.lua_toboolean(state, -2)) return { allow: true, message: undefined };
    if (lua.lua_type(state, -1) === lua.LUA_TNIL) return { allow: false, message: undefined };
    const message = lineAt(state, -1, 'a message', LINE_FOR_CLIENT);
    if (typeof message !== 'string') return message;
    return { allow: false, message: message === '' ? undefined : message };
  }
}

/** `DoLogin(client, user)` */
export class LoginCall extends PermissionCall {
  readonly hook = 'login';
  readonly #client: string;
  readonly #user: string;

  constructor(user: string, { client }: HookContext) {
    super();
    this.#client = client;
    this.#user = user;
  }

  push(state: LuaState): number {
    pushValue(state, this.#client);
    pushValue(state, this.#user);
    return 2;
  }

  describe(): string[] {
    return [shown(this.#client), shown(Buffer.from(this.#user))];
  }
}

/** `DoCommand(client, command, arguments)`; the arguments are latin1. */
export class CommandCall extends PermissionCall {
  readonly hook = 'command';
  readonly #client: string;
  readonly #verb: string;
  readonly #arguments: string;

  constructor(verb: string, rest: string, { client }: HookContext) {
    super();
    this.#client = client;
    this.#verb = verb;
    this.#arguments = rest;
  }

  push(state: LuaState): number {
    pushValue(state, this.#client);
    pushLatin1(state, this.#verb);
    pushLatin1(state, this.#arguments);
    return 3;
  }

  /** Without the arguments: a command may hold what somebody looks for in his mail. */
  describe(): string[] {
    return [shown(this.#client), shown(this.#verb), '…'];
  }
}

/** `DoGreeting(client, greeting)`; the text and what comes back are latin1. */
export class GreetingCall extends ScriptCall<string> {
  readonly hook = 'greeting';
  readonly results = 1;
  readonly #client: string;
  readonly #text: string;

  constructor(text: string, { client }: HookContext) {
    super();
    this.#client = client;
    this.#text = text;
  }

  push(state: LuaState): number {
    pushValue(state, this.#client);
    pushLatin1(state, this.#text);
    return 2;
  }

  read(state: LuaState): string | WrongResult {
    const text = lineAt(state, -1, 'a greeting', LINE_FOR_CLIENT);
    if (typeof text !== 'string') return text;
    if (text === '') return { wrong: 'returned an empty greeting' };
    // In brackets it would be a response code (RFC 9051 §7.1), and clients obey some of them.
    if (text.startsWith('[') && text !== this.#text)
      return { wrong: 'returned a greeting that begins with [' };
    return text;
  }

  describe(): string[] {
    return [shown(this.#client), shown(this.#text)];
  }
}

/**
 * `DoId(client, fields)`. `fields` is a table from names, in lower case, to values; NIL is false. What comes back has
 * the client's own order and spelling for the names that are still there, and new names behind them.
 */
export class IdCall extends ScriptCall<readonly IdField[]> {
  readonly hook = 'id';
  readonly results = 1;
  readonly #client: string;
  readonly #fields: readonly IdField[];

  constructor(fields: readonly IdField[], { client }: HookContext) {
    super();
    this.#client = client;
    this.#fields = fields;
  }

  push(state: LuaState): number {
    pushValue(state, this.#client);
    lua.lua_newtable(state);
    for (const [name, value] of this.#fields) {
      pushValue(state, value ?? false);
      lua.lua_setfield(state, -2, literal(name.toLowerCase()));
    }
    return 2;
  }

  read(state: LuaState): readonly IdField[] | WrongResult {
    if (lua.lua_type(state, -1) !== lua.LUA_TTABLE) return wrongType(state, -1, 'not a table of fields');
    const returned = new Map<string, string | null>();
    lua.lua_pushnil(state);
    while (lua.lua_next(state, -2) !== 0) {
      if (returned.size >= ID_FIELDS) return { wrong: `returned more than ${ID_FIELDS} fields` };
      const name = fieldAt(state, -2, 'the name of a field', ID_NAME);
      if (typeof name !== 'string') return name;
      const value = valueAt(state, name);
      if (typeof value === 'object' && value !== null) return value;
      returned.set(name, value);
      lua.lua_pop(state, 1);
    }
    return this.#inOrder(returned);
  }

  #inOrder(returned: Map<string, string | null>): IdField[] {
    const fields: IdField[] = [];
    for (const [name] of this.#fields) {
      const value = returned.get(name.toLowerCase());
      if (value === undefined || !returned.delete(name.toLowerCase())) continue;
      fields.push([name, value]);
    }
    return [...fields, ...[...returned].sort(([a], [b]) => (a < b ? -1 : 1))];
  }

  describe(): string[] {
    return [shown(this.#client), `a table of ${this.#fields.length} fields`];
  }
}

function valueAt(state: LuaState, name: string): string | null | WrongResult {
  if (lua.lua_type(state, -1) === lua.LUA_TBOOLEAN && !lua.lua_toboolean(state, -1)) return null;
  return fieldAt(state, -1, `the field ${name}`, ID_VALUE);
}

/** RFC 2971 §3.3 bounds both; what is not UTF-8 could not be written as it is. */
function fieldAt(state: LuaState, index: number, what: string, limit: number): string | WrongResult {
  const bytes = stringAt(state, index);
  if (bytes === undefined)
    return { wrong: `returned a ${typeName(state, index)} for ${what}, not a string or false` };
  if (bytes === 'too long' || bytes.length > limit)
    return { wrong: `returned more than ${limit} bytes for ${what}` };
  if (bytes.some((byte) => byte === 0 || byte === 0x0a || byte === 0x0d)) {
    return { wrong: `returned ${what} with a line end or a NUL in it` };
  }
  return new TextDecoder().decode(bytes);
}
