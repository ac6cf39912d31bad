/**
 * Whether the server would greet a session now. What always holds: it is asked as a session asks it, TLS, certificate
 * and STARTTLS included, because a session does the asking; it has no client, and ends when there would be a greeting.
 */
import { fromLatin1 } from '../imap-parser-lite/index.ts';
import { noHooks } from '../rewrite/question.ts';
import type { Effect, EndCause } from '../session/effect.ts';
import { Session } from '../session/session.ts';
import { localProxyHeader } from './proxy-header-writer.ts';
import { behindHeader } from './upstream-failure.ts';
import { type UpstreamAccess, UpstreamLeg } from './upstream-leg.ts';

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
  hooks: { defines: noHooks },
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
  readonly #stopped = (): void => this.#end({ code: 'draining', message: 'the proxy is stopping' });
  readonly #timer: NodeJS.Timeout;
  #leg: UpstreamLeg | undefined;
  #settled = false;

  constructor(access: UpstreamAccess, signal: AbortSignal, settle: (cause: EndCause | undefined) => void) {
    this.#access = access;
    this.#signal = signal;
    this.#settle = settle;
    const { connectTimeout, encryption } = access.settings;
    this.#session = new Session({ ...nobody, upstreamEncryption: encryption });
    this.#timer = setTimeout(() => this.#end(this.#leg?.tooLate()), connectTimeout);
    signal.addEventListener('abort', this.#stopped);
    if (signal.aborted) this.#stopped();
    else this.#step((session) => session.start());
  }

  #step(tell: (session: Session) => readonly Effect[]): void {
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
        this.#leg?.socket.write(effect.bytes);
        return;
      case 'secure-upstream':
        this.#leg?.secure();
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
    const closed = (): void => this.#step((session) => session.upstreamClosed());
    const header = this.#access.settings.clientAddress === 'proxy-v2' ? localProxyHeader : undefined;
    this.#leg = new UpstreamLeg(this.#access, header, {
      upstreamHeard: (bytes) => this.#step((session) => session.fromUpstream(bytes)),
      upstreamInLiteral: () => false,
      upstreamEnded: closed,
      upstreamClosed: closed,
      upstreamSecured: () => this.#step((session) => session.upstreamSecured()),
      upstreamFailed: (cause) => this.#end(cause),
      upstreamDrained() {},
    });
  }

  #end(cause: EndCause | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#stopped);
    const { clientAddress } = this.#access.settings;
    this.#settle(cause && clientAddress === 'proxy-v2' ? behindHeader(cause) : cause);
    const socket = this.#leg?.socket;
    if (cause !== undefined) {
      socket?.destroy();
      return;
    }
    socket?.end(fromLatin1('imapveil3 LOGOUT\r\n'));
    setTimeout(() => socket?.destroy(), LINGER).unref();
  }
}
