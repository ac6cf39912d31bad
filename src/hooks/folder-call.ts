/**
 * `DoListResult(foldername, attributes, extended)`: one object for all folders of all questions, because this is the
 * call that is made ten thousand times for one command.
 */
import fengari, { type LuaState } from 'fengari';
import { NO_BYTES, sameBytes } from '../imap-parser-lite/index.ts';
import { HIDDEN, KEPT } from '../rewrite/folders.ts';
import { type FolderResponse, readFolder, writeFolder } from '../rewrite/list.ts';
import { oldName, withoutOldName } from '../rewrite/old-name.ts';
import type { NameEncoding } from '../rewrite/question.ts';
import { ScriptCall, shown, stringAt, tooLong, type WrongResult } from './call.ts';
import { typeName } from './lua-state.ts';

const { lua } = fengari;

/** What is to be sent for one folder: other bytes, or one of the marks of the protocol. */
export type ListedFolder = Uint8Array | typeof KEPT | typeof HIDDEN;

export class FolderCall extends ScriptCall<ListedFolder> {
  readonly hook = 'list';
  readonly results = 3;
  /** One raw LIST, LSUB or XLIST response. */
  response: Uint8Array = NO_BYTES;
  names: NameEncoding = 'modified-utf7';
  readonly #last: LastStrings;
  #folder: FolderResponse | undefined;
  #extended = false;

  constructor(last: LastStrings) {
    super();
    this.#last = last;
  }

  push(state: LuaState): number | WrongResult {
    const folder = readFolder(this.response, this.names, this.#folder);
    this.#folder = folder;
    this.#extended = false;
    if (folder === undefined)
      return { wrong: 'was not called: the server sent a response that cannot be read' };
    lua.lua_pushstring(state, folder.name);
    this.#last.push(0, folder.attributes);
    this.#last.push(1, folder.extended);
    return 3;
  }

  read(state: LuaState): ListedFolder | WrongResult {
    if (lua.lua_type(state, -3) !== lua.LUA_TBOOLEAN) {
      return {
        wrong: `returned ${typeName(state, -3)} first, not true or false (is a return missing?)`,
      };
    }
    if (!lua.lua_toboolean(state, -3)) return HIDDEN;
    const attributes = stringAt(state, -2);
    if (attributes === undefined && lua.lua_type(state, -2) !== lua.LUA_TNIL) {
      return { wrong: `returned ${typeName(state, -2)} for the attributes, not a string or nil` };
    }
    const extended = stringAt(state, -1);
    if (extended === undefined && lua.lua_type(state, -1) !== lua.LUA_TNIL) {
      return {
        wrong: `returned ${typeName(state, -1)} for the extended data, not a string or nil (string.gsub returns two values: put it in parentheses)`,
      };
    }
    if (attributes === 'too long' || extended === 'too long') return tooLong;
    const folder = this.#folder!;
    this.#extended = folder.extended.length > 0 || !!extended?.length;
    const written = writeFolder(folder, attributes, extended);
    if (!(written instanceof Uint8Array)) return { wrong: `failed: ${written.fault}` };
    return written === folder.response ? KEPT : written;
  }

  /** Whether the folder is shown with extended data, in which another one may be named. */
  get mayNameAnother(): boolean {
    return this.#extended && this.outcome !== HIDDEN;
  }

  describe(): string[] {
    const folder = this.#folder;
    return folder === undefined ? [] : [folder.name, folder.attributes, folder.extended].map(shown);
  }
}

/** The former name of a folder is a folder's name as well: one that the script hides is not told. */
export class OldNameCall extends ScriptCall<'shown' | 'hidden'> {
  readonly hook = 'list';
  readonly results = 3;
  readonly #folder: FolderResponse;
  readonly #old: Uint8Array;

  /** A call for the former name in `response`, where it has one. */
  static of(response: Uint8Array, names: NameEncoding): OldNameCall | undefined {
    const folder = readFolder(response, names);
    const old = folder && oldName(folder, names);
    return folder && old && new OldNameCall(folder, old);
  }

  private constructor(folder: FolderResponse, old: Uint8Array) {
    super();
    this.#folder = folder;
    this.#old = old;
  }

  push(state: LuaState): number {
    lua.lua_pushstring(state, this.#old);
    lua.lua_pushstring(state, NO_BYTES);
    lua.lua_pushstring(state, NO_BYTES);
    return 3;
  }

  read(state: LuaState): 'shown' | 'hidden' {
    return lua.lua_toboolean(state, -3) ? 'shown' : 'hidden';
  }

  /** The response without the former name. */
  without(): Uint8Array {
    const written = writeFolder(this.#folder, undefined, withoutOldName(this.#folder.extended));
    return written instanceof Uint8Array ? written : this.#folder.response;
  }

  describe(): string[] {
    return [this.#old, NO_BYTES, NO_BYTES].map(shown);
  }
}

/** Most folders differ in the name only: the last two other arguments stay on the stack as Lua strings. */
export class LastStrings {
  readonly #state: LuaState;
  readonly #slot: number;
  readonly #bytes: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES];

  /** Takes two places on top of the stack. */
  constructor(state: LuaState) {
    this.#state = state;
    this.#slot = lua.lua_gettop(state) + 1;
    for (const bytes of this.#bytes) lua.lua_pushstring(state, bytes);
  }

  /** Pushes `bytes`, as the Lua string of the last call where it is the same. */
  push(which: 0 | 1, bytes: Uint8Array): void {
    const slot = this.#slot + which;
    if (sameBytes(bytes, this.#bytes[which])) {
      lua.lua_pushvalue(this.#state, slot);
      return;
    }
    lua.lua_pushstring(this.#state, bytes);
    lua.lua_copy(this.#state, -1, slot);
    this.#bytes[which] = bytes;
  }
}
