/**
 * Responses that are looked at one by one: each leaves as the client should have it. What always holds: what it changes
 * (who is logged in, what is in flight, how names are written) is noted before it leaves, for the next is judged by it.
 */
import {
  beginsCapabilities,
  capabilityWords,
  endOfText,
  isListVerb,
  NO_BYTES,
  type ResponseHead,
  readResponseCode,
  readResponseHead,
} from '../imap-parser-lite/index.ts';
import { HIDDEN, packFolders } from '../rewrite/folders.ts';
import { greetingText, isGreeting, withGreetingText } from '../rewrite/greeting.ts';
import { type Namespaces, readNamespaces, writeNamespaces } from '../rewrite/namespaces.ts';
import { hasReferral } from '../rewrite/referral.ts';
import { withoutVeil } from '../rewrite/veil.ts';
import { CapabilityAnswers } from './capability-answers.ts';
import type { ClientSide } from './client-side.ts';
import type { Conversation } from './conversation.ts';
import type { Enforcement } from './enforcement.ts';
import type { FolderAnswers } from './folder-answers.ts';
import type { CommandInFlight } from './in-flight.ts';

type TaggedHead = Extract<ResponseHead, { kind: 'tagged' }>;
type UntaggedHead = Extract<ResponseHead, { kind: 'untagged' }>;

export class SingleResponses {
  readonly #conversation: Conversation;
  readonly #client: ClientSide;
  readonly #folders: FolderAnswers;
  readonly #enforcement: Enforcement | undefined;
  readonly #capabilities: CapabilityAnswers;
  /** The server has answered a command of the client. */
  #hasAnswered = false;

