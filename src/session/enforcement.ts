/**
 * `hooks.enforce`: hidden means gone. Before a command goes up that names a mailbox, or that exists by the grace
 * of a capability, the script's word on it is needed; where it is not known, the server is asked by a command of
 * our own, and the answer goes through the script as every answer does.
 *
 * What is hidden, and what the server does not list, is answered by the server itself: the command goes up with a
 * name that cannot exist, made of the client's and a veil, and the veil is taken out of the answer. So a hidden folder
 * answers exactly as one that does not exist, whatever the server is.
 *
 * What always holds: a command of our own is sent only when nothing of the client's is in flight, so no answer
 * can be taken for another's and no tag can meet a client's.
 */
import {
  type CommandHead,
  concat,
  fromLatin1,
  fullVerb,
  type LineSegment,
  type MailboxArguments,
  quoted,
  readMailboxArguments,
} from '../imap-parser-lite/index.ts';
import { Family } from '../rewrite/children.ts';
import { applyFates, type FolderFates, type Folders, fatesOf } from '../rewrite/folders.ts';
import type { DefinedHooks } from '../rewrite/question.ts';
import { withVeil } from '../rewrite/veil.ts';
import type { Conversation } from './conversation.ts';
import { EnforcedCapabilities } from './enforced-capabilities.ts';
import type { Judgement } from './judgement.ts';
import { LineParts } from './line-parts.ts';
import { NamedMailboxes, unreadableName } from './named-mailboxes.ts';
import { commandOf, type OwnQuestion } from './own-question.ts';
import { renumbers, usesNumbers } from './renumbering.ts';
import { isNameless, leadsAround, mayBeLong, reachesOthers } from './ways-around.ts';

const pass: Judgement = { kind: 'pass' };
const unknown: Judgement = { kind: 'unknown' };

