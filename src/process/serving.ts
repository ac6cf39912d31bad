/**
 * Those who serve: script, TLS and sessions of one process. It opens no port; connections are handed to it, by the
 * ports of the same process or by the primary.
 */
import type { Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import type { Shared } from '../net/connection.ts';
import { type Census, Connections } from '../net/connections.ts';
import { Deadlines } from '../net/deadlines.ts';
import { acceptor } from '../net/listener.ts';
import { createTlsFront, upstreamTlsOptions } from '../net/tls.ts';
import type { Log } from '../observe/log.ts';
import { refuse } from '../rewrite/refused.ts';
import type { Common } from './common.ts';
import { connectionEvents, logHookEvent } from './events.ts';
import { inTurns, type Pace } from './turns.ts';

/** This process, or the workers together. */
export interface Serving {
  /** Takes a paused socket that came in at the listener with this place in `config.listen`. */
  accept(socket: Socket, listener: number): void;
  useTicketKeys(keys: Buffer): void;
  /** Why no new session should come at the moment, in one line; undefined: all are welcome. */
  unready(): string | undefined;
  /**
   * Takes no more connections, and asks one session after the other to end when it is done with what it is at; those
   * that are left when `limits.drainTimeout` is over are ended.
   */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** What the other rooms do for those who serve. */
export interface ServingServices {
  readonly log: Log;
  /** Makes the hook host, which reports what happens in it. Rejects with StartFault when the script does not load. */
  openHooks(report: (event: HookEvent) => void): Promise<HookHost>;
}

/** Makes this process ready to take connections. Rejects with StartFault when the script does not load. */
export async function openServing(
  config: Config,
  common: Common,
  { log, openHooks }: ServingServices,
  census?: Census,
): Promise<Serving> {
  const hooks = await openHooks((event) => logHookEvent(log, event));
  const connections = new Connections(census);
  const deadlines = new Deadlines(sweepInterval(config));
  const tlsFront = createTlsFront(common.certificates, config.tls, common.ticketKeys);
  const shared: Shared = {
    config,
    refused: refuse(config.refuse),
    upstream: common.upstream,
    hooks,
    deadlines,
    tlsFront,
    upstreamTls: upstreamTlsOptions(config, common.upstreamCa),
    events: connectionEvents(log),
  };
  const acceptors = config.listen.map((listen) => acceptor(listen, shared, connections));
  let open = true;

  const end = async (): Promise<void> => {
    open = false;
    const cause = { code: 'draining', message: 'the proxy was stopped' } as const;
    for (const connection of connections.all) connection.end(cause, 'The proxy was stopped');
    await connections.empty();
    deadlines.close();
    await hooks.close();
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ended ??= end();
    return ended;
  };

  return {
    accept(socket, listener) {
      if (open) acceptors[listener]?.(socket);
      else socket.destroy();
    },
    useTicketKeys: (keys) => tlsFront.useTicketKeys(keys),
    unready: () => (hooks.isLoaded() ? undefined : 'the script (hooks.script) could not be opened again'),
    async drain() {
      open = false;
      const stop = inTurns(connections.dismissAwaited(), paceOf(config), (session) => session.drain());
      await Promise.race([connections.empty(), after(config.limits.drainTimeout)]);
      stop();
      await close();
    },
    close,
  };
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
