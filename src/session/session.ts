/**
 * One conversation between a client and the server, as a pure state machine: bytes and events go in, effects come
 * out, in order. It opens no socket, reads no clock and runs no Lua, so that every way in which it could be
 * fooled is a transcript in the tests.
 */
import type { Unfinished } from '../imap-parser-lite/index.ts';
import type { Answer, EncryptionMode } from '../rewrite/question.ts';
import { ClientSide } from './client-side.ts';
import { Conversation, type SessionSettings } from './conversation.ts';
import type { Counts, Effect, EndCause } from './effect.ts';
import { endOfClient } from './ends.ts';
import { Enforcement } from './enforcement.ts';
import type { Transcript } from './transcript.ts';
import { UpstreamSide } from './upstream-side.ts';

export class Session {
  readonly #conversation: Conversation;
  readonly #client: ClientSide;
  readonly #upstream: UpstreamSide;

  /** With a transcript, what is said is told there too. */
  constructor(settings: SessionSettings, transcript?: Transcript) {
    this.#conversation = new Conversation(settings, transcript);
    const enforcement = settings.enforce ? new Enforcement(this.#conversation) : undefined;
    this.#client = new ClientSide(this.#conversation, enforcement);
    this.#upstream = new UpstreamSide(this.#conversation, this.#client, enforcement);
  }

  /** The client has connected; no byte has passed. */
  start(): readonly Effect[] {
    const { settings, mode } = this.#conversation;
    if (settings.hooks.defines.encryption) {
      const context = this.#conversation.context(undefined);
      this.#conversation.ask('client', { kind: 'encryption', mode, context }, (answer) =>
        this.#decide(answer.kind === 'encryption' ? answer.mode : mode),
      );
    } else {
      this.#decide(mode);
    }
    return this.#effects();
  }

  /** The script's answer to the open question. */
  answered(answer: Answer): readonly Effect[] {
    this.#conversation.answered(answer);
    this.#upstream.pump();
    return this.#effects();
  }

  /** TLS towards the client is up. */
  clientSecured(): readonly Effect[] {
    const connected = this.#conversation.greeted;
    this.#conversation.front = 'tls';
    if (connected) this.#client.secured();
    else this.#conversation.effect({ kind: 'connect-upstream' });
    return this.#effects();
  }

  /** TLS towards the server is up, as `secure-upstream` asked. */
  upstreamSecured(): readonly Effect[] {
    this.#upstream.secured();
    return this.#effects();
  }

  /** The connection to the server came to nothing; `bye` is said to the client when the session ends for it. */
  upstreamFailed(cause: EndCause, bye: string): readonly Effect[] {
    this.#upstream.fail(cause, bye);
    return this.#effects();
  }

  /** Another server is tried, as `upstream-failed` allows; the last one must not be heard any more. */
  connectAgain(): readonly Effect[] {
    this.#upstream.again();
    this.#conversation.effect({ kind: 'connect-upstream' });
    return this.#effects();
  }

  fromClient(bytes: Uint8Array): readonly Effect[] {
    this.#client.receive(bytes);
    return this.#effects();
  }

  /** The session keeps nothing of `bytes`; only the effects that it returns may be parts of them. */
  fromUpstream(bytes: Uint8Array): readonly Effect[] {
    this.#upstream.receive(bytes);
    return this.#effects();
  }

  /** The server closed its side of the connection. */
  upstreamClosed(): readonly Effect[] {
    this.#upstream.closed();
    return this.#effects();
  }

  /** The client closed its side of the connection. */
  clientClosed(): readonly Effect[] {
    this.#conversation.end(endOfClient(this.#conversation));
    return this.#effects();
  }

  /** The session cannot go on; `bye` is said to the client where it can be. */
  end(cause: EndCause, bye?: string): readonly Effect[] {
    this.#conversation.end(cause, bye);
    return this.#effects();
  }

  /** The proxy is going down: no new command is taken, and the session ends when what is under way is done. */
  drain(): readonly Effect[] {
    this.#conversation.draining = true;
    return this.#effects();
  }

  get counts(): Counts {
    const { commands, commandsRefused, foldersHidden, capabilitiesRemoved } = this.#conversation;
    return { commands, commandsRefused, foldersHidden, capabilitiesRemoved };
  }

  get loggedIn(): boolean {
    return this.#conversation.loggedIn;
  }

  /** What the client has begun to send and could finish now. */
  get unfinished(): Unfinished | undefined {
    return this.#client.unfinished;
  }

  /** Bytes of the client that wait; a reason to read no more from it for now. */
  get clientBacklog(): number {
    return this.#client.backlog;
  }

  /** Bytes of the server that wait; a reason to read no more from it for now. */
  get upstreamBacklog(): number {
    return this.#upstream.backlog;
  }

  /** What the server sends next is the inside of a literal, which nobody looks at. */
  get upstreamInLiteral(): boolean {
    return this.#upstream.inLiteral;
  }

  #decide(mode: EncryptionMode): void {
    this.#conversation.mode = mode;
    if (mode === 1) {
      this.#conversation.front = 'handshake';
      this.#conversation.effect({ kind: 'secure-client' });
    } else {
      this.#conversation.front = 'plain';
      this.#conversation.effect({ kind: 'connect-upstream' });
    }
  }

  #effects(): readonly Effect[] {
    this.#client.pump();
    if (this.#conversation.draining && this.#client.isIdle && this.#upstream.isIdle) {
      this.#conversation.end(
        { code: 'draining', message: 'the proxy is shutting down' },
        'The proxy is shutting down',
      );
    }
    return this.#conversation.takeEffects();
  }
}
