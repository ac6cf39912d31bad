/**
 * The product running: script, certificates, listeners, sessions, and the way down again. What it needs from
 * other rooms it is handed. Whatever fails on the way up, what was started is stopped again.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import type { Shared } from '../net/connection.ts';
import { Deadlines } from '../net/deadlines.ts';
import { Connections, type OpenListener, openListener } from '../net/listener.ts';
import { makeSelfSigned } from '../net/self-signed.ts';
import { type CertificatePair, createTlsFront, upstreamTlsOptions } from '../net/tls.ts';
import type { Log } from '../observe/log.ts';
import { refuse } from '../rewrite/refused.ts';
import { connectionEvents, logHookEvent } from './events.ts';

/** What the other rooms do for a running proxy. */
export interface Services {
  readonly log: Log;
  /** Makes the hook host, which reports what happens in it. Rejects with StartFault when the script does not load. */
  openHooks(report: (event: HookEvent) => void): Promise<HookHost>;
  /** Starts the built-in mailbox server on a loopback port. */
  startDemoMailbox(): Promise<{ readonly port: number; close(): Promise<void> }>;
  openAdmin(at: NonNullable<Config['admin']>): Promise<{ draining(): void; close(): Promise<void> }>;
}

export interface RunningProxy {
  /** Where it listens, ports as the system gave them. */
  readonly listeners: readonly OpenListener[];
  /** What is behind it. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** Accepts no more, lets sessions finish for `limits.drainTimeout`, then ends the rest. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** A fault that keeps the proxy from starting, said for the operator. */
export class StartFault extends Error {}

/** Starts the proxy. Rejects with StartFault when the script does not load or a port cannot be had. */
export async function serve(config: Config, services: Services): Promise<RunningProxy> {
  const { log } = services;
  const listeners: OpenListener[] = [];
  const connections = new Connections();
  /** What has to be closed when no session is left. */
  const started: { close(): unknown }[] = [];
  let admin: Awaited<ReturnType<Services['openAdmin']>> | undefined;

  const close = async (): Promise<void> => {
    for (const listener of listeners) listener.close();
    const cause = { code: 'draining', message: 'the proxy was stopped' } as const;
    for (const connection of connections.all) connection.end(cause, 'The proxy was stopped');
    await connections.empty();
    await Promise.all(started.map((service) => service.close()));
  };
  const drain = async (): Promise<void> => {
    for (const listener of listeners) listener.close();
    admin?.draining();
    for (const connection of connections.all) connection.drain();
    await Promise.race([connections.empty(), after(config.limits.drainTimeout)]);
    await close();
  };

  try {
    const hooks = await services.openHooks((event) => logHookEvent(log, event));
    started.push(hooks);
    const upstream = await behind(config, services, started);
    const deadlines = new Deadlines(sweepInterval(config));
    started.push(deadlines);
    const shared: Shared = {
      config,
      refused: refuse(config.refuse),
      upstream,
      hooks,
      deadlines,
      tlsFront: createTlsFront(await certificates(config, log), config.tls.minVersion),
      upstreamTls: upstreamTlsOptions(config),
      events: connectionEvents(log),
    };
    for (const at of config.listen) {
      listeners.push(await openListener(at, shared, connections).catch((error) => cannotListen(error, at)));
    }
    if (config.admin) {
      const at = config.admin;
      admin = await services.openAdmin(at).catch((error) => cannotListen(error, at));
      started.push(admin);
    }
    for (const { address, port, mode } of listeners) {
      log.info({ address, port, mode }, `listening on ${address} port ${port} (${modeNames[mode]})`);
    }
    return { listeners, upstream, drain, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function behind(
  { upstream }: Config,
  services: Services,
  started: { close(): unknown }[],
): Promise<RunningProxy['upstream']> {
  if (upstream.host !== 'demo') return { host: upstream.host, port: upstream.port };
  const mailbox = await services.startDemoMailbox();
  started.push(mailbox);
  return { host: '127.0.0.1', port: mailbox.port };
}

const modeNames = { 0: 'STARTTLS offered', 1: 'TLS', 3: 'STARTTLS required' } as const;

function cannotListen(error: NodeJS.ErrnoException, at: { address: string; port: number }): never {
  const hints: Record<string, string> = {
    EADDRINUSE: 'another process listens there already',
    EACCES: 'this user may not open ports below 1024',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const why = hints[error.code ?? ''] ?? error.message;
  throw new StartFault(`cannot listen on ${at.address} port ${at.port}: ${why}`);
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

async function certificates(config: Config, log: Log): Promise<CertificatePair[]> {
  if (config.tls.certificates.length > 0) {
    return config.tls.certificates.map(({ cert, key }) => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    }));
  }
  log.warn(
    'no tls.certificates: clients are shown a self-signed certificate made at this start, good for trying only',
  );
  return [await makeSelfSigned()];
}
