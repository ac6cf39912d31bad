/**
 * `hooks.enforce`: hidden means gone. Before a command goes up that names a mailbox, or that exists by the grace
 * of a capability, the script's word on it is needed; where it is not known, the server is asked by a command of
 * our own, and the answer goes through the script as every answer does.
 *
 * What is hidden is answered by the server itself: the command goes up with a name that cannot exist, made of the
 * hidden one and a veil, and the veil is taken out of the answer. So a hidden folder answers exactly as one that
 * does not exist, whatever the server is.
 *
 * What always holds: a command of our own is sent only when nothing of the client's is in flight, so no answer
 * can be taken for another's and no tag can meet a client's.
 */
import {
  type CommandHead,
  concat,
  endOfText,
  fromLatin1,
  fullVerb,
  type LineSegment,
  latin1,
  type MailboxArguments,
  quoted,
  readMailboxArguments,
} from '../imap-parser-lite/index.ts';
import { Family } from '../rewrite/children.ts';
import {
  dependsOnCapability,
  enableWithout,
  hiddenCapabilities,
  refusedWithout,
} from '../rewrite/hidden-capability.ts';
import { decodeName, nameKey, readFolder } from '../rewrite/list.ts';
import type { Conversation } from './conversation.ts';

export type Judgement =
  | { readonly kind: 'pass' }
  /** `line` goes up in place of the client's; `veil` is to be taken out of the answer. */
  | { readonly kind: 'replace'; readonly line: Uint8Array; readonly veil: Uint8Array | undefined }
  /** The answer to the command, without its tag. */
  | { readonly kind: 'refuse'; readonly reply: string }
  /** Not known yet: `learn` until it is, then ask again. */
  | { readonly kind: 'unknown' }
  /** The name of a mailbox comes as a literal: it is needed first. */
  | { readonly kind: 'name-follows' };

/** What a command of our own is to find out. */
type Question =
  | { readonly about: 'capabilities' }
  | { readonly about: 'mailbox'; readonly key: string; readonly pattern: Uint8Array }
  | { readonly about: 'family' };

/** What the script says of a mailbox. */
type Verdict =
  | { readonly kind: 'visible' }
  | { readonly kind: 'hidden'; readonly delimiter: number | undefined };

/**
 * Commands that name no mailbox. With those whose names are read, these are all that may pass where folders can be
 * hidden: what nobody here knows might name one, and NOTIFY, MULTISEARCH and URLAUTH do so in ways of their own (P29).
 */
const namelessVerbs: ReadonlySet<string> = new Set([
  ...['CAPABILITY', 'NOOP', 'LOGOUT', 'ID', 'ENABLE', 'LOGIN', 'AUTHENTICATE', 'UNAUTHENTICATE', 'STARTTLS'],
  ...[
    'IDLE',
    'NAMESPACE',
    'CHECK',
    'CLOSE',
    'UNSELECT',
    'EXPUNGE',
    'SEARCH',
    'FETCH',
    'STORE',
    'SORT',
    'THREAD',
  ],
  ...['UID EXPUNGE', 'UID SEARCH', 'UID FETCH', 'UID STORE', 'UID SORT', 'UID THREAD'],
  ...['GETQUOTA', 'SETQUOTA', 'LANGUAGE', 'COMPARATOR'],
]);

const pass: Judgement = { kind: 'pass' };
const unknown: Judgement = { kind: 'unknown' };

