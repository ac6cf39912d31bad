/**
 * The conversation with the server before the client hears anything: greeting, STARTTLS, CAPABILITY. Nothing
 * learnt before TLS is relayed or believed, and there is no way on in the clear (P16). A server that says
 * PREAUTH would hand its session to whoever connects, so it is refused (P17).
 */
import {
  capabilityWords,
  findCapabilities,
  fromLatin1,
  readResponseHead,
} from '../imap-parser-lite/index.ts';
import type { Conversation } from './conversation.ts';

type Step = 'greeting' | 'starttls' | 'securing' | 'capability' | 'done';

export class Preamble {
  readonly #conversation: Conversation;
  #step: Step = 'greeting';
  #words: readonly string[] | undefined;

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
      default:
        return undefined;
    }
  }

  /** TLS towards the server is up, its certificate verified. */
  secured(): void {
    this.#step = 'capability';
    this.#conversation.toUpstream(fromLatin1('imapveil2 CAPABILITY\r\n'));
  }

  #greeting(response: Uint8Array): Uint8Array | undefined {
    const head = readResponseHead(response);
    const word = head.kind === 'untagged' ? head.word : '';
    const trusted = this.#conversation.settings.upstreamEncryption !== 'starttls';
    if (word === 'OK' && trusted) {
      this.#step = 'done';
      return response;
    }
    if (word === 'OK') {
      this.#step = 'starttls';
      this.#conversation.toUpstream(fromLatin1('imapveil1 STARTTLS\r\n'));
      return undefined;
    }
    if (word === 'BYE') {
      // Said before TLS, it may be anybody's word: then it is not passed on (P18).
      if (trusted) this.#conversation.toClient(response);
      const message = 'the server said BYE instead of a greeting';
      this.#conversation.end({ code: 'upstream-greeting', message }, trusted ? undefined : unavailable);
      return undefined;
    }
    if (word === 'PREAUTH')
      this.#fail('the server greeted with PREAUTH, which would log in whoever connects');
    else this.#fail('what answers as the server does not speak IMAP');
    return undefined;
  }

  #startTlsAnswered(response: Uint8Array, pending: boolean): void {
    const head = readResponseHead(response);
    if (head.kind === 'untagged' && head.word !== 'BYE') return;
    if (head.kind !== 'tagged' || head.tag !== 'imapveil1' || head.word !== 'OK') {
      const message = 'the server refused STARTTLS, and upstream.encryption asks for it';
      this.#conversation.end({ code: 'upstream-refused-starttls', message }, unavailable);
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
    this.#conversation.end({ code: 'upstream-spoke-before-tls', message }, unavailable);
  }

  #capabilityAnswered(response: Uint8Array): Uint8Array | undefined {
    const head = readResponseHead(response);
    if (head.kind === 'untagged') {
      const span = findCapabilities(response, head);
      if (span) this.#words = capabilityWords(response, span);
      if (head.word === 'BYE') this.#fail('the server said BYE after STARTTLS');
      return undefined;
    }
    if (head.kind !== 'tagged' || head.word !== 'OK' || this.#words === undefined) {
      this.#fail('the server does not answer CAPABILITY after STARTTLS');
      return undefined;
    }
    this.#step = 'done';
    return fromLatin1(`* OK [CAPABILITY ${this.#words.join(' ')}] IMAP4 server ready\r\n`);
  }

  #fail(message: string): void {
    this.#conversation.end({ code: 'upstream-greeting', message }, unavailable);
  }
}

const unavailable = 'The mail server is not available';
