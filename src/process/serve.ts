/**
 * The product running: what is made once, those who serve, the ports, and the way down again. Who serves is
 * this process itself or several workers; nothing here knows which. Whatever fails on the way up, what was started
 * is stopped again.
 */
import type { Config } from '../config/config.ts';
import { type OpenPort, openPort } from '../net/port.ts';
import { makeTicketKeys, upstreamTlsOptions } from '../net/tls.ts';
import { checkUpstream } from '../net/upstream-check.ts';
import type { Log } from '../observe/log.ts';
import { type Common, makeCommon } from './common.ts';
import { Readiness } from './readiness.ts';
import { openServing, type Serving, type ServingServices } from './serving.ts';
import { StartFault } from './start-fault.ts';

export { StartFault };

/** What the other rooms do for a running proxy. */
export interface FrameServices {
  readonly log: Log;
  /** Starts the built-in mailbox server on a loopback port. */
  startDemoMailbox(): Promise<{ readonly port: number; close(): Promise<void> }>;
  /** `unready` is what /readyz asks. */
  openAdmin(
    at: NonNullable<Config['admin']>,
    unready: () => Promise<string | undefined>,
  ): Promise<{ close(): Promise<void> }>;
}

export type Services = FrameServices & ServingServices;

export interface RunningProxy {
  /** Where it listens, ports as the system gave them. */
  readonly listeners: readonly OpenPort[];
  /** What is behind it. */
  readonly upstream: Common['upstream'];
  /**
   * Accepts no more and is not ready any more, at once; asks the sessions to end, one after the other, and ends those
   * that are left when `limits.drainTimeout` is over.
   */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/**
 * Milliseconds for which a ticket key is in use. Whoever gets hold of one can read what was said by TLS 1.2 under
 * its tickets, so that it must not live as long as the process does. After a change a returning client pays for one
 * full handshake, because Node takes one key at a time.
 */
const TICKET_KEYS_LIVE = 8 * 3_600_000;

/** Starts the proxy in this process. Rejects with StartFault when the script does not load or a port cannot be had. */
export function serve(config: Config, services: Services): Promise<RunningProxy> {
  return serveBy(config, services, (common) => openServing(config, common, services));
}

/** Starts the proxy; `open` makes those who serve. Rejects as `serve` does, and with what `open` rejects with. */
export async function serveBy(
  config: Config,
  services: FrameServices,
  open: (common: Common) => Promise<Serving>,
): Promise<RunningProxy> {
  const { log } = services;
  const listeners: OpenPort[] = [];
  /** What has to be closed when no session is left. */
  const started: { close(): unknown }[] = [];
  let serving: Serving | undefined;
  let readiness: Readiness | undefined;

  const closeAll = async (): Promise<void> => {
    for (const listener of listeners) listener.close();
    readiness?.stop();
    await serving?.close();
    await Promise.all(started.map((service) => service.close()));
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= closeAll();
    return closed;
  };
  const drain = async (): Promise<void> => {
    for (const listener of listeners) listener.close();
    readiness?.stop();
    await serving?.drain();
    await close();
  };

  try {
    const upstream = await behind(config, services, started);
    const common = await makeCommon(config, upstream, log);
    const opened = await open(common);
    serving = opened;
    started.push(renewTicketKeys(opened));
    for (const [place, at] of config.listen.entries()) {
      const port = await openPort(at, (socket) => opened.accept(socket, place)).catch((error) =>
        cannotListen(error, at),
      );
      listeners.push(port);
    }
    if (config.admin) {
      const at = config.admin;
      const asked = makeReadiness(config, common, opened, log);
      readiness = asked;
      started.push(
        await services.openAdmin(at, () => asked.unready()).catch((error) => cannotListen(error, at)),
      );
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
  services: FrameServices,
  started: { close(): unknown }[],
): Promise<Common['upstream']> {
  if (upstream.host !== 'demo') return { host: upstream.host, port: upstream.port };
  const mailbox = await services.startDemoMailbox();
  started.push(mailbox);
  return { host: '127.0.0.1', port: mailbox.port };
}

function makeReadiness(config: Config, common: Common, serving: Serving, log: Log): Readiness {
  const { upstream, upstreamCa } = common;
  const access = { config, upstream, upstreamTls: upstreamTlsOptions(config, upstreamCa) };
  const asked = {
    unready: () => serving.unready(),
    checkUpstream: (signal: AbortSignal) => checkUpstream(access, signal),
  };
  return new Readiness(asked, log);
}

function renewTicketKeys(serving: Serving): { close(): void } {
  const timer = setInterval(() => serving.useTicketKeys(makeTicketKeys()), TICKET_KEYS_LIVE);
  timer.unref();
  return { close: () => clearInterval(timer) };
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