export class Enforcement {
  readonly #conversation: Conversation;
  readonly #veil: Uint8Array;
  /** Which script said what is remembered here: each one's definitions are another object. */
  #script: DefinedHooks;
  readonly #capabilities: EnforcedCapabilities = new EnforcedCapabilities();
  readonly #mailboxes: NamedMailboxes = new NamedMailboxes();
  #family: Family | undefined;
  #familyIsFresh = false;
  /** Messages were removed while our own command was in flight: the command that waits may mean others by its numbers. */
  #renumbered = false;
  /** What is to be found out, and what our command in flight is to find out. */
  #question: OwnQuestion | undefined;
  #asked: OwnQuestion | undefined;
  #tag: string | undefined;
  #commands = 0;
  readonly #parts: LineParts = new LineParts();
  /** The veiled name of a SUBSCRIBE in flight. */
  #subscribing: Uint8Array | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#script = conversation.settings.hooks.defines;
    this.#veil = fromLatin1(`imapveil-${conversation.settings.session}-`);
  }

  /** The tag of our own command in flight. */
  get tag(): string | undefined {
    return this.#tag;
  }

  /** The folder responses that come now are the answer to our own command. */
  get asksForFolders(): boolean {
    const about = this.#asked?.about;
    return about === 'mailbox' || about === 'family' || about === 'below';
  }

  get asksForCapabilities(): boolean {
    return this.#asked?.about === 'capabilities';
  }

  /** Who the client is has changed (TLS, login), or the script: what was said before does not count any longer. */
  forget(): void {
    this.#capabilities.forget();
    this.#family = undefined;
    this.#familyIsFresh = false;
    this.#mailboxes.clear();
  }

  /** The words of a list without those that lead around the names of folders. */
  shownCapabilities(words: readonly string[]): readonly string[] {
    if (!this.#conversation.settings.hooks.defines.list) return words;
    return words.filter((word) => !leadsAround(word));
  }

  /** Whether a command may go up. `line` is its first line. */
  judge(head: CommandHead, line: LineSegment): Judgement {
    const judgement = this.#judge(head, line);
    if (judgement.kind === 'unknown') return judgement;
    const renumbered = this.#renumbered && usesNumbers(fullVerb(head, line.bytes).verb);
    this.#mailboxes.clear();
    this.#familyIsFresh = false;
    this.#renumbered = false;
    if (renumbered && judgement.kind !== 'refuse')
      return { kind: 'refuse', reply: 'NO [EXPUNGEISSUED] Messages were removed meanwhile' };
    return judgement;
  }

  /** The server has begun an untagged response: while our own command is in flight, it may be news (RFC 5530 §3). */
  heard(line: Uint8Array): void {
    if (this.#tag !== undefined && renumbers(line)) this.#renumbered = true;
  }

  #judge(head: CommandHead, line: LineSegment): Judgement {
    const hooks = this.#conversation.settings.hooks.defines;
    if (hooks !== this.#script) this.forget();
    this.#script = hooks;
    if (!hooks.capability && !hooks.list) return pass;
    if (this.#question?.about === 'subscription') return unknown;
    const full = fullVerb(head, line.bytes);
    if (!line.complete && !mayBeLong(full.verb)) return { kind: 'refuse', reply: 'BAD Too long' };
    const text = this.#parts.read(line, full.arguments ?? line.bytes.length);
    return (
      (hooks.capability && this.#judgeCapability(head, line, full.verb, text)) ||
      (hooks.list && this.#judgeMailboxes(head, line, full.verb, text)) ||
      pass
    );
  }

  #judgeCapability(head: CommandHead, line: LineSegment, verb: string, text: string): Judgement | undefined {
    const judgement = this.#capabilities.judge(head, line, verb, text);
    if (judgement?.kind === 'unknown') this.#question = { about: 'capabilities' };
    return judgement;
  }

  #judgeMailboxes(head: CommandHead, line: LineSegment, verb: string, text: string): Judgement | undefined {
    if (!this.#conversation.loggedIn) return undefined;
    if (reachesOthers(verb, text)) return { kind: 'refuse', reply: 'BAD Unknown arguments' };
    if (head.verb === 'LIST' || head.verb === 'LSUB' || head.verb === 'XLIST') return this.#judgeList();
    const named = readMailboxArguments(head, line.bytes);
    switch (named.kind) {
      case 'none':
        if (isNameless(verb)) return undefined;
        return { kind: 'refuse', reply: 'BAD Unknown command' };
      case 'literal':
        return { kind: 'name-follows' };
      case 'unreadable':
        return { kind: 'refuse', reply: unreadableName };
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
      const fate = this.#mailboxes.judge(verb, place, value, names);
      switch (fate.kind) {
        case 'passes':
          continue;
        case 'asks':
          this.#question = fate.question;
          return unknown;
        case 'refused':
          return { kind: 'refuse', reply: fate.reply };
        case 'veiled': {
          const veiled = quoted(withVeil(value, this.#veil));
          if (veiled === undefined) return { kind: 'refuse', reply: unreadableName };
          if (verb === 'SUBSCRIBE') this.#subscribing = veiled;
          return {
            kind: 'replace',
            line: concat([line.subarray(0, start), veiled, line.subarray(end)]),
            veil: this.#veil,
          };
        }
      }
    }
    return undefined;
  }

  /** Whether a later line of a command must not go up: what it holds would have been refused in the first one. */
  forbidsRest(verb: string, line: LineSegment): boolean {
    const hooks = this.#conversation.settings.hooks.defines;
    if (!hooks.capability && !hooks.list) return false;
    if (!line.complete && !mayBeLong(verb)) return true;
    const text = this.#parts.read(line, 0);
    if (hooks.list && reachesOthers(verb, text)) return true;
    return hooks.capability && this.#capabilities.forbidsRest(verb, text);
  }

  /** Brings up what `judge` did not know. True: it is known now. Sends its command when nothing else is in flight. */
  learn(): boolean {
    const question = this.#question;
    if (question === undefined) return true;
    const { inFlight, responseOpen, questionOpen, upstreamCapabilities } = this.#conversation;
    if (this.#tag !== undefined || inFlight.size > 0 || responseOpen || questionOpen) return false;
    this.#tag = `imapveil-${++this.#commands}`;
    this.#asked = question;
    if (question.about === 'family') this.#family = new Family();
    this.#conversation.toUpstream(
      concat([fromLatin1(`${this.#tag} `), commandOf(question, upstreamCapabilities), fromLatin1('\r\n')]),
    );
    return false;
  }

  /** Folders that the server listed, and what the script made of each (undefined: hidden). */
  foldersAnswered(responses: readonly Uint8Array[], answers: readonly (Uint8Array | undefined)[]): void {
    const asked = this.#asked;
    const { names } = this.#conversation;
    responses.forEach((response, at) => {
      const hidden = answers[at] === undefined;
      if (asked?.about === 'family') this.#family?.add(response, names, hidden);
      if (asked?.about === 'below' || asked?.about === 'mailbox')
        this.#mailboxes.listed(asked, response, names, hidden);
    });
  }

  /** A capability list that the script has seen: our own, or one that the client asked for. */
  capabilitiesAnswered(asked: readonly string[], returned: readonly string[]): void {
    this.#capabilities.answered(asked, returned);
  }

  /** The server has answered our own command with `word`. */
  finished(word: string): void {
    const asked = this.#asked;
    this.#tag = undefined;
    this.#asked = undefined;
    this.#question = undefined;
    if (asked?.about === 'capabilities') this.#capabilities.finished();
    if (asked?.about === 'family') this.#familyIsFresh = true;
    if (asked?.about === 'below' || asked?.about === 'mailbox')
      this.#question = this.#mailboxes.finished(asked, word);
  }

  /** The folders without those that are hidden, and as they are without what is hidden below them (P25). */
  correctedFates(folders: Folders, fates: FolderFates): FolderFates {
    const family = this.#family;
    if (family === undefined) return fates;
    const { names } = this.#conversation;
    const leaving = applyFates(folders, fates).map((response) => response && family.correct(response, names));
    return fatesOf(folders, leaving);
  }

  /** The answer to SUBSCRIBE. A server that subscribes to what does not exist has taken the veiled name. */
  subscribed(word: string): void {
    const name = this.#subscribing;
    this.#subscribing = undefined;
    if (name !== undefined && word === 'OK') this.#question = { about: 'subscription', name };
  }
}
