/** The two functions that VPOP3 calls for a connection: which encryption, and which capabilities. */
import { Buffer } from 'node:buffer';
import fengari, { type LuaState } from 'fengari';
import { splitWords } from '../imap-parser-lite/index.ts';
import { areCapabilityWords, isCapabilityWord } from '../rewrite/capability.ts';
import type { EncryptionMode, HookContext } from '../rewrite/question.ts';
import {
  pushLatin1,
  pushValue,
  ScriptCall,
  shown,
  stringAt,
  tooLong,
  type WrongResult,
  wrongType,
} from './call.ts';

const { lua } = fengari;

/** `GetEncryption(client, server, serverport, mode)` */
export class EncryptionCall extends ScriptCall<EncryptionMode> {
  readonly hook = 'encryption';
  readonly results = 1;
  readonly #mode: EncryptionMode;
  readonly #context: HookContext;

  constructor(mode: EncryptionMode, context: HookContext) {
    super();
    this.#mode = mode;
    this.#context = context;
  }

  push(state: LuaState): number {
    const { client, server, serverport } = this.#context;
    for (const value of [client, server, serverport, this.#mode]) pushValue(state, value);
    return 4;
  }

  read(state: LuaState): EncryptionMode | WrongResult {
    if (lua.lua_type(state, -1) !== lua.LUA_TNUMBER) return wrongType(state, -1, 'not 0, 1 or 3');
    const returned = lua.lua_tonumber(state, -1);
    if (returned === 0 || returned === 1 || returned === 3) return returned;
    return { wrong: `returned ${returned}, not 0, 1 or 3` };
  }

  describe(): string[] {
    const { client, server, serverport } = this.#context;
    return [shown(client), shown(server), String(serverport), String(this.#mode)];
  }
}

/** `DoCapability(ipaddr, capabilities)`; the text and what comes back are latin1. */
export class CapabilityCall extends ScriptCall<string> {
  readonly hook = 'capability';
  readonly results = 1;
  readonly #capabilities: string;
  readonly #client: string;

  constructor(capabilities: string, { client }: HookContext) {
    super();
    this.#capabilities = capabilities;
    this.#client = client;
  }

  push(state: LuaState): number {
    pushValue(state, this.#client);
    pushLatin1(state, this.#capabilities);
    return 2;
  }

  read(state: LuaState): string | WrongResult {
    const returned = stringAt(state, -1);
    if (returned === undefined) return wrongType(state, -1, 'not a string of capabilities');
    if (returned === 'too long') return tooLong;
    const text = Buffer.from(returned.buffer, returned.byteOffset, returned.length).toString('latin1');
    if (!/[^ ]/.test(text)) return { wrong: 'returned no capability at all' };
    if (areCapabilityWords(text)) return text;
    const strange = splitWords(text).filter((word) => !isCapabilityWord(word));
    const given = splitWords(this.#capabilities);
    if (strange.some((word) => !given.includes(word))) {
      return { wrong: 'returned a capability with characters in it that would end the list' };
    }
    return text;
  }

  describe(): string[] {
    return [shown(this.#client), shown(this.#capabilities)];
  }
}