  constructor(
    conversation: Conversation,
    client: ClientSide,
    folders: FolderAnswers,
    enforcement: Enforcement | undefined,
  ) {
    this.#conversation = conversation;
    this.#client = client;
    this.#folders = folders;
    this.#enforcement = enforcement;
    this.#capabilities = new CapabilityAnswers(conversation, enforcement, (response) =>
      this.#leave(response),
    );
  }

  /** Whether an untagged response that begins with `line` is one of them. */
  needsLook(line: Uint8Array, head: UntaggedHead): boolean {
    return (
      head.word === 'ENABLED' ||
      this.#veilFor(head) !== undefined ||
      this.#judgesNamespaces(head) ||
      beginsCapabilities(line, head) ||
      hasReferral(line, head) ||
      this.#greetsAgain(line, head)
    );
  }

  /** A greeting, with the words that the script wants. */
  greet(greeting: Uint8Array, head: ResponseHead): void {
    if (!this.#conversation.settings.hooks.defines.greeting || !isGreeting(greeting, head)) {
      this.#capabilities.look(greeting, head);
      return;
    }
    const context = this.#conversation.context(undefined);
    const question = { kind: 'greeting', text: greetingText(greeting, head), context } as const;
    this.#conversation.ask('upstream', question, (answer) => {
      if (answer.kind !== 'greeting') throw new Error(`a greeting was answered by ${answer.kind}`);
      const line = withGreetingText(greeting, head, answer.text);
      this.#capabilities.look(line, readResponseHead(line));
    });
  }

  /** Until the server has answered a command, what it says of itself is a greeting. */
  #greetsAgain(line: Uint8Array, head: ResponseHead): boolean {
    return !this.#hasAnswered && this.#conversation.settings.hooks.defines.greeting && isGreeting(line, head);
  }

  /** A response that stands alone: what it changes is noted, its capability list is rewritten. */
  look(response: Uint8Array, head: ResponseHead): void {
    if (head.kind === 'continuation') {
      this.#continuation(response);
      return;
    }
    if (head.kind === 'tagged' && head.tag === this.#enforcement?.tag) {
      this.#enforcement.finished(head.word);
      return;
    }
    if (this.#greetsAgain(response, head)) {
      this.greet(response, head);
      return;
    }
    if (head.kind === 'tagged') {
      this.#hasAnswered = true;
      const command = this.#conversation.inFlight.take(head.tag);
      if (command?.replacement !== undefined) {
        this.#answeredInstead(command, command.replacement, head);
        return;
      }
      if (command !== undefined) this.#answered(command, response, head);
      this.#capabilities.look(command?.veil ? withoutVeil(response, command.veil) : response, head);
      return;
    }
    if (head.kind === 'untagged' && head.word === 'ENABLED') this.#enabled(response);
    if (this.#judgesNamespaces(head)) {
      this.#namespaces(readNamespaces(response, head.text));
      return;
    }
    const veil = this.#veilFor(head);
    this.#capabilities.look(veil ? withoutVeil(response, veil) : response, head);
  }

  /** The veil that may be in untagged data, which may name the mailbox of a command in flight. */
  #veilFor(head: ResponseHead): Uint8Array | undefined {
    if (this.#enforcement === undefined || head.kind !== 'untagged' || /^\d/.test(head.word))
      return undefined;
    return this.#conversation.inFlight.veil;
  }

  /** Whether a name in it may be a veiled one; in the answer to a LIST there is none. */
  isVeiled(head: ResponseHead): boolean {
    return head.kind === 'untagged' && !isListVerb(head.word) && this.#veilFor(head) !== undefined;
  }

  /** Whether the namespaces in it are shown only where the folders of their prefixes are (P29). */
  #judgesNamespaces(head: ResponseHead): head is UntaggedHead {
    const judges = this.#enforcement !== undefined && this.#conversation.settings.hooks.defines.list;
    return judges && head.kind === 'untagged' && head.word === 'NAMESPACE';
  }

  #namespaces(namespaces: Namespaces): void {
    const asked = namespaces.flat().filter(({ folder }) => folder !== undefined);
    const folders = packFolders(asked.map(({ folder = NO_BYTES }) => folder));
    if (asked.length === 0) {
      this.#leave(writeNamespaces(namespaces, () => true));
      return;
    }
    const { names } = this.#conversation;
    const question = {
      kind: 'list',
      folders,
      names,
      context: this.#conversation.context(undefined),
    } as const;
    this.#conversation.ask('upstream', question, (answer) => {
      if (answer.kind !== 'list') throw new Error(`namespaces were answered by ${answer.kind}`);
      const hidden = new Set(asked.filter((_, at) => answer.fates.lengths[at] === HIDDEN));
      this.#leave(writeNamespaces(namespaces, (namespace) => !hidden.has(namespace)));
    });
  }

  #continuation(response: Uint8Array): void {
    const meaning = this.#client.continued();
    if (meaning === 'for-the-client') this.#conversation.toClient(response);
    if (meaning !== 'unasked') return;
    // The server now takes for data what the client means as commands, or nothing at all: nobody can tell.
    const message = 'the server sent + where nothing waits for it';
    this.#conversation.end({ code: 'upstream-unframeable', message }, 'The mail server is out of step');
  }

  /** The first thing that goes out is the greeting. */
  #leave(response: Uint8Array): void {
    this.#conversation.toClient(response);
    if (this.#conversation.greeted) return;
    this.#conversation.greeted = true;
    this.#conversation.effect({ kind: 'greeted' });
    this.#client.greeted();
  }

  #answered(command: CommandInFlight, response: Uint8Array, head: TaggedHead): void {
    const { word } = head;
    this.#folders.commandAnswered();
    if (command.verb === 'LOGOUT' && word === 'OK') this.#conversation.loggedOut = true;
    this.#client.answered(command, word, word === 'NO' ? readResponseCode(response, head.text) : undefined);
    if (command.verb === 'SUBSCRIBE') this.#enforcement?.subscribed(word);
  }

  /** A login that the proxy refused in the middle and cancelled at the server. */
  #answeredInstead(command: CommandInFlight, replacement: string, { word }: TaggedHead): void {
    if (word === 'OK') {
      const message = 'the server let in a login that was cancelled';
      this.#conversation.end({ code: 'upstream-unframeable', message }, 'The mail server is out of step');
      return;
    }
    this.#conversation.reply(`${command.tag} ${replacement}`);
    this.#client.answered(command, word, undefined);
  }

  /** After ENABLE of either, names are UTF-8 on the wire (RFC 6855 §3, RFC 9051 §5.1). */
  #enabled(response: Uint8Array): void {
    const words = capabilityWords(response, { start: '* ENABLED'.length, end: endOfText(response) });
    for (const word of words) {
      if (/^(UTF8=ACCEPT|UTF8=ONLY|IMAP4rev2)$/i.test(word)) this.#conversation.names = 'utf8';
    }
  }
}
