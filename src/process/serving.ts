/**
 * Those who serve: script, TLS and sessions of one process. It opens no port; connections are handed to it, by the
 * ports of the same process or by the primary. What always holds: a session goes on with the settings that it began
 * with, whatever comes after them; only scripts, certificates and ticket keys are everybody's at once.
 */
import type { Socket } from 'node:net';
import type { Config, Hooks, Listen } from '../config/config.ts';
import type { Guard } from '../guard/guard.ts';
import { openGuard, prepareGuard } from '../guard/open-guard.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import { type Census, Connections } from '../net/connections.ts';
import { Deadlines } from '../net/deadlines.ts';
import { guardLogins } from '../net/guarded-logins.ts';
import { LINGER } from '../net/limits.ts';
import { acceptor } from '../net/listener.ts';
import { listenerName } from '../net/port.ts';
import type { Shared } from '../net/shared.ts';
import { createTlsFront, type TlsFront, upstreamTlsOptions } from '../net/tls.ts';
import { UpstreamChecks } from '../net/upstream-checks.ts';
import { UpstreamPool } from '../net/upstream-pool.ts';
import type { Log } from '../observe/log.ts';
import type { MetricsRoom } from '../observe/metrics.ts';
import { refuse } from '../rewrite/refused.ts';
import type { Change } from './change.ts';
import type { Common } from './common.ts';
import { CurrentHooks } from './current-hooks.ts';
import { logUpstreamEvent } from './events.ts';
import type { Report } from './report.ts';
import { StartFault } from './start-fault.ts';
import { inTurns, type Pace } from './turns.ts';
import { Watched } from './watched.ts';

/** This process, or the workers together. */
export interface Serving {
  /** Takes a paused socket that came in at the listener of this name (`listenerName`). */
  accept(socket: Socket, listener: string): void;
  useTicketKeys(keys: Buffer): void;
  /** Why no new session should come at the moment, in one line; undefined: all are welcome. */
  unready(): string | undefined;
  /** Makes ready for another configuration. Rejects with StartFault when it cannot be had, and all is as it was. */
  prepare(config: Config, common: Common): Promise<Change>;
  /**
   * Takes no more connections, and asks one session after the other to end when it is done with what it is at; those
   * that are left when `limits.drainTimeout` is over are ended.
   */
  drain(): Promise<void>;
  /** What the admin port shows of them. */
  report(): Promise<Report>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** What the other rooms do for those who serve. */
export interface ServingServices {
  readonly log: Log;
  /** Makes a hook host, which reports what happens in it. Rejects with StartFault when the script does not load. */
  openHooks(settings: Hooks, report: (event: HookEvent) => void): Promise<HookHost>;
  /** Loaded only where there is an admin port. */
  loadMetrics(): Promise<MetricsRoom>;
}

/** What a process has that shares the clients with others. */
export interface Shares {
  readonly census: Census;
  readonly guard: Guard;
}

/** Makes this process ready to take connections. Rejects with StartFault when the script does not load. */
export async function openServing(
  config: Config,
  common: Common,
  services: ServingServices,
  shares?: Shares,
): Promise<Serving> {
  const connections = new Connections(shares?.census);
  const watched = new Watched(services, connections);
  await watched.prepare(config);
  const hooks = await services.openHooks(config.hooks, watched.hookEvent);
  const guard = shares?.guard ?? (await openGuard(config.limits, watched.guardEvent));
  return new ThisProcess(config, common, services, connections, watched, hooks, guard);
}

class ThisProcess implements Serving {
  readonly #services: ServingServices;
  readonly #hooks: CurrentHooks;
  readonly #connections: Connections;
  readonly #deadlines: Deadlines;
  readonly #tlsFront: TlsFront;
  readonly #watched: Watched;
  readonly #guard: Guard;
  /** Every listener that there was, by name: who came in at one before it closed is still served. */
  readonly #listeners: Map<string, Listen> = new Map();
  #acceptors: ReadonlyMap<string, (socket: Socket) => void> = new Map();
  #config: Config;
  #upstreams: UpstreamPool | undefined;
  #checks: UpstreamChecks | undefined;
  #open = true;
  #ended: Promise<void> | undefined;

  constructor(
    config: Config,
    common: Common,
    services: ServingServices,
    connections: Connections,
    watched: Watched,
    hooks: HookHost,
    guard: Guard,
  ) {
    this.#services = services;
    this.#hooks = new CurrentHooks(hooks);
    this.#connections = connections;
    this.#watched = watched;
    this.#deadlines = new Deadlines(sweepInterval(config));
    this.#tlsFront = createTlsFront(common.certificates, config.tls, common.ticketKeys);
    this.#guard = guard;
    this.#config = config;
    this.#begin(config, common);
  }

