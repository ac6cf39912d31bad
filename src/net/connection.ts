/**
 * One session's two sockets: what happens on them is told to the session, and what the session wants is done to
 * them. Nothing is decided here but when to stop reading: a side is read only while the other takes what it gets.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HookSession } from '../hooks/hook-host.ts';
import type { Question } from '../rewrite/question.ts';
import type { SessionSettings } from '../session/conversation.ts';
import type { Effect, EndCause, EndCode, Login } from '../session/effect.ts';
import { Session } from '../session/session.ts';
import type { Summary } from './connection-events.ts';
import type { Timed } from './deadlines.ts';
import { letGo, listen, nothing } from './handlers.ts';
import { BACKLOG, LINGER, SILENCE, UNREAD } from './limits.ts';
import { lateness, Patience } from './patience.ts';
import { proxyHeaderOf } from './proxy-header-writer.ts';
import { kept } from './read-memory.ts';
import type { Shared } from './shared.ts';
import { behindHeader } from './upstream-failure.ts';
import { type LegOwner, UpstreamLeg } from './upstream-leg.ts';
import type { UpstreamWay } from './upstream-pool.ts';

export class Connection implements LegOwner, Timed {
  // What each chunk touches stands together: with thousands of sessions each line of the cache is a miss (decision 9).
  readonly #session: Session;
  #client: Socket;
  #leg: UpstreamLeg | undefined;
  #deafenClient: () => void = nothing;
  #cause: EndCause | undefined;
  #tls = false;
  /** Either side has said something since the last look at the clock. */
  #isActive = false;
  #bytesFromClient = 0;
  #bytesFromUpstream = 0;
  readonly #shared: Shared;
  readonly #facts: SessionSettings;
  readonly #hooks: HookSession;
  readonly #done: () => void;
  readonly #patience: Patience;
  /** As it was accepted; `#client` is what stands around it once there is TLS. */
  readonly #accepted: Socket;
  readonly #way: UpstreamWay;
  #tlsVersion: string | undefined;
  #tlsCipher: string | undefined;
  #login: Summary['login'] = 'none';
  #user: string | undefined;
  #mechanism: string | undefined;
  #isKeptAlive = false;
  #goneBy: number = Number.POSITIVE_INFINITY;

  /** Takes a paused socket that was just accepted; `done` is called once, when nothing of it is left. */
  constructor(socket: Socket, facts: SessionSettings, shared: Shared, done: () => void) {
    this.#shared = shared;
    this.#facts = facts;
    this.#accepted = socket;
    this.#client = socket;
    this.#done = done;
    this.#patience = new Patience(shared.config.limits);
    this.#hooks = shared.hooks.openSession();
    this.#way = shared.upstreams.wayFor(facts.client);
    this.#session = new Session(facts, shared.events.transcript(facts));
    socket.on('error', () => this.#clientClosed());
    socket.on('close', () => this.#clientClosed());
    shared.deadlines.add(this);
    shared.events.opened(facts);
    this.#step((session) => session.start());
  }

  /** No new command is taken; the session ends when what is under way is done. */
  drain(): void {
    this.#step((session) => session.drain());
  }

  /** Ends the session now, and what is left of one that is over. */
  end(cause: EndCause, bye?: string): void {
    if (this.#cause !== undefined)
      this.#goneBy = Math.min(this.#goneBy, -this.#shared.config.limits.drainTimeout);
    this.#step((session) => session.end(cause, bye));
  }

  checkDeadlines(now: number): void {
    if (this.#cause !== undefined) {
      // A client that reads slowly gets its last answer, if it takes no longer than a drain.
      const lingers = this.#client.writableLength > 0 ? this.#shared.config.limits.drainTimeout : 0;
      if (now > this.#goneBy + lingers) this.#destroy();
      return;
    }
    if (this.#isActive) this.#patience.active = now;
    this.#isActive = false;
    const { loggedIn, unfinished } = this.#session;
    const late = this.#patience.late(now, loggedIn, unfinished);
    if (late === 'greeting') this.#giveUpUpstream(this.#leg!.tooLate());
    else if (late !== undefined) this.#expire(`${late}-timeout`, lateness[late]);
    else if (!this.#isKeptAlive && this.#patience.rests(now)) this.#keepAlive();
  }

  /** Eight system calls: not for who says something all the time, where TCP itself notices an end that is gone. */
  #keepAlive(): void {
    if (this.#leg === undefined || this.#patience.awaitsGreeting) return;
    this.#isKeptAlive = true;
    for (const socket of [this.#client, this.#leg.socket]) socket.setKeepAlive(true, SILENCE);
  }

  #expire(code: EndCode, message: string): void {
    this.end({ code, message }, `Autologout: ${message}`);
  }

  /** Tells the session something and does what it wants. */
  #step(tell: (session: Session) => readonly Effect[]): void {
    if (this.#cause !== undefined) return;
    try {
      this.#apply(tell(this.#session));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A bug of ours costs this session and no other (A7). */
  #failed(error: unknown): void {
    this.#shared.events.failed(this.#facts, error);
    if (this.#cause === undefined) this.#close({ code: 'internal-error', message: 'a bug in imapveil' });
  }

  #apply(effects: readonly Effect[]): void {
    const client = this.#client;
    // TLS has encrypted what is written before the write returns; whatever else is written waits where it is.
    const mayBorrow = this.#tls && client.writableLength === 0;
    if (effects.length > 1) client.cork();
    for (const effect of effects) this.#do(effect, mayBorrow);
    if (effects.length > 1) client.uncork();
    this.#flow();
  }

  #do(effect: Effect, mayBorrow: boolean): void {
    switch (effect.kind) {
      case 'write-client':
        this.#client.write(mayBorrow ? effect.bytes : kept(effect.bytes));
        return;
      case 'write-upstream':
        this.#leg?.socket.write(effect.bytes);
        return;
      case 'connect-upstream':
        if (this.#deafenClient === nothing) this.#readClient();
        this.#connectUpstream();
        return;
      case 'secure-client':
        this.#secureClient();
        return;
      case 'secure-upstream':
        this.#leg!.secure();
        return;
      case 'upstream-failed':
        this.#tryAnother(effect);
        return;
      case 'greeted':
        this.#reached();
        return;
      case 'ask':
        this.#ask(effect.question);
        return;
      case 'logged-in':
        this.#shared.events.loggedIn(this.#facts, effect);
        this.#noteLogin('ok', effect);
        return;
      case 'login-failed':
        this.#shared.events.loginFailed(this.#facts, effect);
        // Who is logged in and tries again stays who he is.
        if (this.#login !== 'ok') this.#noteLogin('failed', effect);
        return;
      case 'login-refused':
        this.#shared.events.loginRefused(this.#facts, effect);
        if (this.#login !== 'ok') this.#noteLogin('refused', effect);
        return;
      case 'logged-out':
        // A server may say OK to it before any login, and then it must not be a way to stay for ever (A16).
        if (this.#login === 'ok') this.#patience.beginLogin(performance.now());
        this.#noteLogin('none', undefined);
        return;
      case 'capabilities-added':
        this.#shared.events.capabilitiesAdded(this.#facts, effect.words);
        return;
      case 'capabilities-refused':
        this.#shared.events.capabilitiesRefused(effect.words);
        return;
      case 'logins-disabled':
        this.#shared.events.loginsDisabled(this.#facts);
        return;
      case 'not-identified':
        this.#shared.events.notIdentified(this.#facts, effect.message);
        return;
      case 'end':
        this.#close(effect.cause);
        return;
    }
  }

  #noteLogin(login: Summary['login'], by: Login | undefined): void {
    this.#login = login;
    this.#user = by?.user;
    this.#mechanism = by?.mechanism;
  }

  #ask(question: Question): void {
    this.#hooks.ask(question).then(
      (answer) => this.#step((session) => session.answered(answer)),
      (error) => this.#failed(error),
    );
  }

  #readClient(): void {
    this.#deafenClient = listen(this.#client, {
      data: (bytes) => {
        this.#isActive = true;
        this.#bytesFromClient += bytes.length;
        this.#step((session) => session.fromClient(bytes));
      },
      end: () => this.#clientClosed(),
      close: () => this.#clientClosed(),
      drain: () => this.#flow(),
    });
    this.#client.resume();
  }

  #secureClient(): void {
    const plain = this.#client;
    // Nothing may be read from the plain socket any longer; what it still holds is the handshake's.
    this.#deafenClient();
    plain.uncork();
    this.#patience.handshakeBy = performance.now() + this.#shared.config.limits.handshakeTimeout;
    this.#shared.tlsFront.secure(plain, (secured) => this.#handshake(secured));
  }

  #handshake(secured: TLSSocket): void {
    this.#client = secured;
    secured.on('error', (error: Error) => this.#clientFailed(error));
    secured.on('close', () => this.#clientClosed());
    secured.once('secure', () => {
      this.#patience.handshakeBy = Number.POSITIVE_INFINITY;
      this.#tls = true;
      this.#tlsVersion = secured.getProtocol() ?? undefined;
      this.#tlsCipher = secured.getCipher().name;
      this.#shared.events.secured(this.#facts, this.#tlsVersion ?? 'unknown');
      this.#readClient();
      this.#step((session) => session.clientSecured());
    });
  }

  #clientFailed(error: Error): void {
    if (!this.#patience.awaitsHandshake) {
      this.#clientClosed();
      return;
    }
    const code = 'code' in error ? ` (${String(error.code)})` : '';
    this.end({ code: 'client-tls-failed', message: `the TLS handshake with the client failed${code}` });
  }

  #clientClosed(): void {
    this.#step((session) => session.clientClosed());
    this.#settle();
  }

  /** What has passed until now, for the metrics. */
  get moved(): Pick<Summary, 'bytesFromClient' | 'bytesFromUpstream' | 'counts'> {
    return {
      bytesFromClient: this.#bytesFromClient,
      bytesFromUpstream: this.#bytesFromUpstream,
      counts: this.#session.counts,
    };
  }

  #reached(): void {
    const began = this.#patience.greetingBy - this.#shared.config.upstream.connectTimeout;
    this.#shared.events.reached(this.#facts, this.#way.member!.name, performance.now() - began);
    this.#patience.greetingBy = Number.POSITIVE_INFINITY;
    this.#way.greeted();
  }

  #connectUpstream(): void {
    const { connectTimeout, clientAddress } = this.#shared.config.upstream;
    this.#patience.greetingBy = performance.now() + connectTimeout;
    const header = clientAddress === 'proxy-v2' ? proxyHeaderOf(this.#facts) : undefined;
    this.#leg = new UpstreamLeg(this.#way.next(), header, this);
  }

  upstreamHeard(borrowed: Buffer): void {
    this.#isActive = true;
    this.#bytesFromUpstream += borrowed.length;
    this.#step((session) => session.fromUpstream(borrowed));
  }

  upstreamInLiteral(): boolean {
    return this.#session.upstreamInLiteral;
  }

  upstreamEnded(): void {
    this.#step((session) => session.upstreamClosed());
  }

  upstreamClosed(): void {
    this.#step((session) => session.upstreamClosed());
    this.#settle();
  }

  upstreamSecured(): void {
    this.#step((session) => session.upstreamSecured());
  }

  upstreamFailed(cause: EndCause): void {
    // Later, `upstreamClosed` follows and ends the session.
    if (this.#patience.awaitsGreeting) this.#giveUpUpstream(cause);
  }

  upstreamDrained(): void {
    this.#flow();
  }

  #giveUpUpstream(cause: EndCause): void {
    this.#step((session) => session.upstreamFailed(cause, 'The mail server is not available'));
  }

  /** Goes on to a server that was not tried yet; the client, who has heard nothing, notices nothing. */
  #tryAnother({ cause, bye }: Extract<Effect, { kind: 'upstream-failed' }>): void {
    const why = this.#behindHeader(cause);
    this.#way.failed(why);
    if (!this.#way.hasNext) {
      this.end(cause, bye);
      return;
    }
    this.#shared.events.passedOver(this.#facts, this.#way.member!.name, why);
    this.#leg?.abandon();
    this.#step((session) => session.connectAgain());
  }

  #behindHeader(cause: EndCause): EndCause {
    return this.#shared.config.upstream.clientAddress === 'proxy-v2' ? behindHeader(cause) : cause;
  }

  /** Who is read: a side waits while the other does not take, and while the session cannot use more of it (P14). */
  #flow(): void {
    const client = this.#client;
    const upstream = this.#leg?.socket;
    if (this.#cause !== undefined || upstream === undefined) return;
    const readUpstream = !client.writableNeedDrain && this.#session.upstreamBacklog < BACKLOG;
    if (readUpstream === upstream.isPaused()) readUpstream ? upstream.resume() : upstream.pause();
    if (this.#deafenClient === nothing) return;
    const clientTakes = client.writableLength < UNREAD;
    const readClient =
      clientTakes && upstream.writableLength < BACKLOG && this.#session.clientBacklog < BACKLOG;
    if (readClient === client.isPaused()) readClient ? client.resume() : client.pause();
  }

  #close(cause: EndCause): void {
    this.#cause = this.#patience.awaitsGreeting ? this.#behindHeader(cause) : cause;
    this.#goneBy = performance.now() + LINGER;
    this.#hooks.end?.();
    const upstream = this.#leg?.socket;
    for (const socket of [this.#client, upstream]) {
      if (socket === undefined) continue;
      // Read on without looking: unread bytes would turn the close into a reset, and the BYE would be lost.
      socket.resume();
      // A server that has closed its side waits for nothing more, and the way over `end` costs a system call or two.
      const isDone = socket === upstream && socket.readableEnded;
      if (socket.connecting || isDone) socket.destroy();
      else socket.end();
    }
    this.#settle();
  }

  #destroy(): void {
    this.#client.destroy();
    this.#leg?.socket.destroy();
  }

  /** Tells the end once, when both sockets are closed. */
  #settle(): void {
    const cause = this.#cause;
    if (cause === undefined || !this.#client.closed || !(this.#leg?.socket.closed ?? true)) return;
    if (this.#goneBy === Number.NEGATIVE_INFINITY) return;
    this.#goneBy = Number.NEGATIVE_INFINITY;
    this.#shared.deadlines.delete(this);
    this.#way.release();
    this.#shared.events.ended({
      facts: this.#facts,
      cause,
      login: this.#login,
      user: this.#user,
      mechanism: this.#mechanism,
      upstream: this.#way.member?.name,
      tls: this.#tls,
      tlsVersion: this.#tlsVersion,
      tlsCipher: this.#tlsCipher,
      ...this.moved,
      duration: Math.round(performance.now() - this.#patience.began),
    });
    for (const socket of [this.#accepted, this.#client, this.#leg?.socket]) if (socket) letGo(socket);
    this.#done();
  }
}
