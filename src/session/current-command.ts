/**
 * The command that is being read from the client, and what is learnt from it on the way: whose login it is, which
 * mailbox it asks about. Secrets pass by and are never kept.
 */
import {
  type CommandHead,
  concat,
  endOfText,
  fullVerb,
  type LiteralSegment,
  OPEN_BRACE,
  readAstring,
  readListArguments,
  readMailboxArguments,
} from '../imap-parser-lite/index.ts';
import { decodeName, nameKey } from '../rewrite/list.ts';
import type { NameEncoding } from '../rewrite/question.ts';
import type { CommandInFlight } from './in-flight.ts';
import * as limits from './limits.ts';
import {
  askableNames,
  type LoginNames,
  messagesToSecret,
  type NamedLogin,
  nameInLogin,
  namesInSasl,
  oneName,
  showsName,
  userText,
} from './login.ts';

export class CurrentCommand {
  readonly tag: string;
  readonly verb: string;
  /** With the verb behind UID. */
  readonly fullVerb: string;
  /** The server answered before the command was all there. */
  answered = false;
  /** As far as it was shown; a secret is not kept. */
  #names: LoginNames | undefined;
  /** The parts of LOGIN's name, where it comes as a literal: the first one. */
  #userParts: Uint8Array[] | undefined;
  /** The SASL mechanism, upper case; LOGIN for the command LOGIN. */
  mechanism: string | undefined;
  #saslMessages = 0;
  /** A password, or what stands for one, has gone up. */
  secretSent = false;

  /** `line` is the command's first line. */
  constructor(head: CommandHead, line: Uint8Array) {
    this.tag = head.tag;
    this.verb = head.verb;
    this.fullVerb = fullVerb(head, line).verb;
    if (head.arguments === undefined) return;
    if (head.verb === 'LOGIN') {
      this.mechanism = head.verb;
      if (line[head.arguments] === OPEN_BRACE) this.#userParts = [];
      else this.#names = nameInLogin(line, head.arguments);
    }
    if (head.verb === 'AUTHENTICATE') this.#readMechanism(line, head.arguments);
  }

  #readMechanism(line: Uint8Array, at: number): void {
    const mechanism = readAstring(line, at);
    if (mechanism === undefined) return;
    this.mechanism = userText(mechanism.value).toUpperCase();
    const initialResponse = line.subarray(mechanism.end + 1);
    if (endOfText(initialResponse) > 0) this.saslMessage(initialResponse);
  }

  /** A part of a literal goes by. */
  literal(segment: LiteralSegment): void {
    if (this.#userParts === undefined) return;
    this.#userParts.push(segment.bytes.slice(0, limits.userName));
    if (!segment.complete && this.#userParts.length < limits.userName) return;
    this.#names = oneName(concat(this.#userParts));
    this.#userParts = undefined;
  }

  /** A SASL message of the client goes by. */
  saslMessage(line: Uint8Array): void {
    if (this.#saslMessages++ === 0 && this.mechanism !== undefined)
      this.#names = namesInSasl(this.mechanism, line);
  }

  /** The last SASL message was the one that shows the name. */
  get showsNameNow(): boolean {
    return this.#saslMessages === 1 && this.mechanism !== undefined && showsName(this.mechanism);
  }

  /** Who wants to log in, for the log. */
  get user(): string | undefined {
    return this.#names && userText(this.#names.user);
  }

  /** Whose password it is, for whoever counts. */
  get passwordOf(): string | undefined {
    if (this.#names !== undefined) return userText(this.#names.passwordOf);
    return this.secretSent ? '' : undefined;
  }

  /** Whether a password, or what stands for one, is in what has come of a login. */
  get holdsSecret(): boolean {
    if (this.verb === 'LOGIN') return true;
    return this.verb === 'AUTHENTICATE' && this.#saslMessages >= messagesToSecret(this.mechanism);
  }

  /** Both names where they are all there, for whoever decides by them. */
  get askable(): NamedLogin | undefined {
    return askableNames(this.#names);
  }
}

/** What has to be remembered of a command until the server answers it. */
export function inFlightOf(
  head: CommandHead,
  line: Uint8Array,
  names: NameEncoding,
  veil: Uint8Array | undefined,
): CommandInFlight {
  const { tag, verb } = head;
  const plain: CommandInFlight = { tag, verb, asksDelimiter: false, mailbox: undefined, veil };
  if (head.arguments === undefined) return plain;
  switch (verb) {
    case 'LIST':
    case 'LSUB':
    case 'XLIST':
      return { ...plain, asksDelimiter: readListArguments(line, head.arguments)?.pattern.length === 0 };
    case 'STATUS':
    case 'MYRIGHTS':
    case 'GETMETADATA': {
      const named = readMailboxArguments(head, line);
      const name = named.kind === 'named' ? named.mailboxes[0]?.value : undefined;
      return { ...plain, mailbox: name && nameKey(decodeName(name, names)) };
    }
    default:
      return plain;
  }
}
