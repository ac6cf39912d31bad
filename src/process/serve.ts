/**
 * The product running: script, certificates, listeners, sessions, and the way down again. What it needs from
 * other rooms it is handed; what happens is said in the log, in words for whoever is woken by it.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { startDemoMailbox } from '../demo/server.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import type { ConnectionEvents, Shared, Summary } from '../net/connection.ts';
import { Deadlines } from '../net/deadlines.ts';
import { Connections, type OpenListener, openListener } from '../net/listener.ts';
import { makeSelfSigned } from '../net/self-signed.ts';
import { type CertificatePair, createTlsFront, upstreamTlsOptions } from '../net/tls.ts';
import { type Admin, openAdmin } from '../observe/admin.ts';
import { type Log, printable } from '../observe/log.ts';

export interface RunningProxy {
  /** Where it listens, ports as the system gave them. */
  readonly listeners: readonly {
    readonly address: string;
    readonly port: number;
    readonly mode: 0 | 1 | 3;
  }[];
  /** What is behind it. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** Accepts no more, lets sessions finish for `limits.drainTimeout`, then ends the rest. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** A fault that keeps the proxy from starting, said for the operator. */
export class StartFault extends Error {}

/**
 * Starts the proxy. `openHooks` makes the hook host and is given where to report. Rejects with StartFault when a
 * port cannot be had.
 */
export async function serve(
  config: Config,
  log: Log,
  openHooks: (report: (event: HookEvent) => void) => Promise<HookHost>,
): Promise<RunningProxy> {
  const demo = config.upstream.host === 'demo' ? await startDemoMailbox() : undefined;
  const upstream = demo
    ? { host: '127.0.0.1', port: demo.port }
    : { host: config.upstream.host, port: config.upstream.port };
  const hooks = await openHooks((event) => logHookEvent(log, event));
  const deadlines = new Deadlines(sweepInterval(config));
  const connections = new Connections();
  const shared: Shared = {
    config,
    upstream,
    hooks,
    deadlines,
    tlsFront: createTlsFront(await certificates(config, log), config.tls.minVersion),
    upstreamTls: upstreamTlsOptions(config),
    events: connectionEvents(log),
  };
  const listeners: OpenListener[] = [];
  let admin: Admin | undefined;

  const stopAccepting = (): void => {
    for (const listener of listeners) listener.close();
  };
  const close = async (): Promise<void> => {
    stopAccepting();
    const cause = { code: 'draining', message: 'the proxy was stopped' } as const;
    for (const connection of connections.all) connection.end(cause, 'The proxy was stopped');
    await connections.empty();
    deadlines.close();
    await Promise.all([hooks.close(), demo?.close(), admin?.close()]);
  };
  const drain = async (): Promise<void> => {
    stopAccepting();
    admin?.draining();
    for (const connection of connections.all) connection.drain();
    await Promise.race([connections.empty(), after(config.limits.drainTimeout)]);
    await close();
  };

  try {
    for (const listen of config.listen) {
      listeners.push(
        await openListener(listen, shared, connections).catch((error) => cannotListen(error, listen)),
      );
    }
    if (config.admin) {
      admin = await openAdmin(config.admin).catch((error) => cannotListen(error, config.admin!));
    }
  } catch (error) {
    await close();
    throw error;
  }
  for (const { address, port, mode } of listeners) {
    log.info({ address, port, mode }, `listening on ${address} port ${port} (${modeNames[mode]})`);
  }
  return { listeners, upstream, drain, close };
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

function connectionEvents(log: Log): ConnectionEvents {
  let warnedOfAdded = false;
  return {
    opened({ session, client, serverport }) {
      log.debug({ session, client, serverport }, 'session opened');
    },
    loginFailed({ session, client, serverport }, user) {
      log.info(
        { session, client, serverport, ...(user === undefined ? {} : { user: printable(user) }) },
        'login failed',
      );
    },
    capabilitiesAdded({ session }, words) {
      if (warnedOfAdded) return;
      warnedOfAdded = true;
      const added = printable(words.join(' '));
      log.warn({ session, added }, 'the script adds capabilities that the server will not understand');
    },
    failed({ session }, error) {
      log.error({ session, err: error }, 'a bug in imapveil ended this session');
    },
    ended: (summary) => logEnd(log, summary),
  };
}

/** Ends that nobody has to look at. All others are warnings. */
const ordinary: ReadonlySet<string> = new Set([
  'logout',
  'client-closed',
  'upstream-said-bye',
  'draining',
  'idle-timeout',
]);

function logEnd(log: Log, { facts, cause, user, ...rest }: Summary): void {
  const { session, client, serverport } = facts;
  const fields = {
    session,
    client,
    serverport,
    ...(user === undefined ? {} : { user: printable(user) }),
    ...rest,
    cause: cause.code,
    reason: printable(cause.message),
  };
  if (ordinary.has(cause.code)) log.info(fields, 'session ended');
  else log.warn(fields, 'session ended');
}

function logHookEvent(log: Log, event: HookEvent): void {
  switch (event.kind) {
    case 'printed':
      log.info({ script: printable(event.text) }, 'script printed');
      return;
    case 'failed':
      log.warn(
        { session: event.session, call: event.call, count: event.count },
        `script failed: ${event.message}`,
      );
      return;
    case 'deadline-missed':
      log.warn(
        { session: event.session, call: event.call, strikes: event.strikes },
        'script missed its deadline and was ended',
      );
      return;
    case 'given-up':
      log.warn(
        { session: event.session },
        'script missed too many deadlines in this session and is not asked again by it',
      );
      return;
    case 'thread-ended':
      log.warn(`script thread ended and is started again: ${event.message}`);
      return;
  }
}
