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

/** This process, or the workers together. */
export interface Serving {
  /** Takes a paused socket that came in at the listener with this place in `config.listen`. */
  accept(socket: Socket, listener: number): void;
  useTicketKeys(keys: Buffer): void;
  /** Takes no more connections, lets sessions finish for `limits.drainTimeout`, then ends the rest. */
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
  const tlsFront = createTlsFront(common.certificates, config.tls.minVersion, common.ticketKeys);
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
    async drain() {
      open = false;
      for (const connection of connections.all) connection.drain();
      await Promise.race([connections.empty(), after(config.limits.drainTimeout)]);
      await close();
    },
    close,
  };
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
