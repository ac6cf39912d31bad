/**
 * Whether the server would greet a session now. What always holds: it is asked as a session asks it, TLS, certificate
 * and STARTTLS included, because a session does the asking; it has no client, and ends when there would be a greeting.
 */
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Config } from '../config/config.ts';
import { fromLatin1 } from '../imap-parser-lite/index.ts';
import { noHooks } from '../rewrite/question.ts';
import type { Effect, EndCause } from '../session/effect.ts';
import { Session } from '../session/session.ts';
import { localProxyHeader } from './proxy-header-writer.ts';
import { secureUpstream } from './tls.ts';
import { behindHeader, upstreamFailure, upstreamTooLate } from './upstream-failure.ts';
import { connectTlsBehind, connectUpstream } from './upstream-socket.ts';

/** Where the server is, and how it is spoken to. */
export interface UpstreamAccess {
  readonly config: Config;
  readonly upstream: { readonly host: string; readonly port: number };
  readonly upstreamTls: ConnectionOptions;
}

/** The client of the session that asks. */
const nobody = {
  session: '',
  client: '',
  clientport: 0,
  server: '',
  serverport: 0,
  defaultMode: 0,
  enforce: false,
  preLoginLine: 0,
  preLoginLiteral: 0,
  hooks: noHooks,
} as const;

/** Milliseconds that the server has to say goodbye. */
const LINGER = 1000;

/**
 * Connects once; undefined: the server greets. Never rejects, and takes `upstream.connectTimeout` at most, or until
 * `signal` says that nobody wants to know any more.
 */
export function checkUpstream(access: UpstreamAccess, signal: AbortSignal): Promise<EndCause | undefined> {
  return new Promise((resolve) => new UpstreamCheck(access, signal, resolve));
}

class UpstreamCheck {
  readonly #access: UpstreamAccess;
  readonly #signal: AbortSignal;
  readonly #settle: (cause: EndCause | undefined) => void;
  readonly #session: Session;
  readonly #heard = (bytes: Buffer): void => this.#step((session) => session.fromUpstream(bytes));
  readonly #closed = (): void => this.#step((session) => session.upstreamClosed());
  readonly #stopped = (): void => this.#end({ code: 'draining', message: 'the proxy is stopping' });
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #settled = false;

  constructor(access: UpstreamAccess, signal: AbortSignal, settle: (cause: EndCause | undefined) => void) {
    this.#access = access;
    this.#signal = signal;
    this.#settle = settle;
    const { connectTimeout, encryption } = access.config.upstream;
    this.#session = new Session({ ...nobody, upstreamEncryption: encryption });
    this.#timer = setTimeout(() => {
      this.#end(upstreamTooLate(this.#socket, this.#name, connectTimeout));
    }, connectTimeout);
    signal.addEventListener('abort', this.#stopped);
    if (signal.aborted) this.#stopped();
    else this.#step((session) => session.start());
  }

  get #name(): string {
    return `${this.#access.upstream.host}:${this.#access.upstream.port}`;
  }

  #step(tell: (session: Session) => Effect[]): void {
    if (this.#settled) return;
    try {
      for (const effect of tell(this.#session)) this.#do(effect);
    } catch {
      // Nobody's session may end for it (A7). A session in front of the same server shows where it is, in the log.
      this.#end({ code: 'internal-error', message: 'a bug in imapveil: the server cannot be tried' });
    }
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'connect-upstream':
        this.#connect();
        return;
      case 'write-upstream':
        this.#socket?.write(effect.bytes);
        return;
      case 'secure-upstream':
        this.#secure();
        return;
      case 'greeted':
        this.#end(undefined);
        return;
      case 'end':
        this.#end(effect.cause);
        return;
    }
  }

  #connect(): void {
    const { config, upstream, upstreamTls } = this.#access;
    const { clientAddress, encryption } = config.upstream;
    if (clientAddress === 'proxy-v2' && encryption === 'tls') {
      const plain = connectTlsBehind(upstream, localProxyHeader, upstreamTls, (secured) => {
        plain.off('close', this.#closed);
        this.#listenTo(secured).on('data', this.#heard).on('end', this.#closed);
      });
      this.#listenTo(plain);
      return;
    }
    const socket = this.#listenTo(connectUpstream(upstream, encryption, upstreamTls, this.#heard));
    socket.on('data', this.#heard).on('end', this.#closed);
    if (clientAddress === 'proxy-v2') socket.write(localProxyHeader);
  }

  #secure(): void {
    const plain = this.#socket!;
    plain.off('data', this.#heard).off('end', this.#closed).off('close', this.#closed);
    const secured = secureUpstream(plain, this.#access.upstreamTls);
    this.#listenTo(secured).on('data', this.#heard).on('end', this.#closed);
    secured.once('secureConnect', () => this.#step((session) => session.upstreamSecured()));
  }

  /** Heeds its end; a socket that is not to be read yet is listened to no further. */
  #listenTo(socket: Socket): Socket {
    this.#socket = socket;
    return socket.on('close', this.#closed).on('error', (error) => this.#failed(error));
  }

  #failed(error: Error): void {
    const { clientAddress } = this.#access.config.upstream;
    this.#end(upstreamFailure(error, this.#name, clientAddress));
  }

  #end(cause: EndCause | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#stopped);
    const { clientAddress } = this.#access.config.upstream;
    this.#settle(cause && clientAddress === 'proxy-v2' ? behindHeader(cause) : cause);
    const socket = this.#socket;
    if (cause !== undefined) {
      socket?.destroy();
      return;
    }
    socket?.end(fromLatin1('imapveil3 LOGOUT\r\n'));
    setTimeout(() => socket?.destroy(), LINGER).unref();
  }
}