  accept(socket: Socket, listener: string): void {
    const accept = this.#acceptors.get(listener);
    if (this.#open && accept !== undefined) accept(socket);
    else socket.destroy();
  }

  useTicketKeys(keys: Buffer): void {
    this.#tlsFront.useTicketKeys(keys);
  }

  unready(): string | undefined {
    return this.#hooks.isLoaded() ? undefined : 'the script (hooks.script) could not be opened again';
  }

  async prepare(config: Config, common: Common): Promise<Change> {
    const showCertificates = this.#prepareTls(config, common);
    const { log, openHooks } = this.#services;
    await this.#watched.prepare(config);
    const { hookEvent, guardEvent } = this.#watched;
    const hooks = await openHooks(config.hooks, hookEvent);
    const limits = await prepareGuard(this.#guard, this.#config.limits, config.limits, guardEvent);
    return {
      commit: () => {
        showCertificates();
        limits.commit();
        this.#hooks.use(hooks);
        this.#deadlines.sweepEvery(sweepInterval(config));
        log.level = config.log.level;
        this.#begin(config, common);
      },
      cancel: () => {
        limits.cancel();
        return hooks.close();
      },
    };
  }

  #prepareTls(config: Config, common: Common): () => void {
    try {
      return this.#tlsFront.prepare(common.certificates, config.tls);
    } catch (error) {
      const why = (error as Error).message;
      throw new StartFault(`tls.certificates cannot be used, have they changed while they were read? ${why}`);
    }
  }

  /** Whoever comes from now on is served as this configuration says. */
  #begin(config: Config, common: Common): void {
    this.#config = config;
    const { failedLogins } = config.limits;
    const unguarded = { hooks: this.#hooks, events: this.#watched.connectionEvents };
    const upstreams = new UpstreamPool(
      config.upstream,
      common.servers,
      (server) => upstreamTlsOptions(config, common.upstreamCa, server),
      (event) => logUpstreamEvent(this.#services.log, event),
      this.#upstreams,
    );
    this.#upstreams = upstreams;
    this.#watched.watch(upstreams, this.#guard);
    this.#checks?.stop();
    this.#checks = new UpstreamChecks(upstreams, config.upstream.check.interval);
    const shared: Shared = {
      ...guardLogins(unguarded, this.#guard, failedLogins, this.#watched.guardEvent),
      config,
      refused: refuse(config.refuse),
      upstreams,
      deadlines: this.#deadlines,
      tlsFront: this.#tlsFront,
    };
    for (const listen of config.listen) this.#listeners.set(listenerName(listen), listen);
    const acceptors = [...this.#listeners].map(
      ([name, listen]) => [name, acceptor(listen, shared, this.#connections)] as const,
    );
    this.#acceptors = new Map(acceptors);
  }

  async report(): Promise<Report> {
    const processes = { up: 1, restarts: 0 };
    return { figures: await this.#watched.figures(), errors: this.#hooks.errors, processes };
  }

  async drain(): Promise<void> {
    this.#open = false;
    this.#checks?.stop();
    const sessions = this.#connections.dismissAwaited();
    const stop = inTurns(sessions, paceOf(this.#config), (session) => session.drain());
    await Promise.race([this.#connections.empty(), after(this.#config.limits.drainTimeout)]);
    stop();
    await this.close();
  }

  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#open = false;
    this.#checks?.stop();
    const cause = { code: 'draining', message: 'the proxy was stopped' } as const;
    const endAll = (): void => {
      for (const connection of this.#connections.all) connection.end(cause, 'The proxy was stopped');
    };
    endAll();
    // Who has not read his last bytes by then, asleep perhaps, is not waited for.
    const again = setTimeout(endAll, LINGER);
    await this.#connections.empty();
    clearTimeout(again);
    this.#deadlines.close();
    this.#guard.close();
    await this.#hooks.close();
  }
}

/** Sessions a second that may always be asked to end: whoever has to serve them next hardly notices. */
const UNNOTICED = 100;

/** The last quarter of the time is for what those are at who have their turn at last. */
function paceOf({ limits, workers }: Config): Pace {
  return { within: (limits.drainTimeout * 3) / 4, atLeast: UNNOTICED / workers };
}

/** Often enough for the shortest deadline to be kept within a twentieth, and never a burden. */
function sweepInterval({ limits, upstream }: Config): number {
  const shortest = Math.min(
    limits.handshakeTimeout,
    limits.loginTimeout,
    limits.idleTimeout,
    upstream.connectTimeout,
  );
  return Math.min(1000, Math.max(10, shortest / 20));
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
