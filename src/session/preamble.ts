/**
 * The conversation with the server before the client hears anything: greeting, STARTTLS, CAPABILITY, and ID where
 * the server is told who the client is. Nothing learnt before TLS is relayed or believed, and there is no way on
 * in the clear (P16). What always holds: the ID is our own, complete and answered before a byte of the client goes up.
 */
import {
  capabilityWords,
  findCapabilities,
  fromLatin1,
  readResponseHead,
} from '../imap-parser-lite/index.ts';
import { identification } from '../rewrite/identification.ts';
import type { Conversation } from './conversation.ts';

type Step = 'greeting' | 'starttls' | 'securing' | 'capability' | 'id' | 'done';

export class Preamble {
  readonly #conversation: Conversation;
  #step: Step = 'greeting';
  #words: readonly string[] | undefined;
  /** For the client, once the server has answered what it is asked before. */
  #held: Uint8Array | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get done(): boolean {
    return this.#step === 'done';
  }

  /** Bytes may come now; while TLS begins, none may. */
  get listening(): boolean {
    return this.#step !== 'securing';
  }

  /**
   * One whole response. `pending` says whether bytes follow it already. Gives the greeting for the client when
   * it is time for it.
   */
  receive(response: Uint8Array, pending: boolean): Uint8Array | undefined {
    switch (this.#step) {
      case 'greeting':
        return this.#greeting(response);
      case 'starttls':
        this.#startTlsAnswered(response, pending);
        return undefined;
      case 'capability':
        return this.#capabilityAnswered(response);
      case 'id':
        return this.#idAnswered(response);
      default:
        return undefined;
    }
  }

  /** TLS towards the server is up, its certificate verified. */
  secured(): void {
    this.#askCapability();
  }

  #askCapability(): void {
    this.#step = 'capability';
    this.#conversation.toUpstream(fromLatin1('imapveil2 CAPABILITY\r\n'));
  }

  #greeting(response: Uint8Array): Uint8Array | undefined {
    const head = readResponseHead(response);
    const word = head.kind === 'untagged' ? head.word : '';
    const trusted = this.#conversation.settings.upstreamEncryption !== 'starttls';
    if (word === 'OK' && trusted) {
      const span = this.#conversation.settings.identify ? findCapabilities(response, head) : undefined;
      return this.#introduce(response, span && capabilityWords(response, span));
    }
    if (word === 'OK') {
      this.#step = 'starttls';
      this.#conversation.toUpstream(fromLatin1('imapveil1 STARTTLS\r\n'));
      return undefined;
    }
    if (word === 'BYE') {
      // Said before TLS, it may be anybody's word: then it is not passed on (P18). Nor where another may greet.
      const passed = trusted && this.#conversation.settings.failsOver !== true;
      if (passed) this.#conversation.toClient(response);
      const message = 'the server said BYE instead of a greeting';
      this.#conversation.upstreamFails(
        { code: 'upstream-greeting', message },
        passed ? undefined : unavailable,
      );
      return undefined;
    }
    this.#fail('what answers as the server does not speak IMAP');
    return undefined;
  }

  #startTlsAnswered(response: Uint8Array, pending: boolean): void {
    const head = readResponseHead(response);
    if (head.kind === 'untagged' && head.word !== 'BYE') return;
    if (head.kind !== 'tagged' || head.tag !== 'imapveil1' || head.word !== 'OK') {
      const message = 'the server refused STARTTLS, and upstream.encryption asks for it';
      this.#conversation.upstreamFails({ code: 'upstream-refused-starttls', message }, unavailable);
      return;
    }
    if (pending) {
      this.spokeBeforeTls();
      return;
    }
    this.#step = 'securing';
    this.#conversation.effect({ kind: 'secure-upstream' });
  }

  /** Bytes glued to the answer to STARTTLS would be believed as if they had come inside TLS (CVE-2021-22947). */
  spokeBeforeTls(): void {
    const message = 'the server sent bytes behind its answer to STARTTLS, before TLS';
    this.#conversation.upstreamFails({ code: 'upstream-spoke-before-tls', message }, unavailable);
  }

  #capabilityAnswered(response: Uint8Array): Uint8Array | undefined {
    const head = readResponseHead(response);
    if (head.kind === 'untagged') {
      const span = findCapabilities(response, head);
      if (span) this.#words = capabilityWords(response, span);
      if (head.word === 'BYE') this.#fail('the server said BYE when it was asked for CAPABILITY');
      return undefined;
    }
    if (head.kind !== 'tagged' || head.word !== 'OK' || this.#words === undefined) {
      this.#fail('the server does not answer CAPABILITY');
      return undefined;
    }
    const greeting =
      this.#held ?? fromLatin1(`* OK [CAPABILITY ${this.#words.join(' ')}] IMAP4 server ready\r\n`);
    return this.#introduce(greeting, this.#words);
  }

  /**
   * Tells the server who the client is, where that is wanted, and gives the greeting when nothing is left to say.
   * `words`: what the server announces; undefined: it has not said.
   */
  #introduce(greeting: Uint8Array, words: readonly string[] | undefined): Uint8Array | undefined {
    const { settings } = this.#conversation;
    if (settings.identify !== true) return this.#done(greeting);
    this.#held = greeting;
    if (words === undefined) {
      this.#askCapability();
      return undefined;
    }
    if (!words.some((word) => word.toUpperCase() === 'ID')) {
      const message = 'the server does not announce ID';
      this.#conversation.effect({ kind: 'not-identified', message });
      return this.#done(greeting);
    }
    this.#step = 'id';
    this.#conversation.toUpstream(identification('imapveil3', settings));
    return undefined;
  }

  /** What the server says of itself is the answer to our ID; the client may ask for its own. */
  #idAnswered(response: Uint8Array): Uint8Array | undefined {
    const head = readResponseHead(response);
    if (head.kind === 'untagged') {
      if (head.word === 'BYE') this.#fail('the server said BYE to ID');
      return undefined;
    }
    if (head.kind !== 'tagged' || head.tag !== 'imapveil3') {
      this.#fail('the server does not answer ID');
      return undefined;
    }
    if (head.word !== 'OK') {
      const message = `the server answered ID with ${head.word}`;
      this.#conversation.effect({ kind: 'not-identified', message });
    }
    return this.#done(this.#held!);
  }

  #done(greeting: Uint8Array): Uint8Array {
    this.#step = 'done';
    this.#held = undefined;
    return greeting;
  }

  #fail(message: string): void {
    this.#conversation.upstreamFails({ code: 'upstream-greeting', message }, unavailable);
  }
}

const unavailable = 'The mail server is not available';