export class Enforcement {
  readonly #conversation: Conversation;
  readonly #veil: Uint8Array;
  #hiddenCapabilities: ReadonlySet<string> | undefined;
  /** Verdicts for the command that is being judged, by key. */
  readonly #verdicts: Map<string, Verdict> = new Map();
  #family: Family | undefined;
  #familyIsFresh = false;
  #question: Question | undefined;
  #tag: string | undefined;
  #commands = 0;
  /** A name with the veil may have been subscribed to: to be undone. */
  #unsubscribe: Uint8Array | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#veil = fromLatin1(`imapveil-${conversation.settings.session}-`);
  }

  /** The tag of our own command in flight. */
  get tag(): string | undefined {
    return this.#tag;
  }

  /** The folder responses that come now are the answer to our own command. */
  get asksForFolders(): boolean {
    return this.#tag !== undefined && this.#question !== undefined && this.#question.about !== 'capabilities';
  }

  get asksForCapabilities(): boolean {
    return this.#tag !== undefined && this.#question?.about === 'capabilities';
  }

  /** Who the client is has changed (TLS, login): what the script said before does not count any longer. */
  forget(): void {
    this.#hiddenCapabilities = undefined;
    this.#family = undefined;
    this.#familyIsFresh = false;
    this.#verdicts.clear();
  }

  /** The words of a list without those that lead around the names of folders. */
  shownCapabilities(words: readonly string[]): readonly string[] {
    if (!this.#conversation.settings.hooks.list) return words;
    return words.filter((word) => !/^(NOTIFY|MULTISEARCH|CATENATE|URL-PARTIAL|URLAUTH(=.*)?)$/i.test(word));
  }

  /** Whether a command may go up. `line` is its first line. */
  judge(head: CommandHead, line: LineSegment): Judgement {
    const { hooks } = this.#conversation.settings;
    const judgement =
      (hooks.capability && this.#judgeCapability(head, line.bytes)) ||
      (hooks.list && this.#judgeMailboxes(head, line)) ||
      pass;
    if (judgement.kind !== 'unknown') {
      this.#verdicts.clear();
      this.#familyIsFresh = false;
    }
    return judgement;
  }

  #judgeCapability(head: CommandHead, line: Uint8Array): Judgement | undefined {
    const full = fullVerb(head, line);
    const text = full.arguments === undefined ? '' : latin1(line, full.arguments, endOfText(line));
    if (!dependsOnCapability(full.verb, text)) return undefined;
    const hidden = this.#hiddenCapabilities;
    if (hidden === undefined) {
      this.#question = { about: 'capabilities' };
      return unknown;
    }
    const reply = refusedWithout(hidden, full.verb, text);
    if (reply !== undefined) return { kind: 'refuse', reply };
    if (head.verb !== 'ENABLE' || head.arguments === undefined) return undefined;
    const others = enableWithout(hidden, text);
    if (others === undefined) return undefined;
    return {
      kind: 'replace',
      line: concat([line.subarray(0, head.arguments), fromLatin1(`${others}\r\n`)]),
      veil: undefined,
    };
  }

  #judgeMailboxes(head: CommandHead, line: LineSegment): Judgement | undefined {
    if (!this.#conversation.loggedIn) return undefined;
    if (head.verb === 'APPEND' && catenates(line.bytes))
      return { kind: 'refuse', reply: 'BAD Unknown arguments' };
    if (head.verb === 'LIST' || head.verb === 'LSUB' || head.verb === 'XLIST') return this.#judgeList();
    const named = readMailboxArguments(head, line.bytes);
    switch (named.kind) {
      case 'none':
        if (namelessVerbs.has(fullVerb(head, line.bytes).verb)) return undefined;
        return { kind: 'refuse', reply: 'BAD Unknown command' };
      case 'literal':
        return { kind: 'name-follows' };
      case 'unreadable':
        return { kind: 'refuse', reply: 'BAD The name of the mailbox cannot be read' };
      case 'named':
        return this.#judgeNames(head.verb, line.bytes, named.mailboxes);
    }
  }

  /** The children of every folder must be known before a folder that says it has some is shown. */
  #judgeList(): Judgement | undefined {
    if (!this.#familyIsFresh) {
      this.#question = { about: 'family' };
      return unknown;
    }
    return undefined;
  }

  #judgeNames(
    verb: string,
    line: Uint8Array,
    mailboxes: Extract<MailboxArguments, { kind: 'named' }>['mailboxes'],
  ): Judgement | undefined {
    const { names } = this.#conversation;
    for (const [place, { start, end, value }] of mailboxes.entries()) {
      const key = nameKey(decodeName(value, names));
      const verdict = this.#verdicts.get(key);
      if (verdict === undefined) {
        const pattern = quoted(value);
        if (pattern === undefined)
          return { kind: 'refuse', reply: 'BAD The name of the mailbox cannot be read' };
        this.#question = { about: 'mailbox', key, pattern };
        return unknown;
      }
      if (verdict.kind === 'visible' && verb === 'RENAME' && place === 0) {
        const judgement = this.#judgeChildren(key);
        if (judgement !== undefined) return judgement;
      }
      if (verdict.kind === 'visible') continue;
      // What is there cannot be made to look as if it could be made.
      if (verb === 'CREATE' || place === 1)
        return { kind: 'refuse', reply: 'NO [CANNOT] This mailbox name cannot be used' };
      // Made in the same place as the hidden one, so that only the last level of the name does not exist.
      const leaf = verdict.delimiter === undefined ? 0 : value.lastIndexOf(verdict.delimiter, -2) + 1;
      const veiled = quoted(concat([value.subarray(0, leaf), this.#veil, value.subarray(leaf)]));
      if (veiled === undefined)
        return { kind: 'refuse', reply: 'BAD The name of the mailbox cannot be read' };
      if (verb === 'SUBSCRIBE') this.#unsubscribe = veiled;
      return {
        kind: 'replace',
        line: concat([line.subarray(0, start), veiled, line.subarray(end)]),
        veil: this.#veil,
      };
    }
    return undefined;
  }

  /** What is hidden below a folder would get another name with it, by which the script may not know it. */
  #judgeChildren(key: string): Judgement | undefined {
    if (!this.#familyIsFresh) {
      this.#question = { about: 'family' };
      return unknown;
    }
    return this.#family?.hidesBelow(key)
      ? { kind: 'refuse', reply: 'NO [CANNOT] This mailbox cannot be renamed' }
      : undefined;
  }

  /** Whether a later line of a command must not go up, for it leads around the names. */
  forbidsRest(verb: string, line: Uint8Array): boolean {
    return verb === 'APPEND' && this.#conversation.settings.hooks.list && catenates(line);
  }

  /** Brings up what `judge` did not know. True: it is known now. Sends its command when nothing else is in flight. */
  learn(): boolean {
    const question = this.#question;
    if (question === undefined) return true;
    const { inFlight, responseOpen, questionOpen } = this.#conversation;
    if (this.#tag !== undefined || inFlight.size > 0 || responseOpen || questionOpen) return false;
    this.#tag = `imapveil-${++this.#commands}`;
    if (question.about === 'family') this.#family = new Family();
    this.#conversation.toUpstream(
      concat([fromLatin1(`${this.#tag} `), commandOf(question), fromLatin1('\r\n')]),
    );
    return false;
  }

  /** Folders that the server listed, and what the script made of each (undefined: hidden). */
  foldersAnswered(responses: readonly Uint8Array[], answers: readonly (Uint8Array | undefined)[]): void {
    const question = this.#question;
    const { names } = this.#conversation;
    responses.forEach((response, at) => {
      const hidden = answers[at] === undefined;
      if (question?.about === 'family') this.#family?.add(response, names, hidden);
      if (question?.about === 'mailbox') this.#verdict(question, response, hidden);
    });
  }

  #verdict(question: Extract<Question, { about: 'mailbox' }>, response: Uint8Array, hidden: boolean): void {
    const folder = readFolder(response, this.#conversation.names);
    if (folder === undefined) return;
    // With a wildcard in its name, others match as well; without one, whatever the server lists is what it would open.
    const exact = nameKey(folder.name) === question.key;
    if (!exact && /[*%]/.test(question.key)) return;
    const delimiter = folder.parts.delimiter[0];
    this.#verdicts.set(question.key, hidden ? { kind: 'hidden', delimiter } : { kind: 'visible' });
  }

  /** A capability list that the script has seen: our own, or one that the client asked for. */
  capabilitiesAnswered(asked: readonly string[], returned: readonly string[]): void {
    this.#hiddenCapabilities = hiddenCapabilities(asked, returned);
  }

  /** The server has answered our own command with `word`. */
  finished(word: string): void {
    const question = this.#question;
    this.#tag = undefined;
    this.#question = undefined;
    if (question?.about === 'capabilities') this.#hiddenCapabilities ??= new Set();
    if (question?.about === 'family') this.#familyIsFresh = true;
    if (question?.about !== 'mailbox' || this.#verdicts.has(question.key)) return;
    // Not listed: it does not exist, and the server says so best. Not even listable: it is not to be had either.
    this.#verdicts.set(
      question.key,
      word === 'OK' ? { kind: 'visible' } : { kind: 'hidden', delimiter: undefined },
    );
  }

  /** The folder as it is without the hidden ones below it (P25); undefined where it is nothing without them. */
  corrected(response: Uint8Array): Uint8Array | undefined {
    return this.#family ? this.#family.correct(response, this.#conversation.names) : response;
  }

  /** The answer to SUBSCRIBE. A server that subscribes to what does not exist has taken the veiled name: undone. */
  subscribed(word: string): void {
    const name = this.#unsubscribe;
    this.#unsubscribe = undefined;
    if (name === undefined || word !== 'OK') return;
    this.#tag = `imapveil-${++this.#commands}`;
    this.#conversation.toUpstream(
      concat([fromLatin1(`${this.#tag} UNSUBSCRIBE `), name, fromLatin1('\r\n')]),
    );
  }
}

function commandOf(question: Question): Uint8Array {
  switch (question.about) {
    case 'capabilities':
      return fromLatin1('CAPABILITY');
    case 'family':
      return fromLatin1('LIST "" "*"');
    case 'mailbox':
      return concat([fromLatin1('LIST "" '), question.pattern]);
  }
}

/** APPEND … CATENATE (URL "/Hidden/;UID=1") reads from other mailboxes (RFC 4469). */
function catenates(line: Uint8Array): boolean {
  return /\bCATENATE\b/i.test(latin1(line).replace(/"(?:[^"\\]|\\.)*"/g, '""'));
}
