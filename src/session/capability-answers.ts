/**
 * The server's capability lists on their way to the client, wherever they stand: made honest about the proxy, then
 * as the script wants them. What always holds: a list leaves in its own line, whose other words stay as they came.
 */
import {
  type CapabilitySpan,
  findCapabilities,
  latin1,
  type ResponseHead,
  splitWords,
} from '../imap-parser-lite/index.ts';
import { forScript, writeCapabilities } from '../rewrite/capability.ts';
import { knownList } from '../rewrite/known-lists.ts';
import type { Conversation } from './conversation.ts';
import type { Enforcement } from './enforcement.ts';

/** A list that the script is asked about. */
interface Asked {
  readonly line: Uint8Array;
  readonly span: CapabilitySpan;
  /** As the server says them, and as the script was asked about them. */
  readonly original: readonly string[];
  readonly words: readonly string[];
  /** Words that the client is not shown before the script has taken any. */
  readonly removed: number;
  /** The answer to a command of our own: not for the client. */
  readonly ours: boolean;
}

export class CapabilityAnswers {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;
  readonly #leave: (response: Uint8Array) => void;

  /** What is for the client is given to `leave`. */
  constructor(
    conversation: Conversation,
    enforcement: Enforcement | undefined,
    leave: (response: Uint8Array) => void,
  ) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
    this.#leave = leave;
  }

  /** A whole response, with a list or without: it leaves now, or when the script has answered. */
  look(response: Uint8Array, head: ResponseHead): void {
    const conversation = this.#conversation;
    const span = findCapabilities(response, head);
    if (span === undefined) {
      this.#leave(response);
      return;
    }
    const list = knownList(latin1(response, span.start, span.end), conversation.capabilityView());
    conversation.upstreamCapabilities = list.upperCase;
    if (list.refused.length > 0) conversation.effect({ kind: 'capabilities-refused', words: list.refused });
    if (!list.takesLogins && !conversation.loggedIn) conversation.effect({ kind: 'logins-disabled' });
    const words = this.#enforcement?.shownCapabilities(list.honest) ?? list.honest;
    const ours = this.#enforcement?.asksForCapabilities === true && head.kind === 'untagged';
    const removed = list.removed + (list.honest.length - words.length);
    if (!conversation.settings.hooks.defines.capability) {
      if (!ours) conversation.capabilitiesRemoved = removed;
      this.#leave(writeCapabilities(response, span, list.words, words));
      return;
    }
    const asked: Asked = { line: response, span, original: list.words, words, removed, ours };
    const context = conversation.context(undefined);
    const question = { kind: 'capability', capabilities: forScript(words), context } as const;
    conversation.ask('upstream', question, (answer) => {
      if (answer.kind === 'capability') this.#answered(asked, splitWords(answer.capabilities));
    });
  }

  /** `words`: what the script made of the list. */
  #answered(asked: Asked, words: readonly string[]): void {
    const before = new Set(asked.words);
    const added = words.filter((word) => !before.has(word));
    if (added.length > 0) this.#conversation.effect({ kind: 'capabilities-added', words: added });
    this.#enforcement?.capabilitiesAnswered(asked.words, words);
    if (asked.ours) return;
    const taken = asked.words.length - (words.length - added.length);
    this.#conversation.capabilitiesRemoved = asked.removed + Math.max(0, taken);
    this.#leave(writeCapabilities(asked.line, asked.span, asked.original, words));
  }
}
