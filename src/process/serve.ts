/**
 * The product running: what is made once, those who serve, the ports, the change to another configuration, and the
 * way down. Who serves is this process itself or several workers; nothing here knows which. Whatever fails on the way
 * up, what was started is stopped again; whatever fails of a change, nothing has changed.
 */
import type { Config } from '../config/config.ts';
import type { CertificatePair } from '../net/certificate-choice.ts';
import { makeTicketKeys, upstreamTlsOptions } from '../net/tls.ts';
import { checkAny } from '../net/upstream-checks.ts';
import type { UpstreamAccess } from '../net/upstream-leg.ts';
import type { Log } from '../observe/log.ts';
import type { MetricsRoom } from '../observe/metrics.ts';
import { AdminPort, type OpenAdmin } from './admin-port.ts';
import type { Change } from './change.ts';
import { type Common, makeCommon, type Running } from './common.ts';
import { Monitor } from './monitor.ts';
import { type Listener, Ports } from './ports.ts';
import { Readiness } from './readiness.ts';
import { openServing, type Serving, type ServingServices } from './serving.ts';
import { StartFault } from './start-fault.ts';

export { StartFault };

/** What the other rooms do for a running proxy. */
export interface FrameServices {
  readonly log: Log;
  /** Starts the built-in mailbox server on a loopback port. */
  startDemoMailbox(): Promise<DemoMailbox>;
  readonly openAdmin: OpenAdmin;
  /** Loaded only where somebody asks for the metrics. */
  loadMetrics(): Promise<MetricsRoom>;
}

interface DemoMailbox {
  readonly port: number;
  close(): Promise<void>;
}

export type Services = FrameServices & ServingServices;

export interface RunningProxy {
  /** Where it listens, ports as the system gave them. */
  readonly listeners: readonly Listener[];
  /** What is behind it. */
  readonly servers: Common['servers'];
  /** What clients are shown; other ones after each `reload`. */
  readonly certificates: readonly CertificatePair[];
  /**
   * Goes on with another configuration, and no session ends: those that live keep their settings, but for script and
   * certificates. Rejects with StartFault when something of it cannot be had, and then nothing has changed. Not to be
   * called again before it has settled; `workers` and `log.format` have to be as they were.
   */
  reload(config: Config): Promise<void>;
  /** Notes how a reload ended, for the metrics; one that is `refused` may never have got as far as `reload`. */
  countReload(result: 'ok' | 'refused'): void;
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
  const behind = new Behind(services);
  let proxy: ServingProxy | undefined;
  try {
    const common = await makeCommon(config, await behind.of(config), services.log);
    proxy = new ServingProxy({ config, common }, services, await open(common), behind);
    await proxy.listen();
    return proxy;
  } catch (error) {
    await (proxy ?? behind).close();
    throw error;
  }
}

class ServingProxy implements RunningProxy {
  readonly #log: Log;
  readonly #serving: Serving;
  readonly #behind: Behind;
  readonly #ports: Ports;
  readonly #admin: AdminPort;
  readonly #readiness: Readiness;
  readonly #monitor: Monitor;
  readonly #ticketTimer: NodeJS.Timeout;
  #running: Running;
  #stopping = false;
  #closed: Promise<void> | undefined;

  constructor(
    running: Running,
    { log, openAdmin, loadMetrics }: FrameServices,
    serving: Serving,
    behind: Behind,
  ) {
    this.#log = log;
    this.#running = running;
    this.#serving = serving;
    this.#behind = behind;
    this.#ports = new Ports((socket, listener) => serving.accept(socket, listener), log);
    this.#readiness = new Readiness(
      {
        unready: () => serving.unready(),
        checkUpstream: (signal) => checkAny(this.#accesses, signal),
      },
      log,
    );
    this.#monitor = new Monitor(serving, loadMetrics, () => this.certificates);
    this.#admin = new AdminPort((at) =>
      openAdmin(at, {
        unready: () => this.#readiness.unready(),
        metrics: () => this.#monitor.metrics(),
        errors: () => this.#monitor.errors(),
      }),
    );
    this.#ticketTimer = setInterval(() => this.#renewTicketKeys(), TICKET_KEYS_LIVE).unref();
  }

  get listeners(): readonly Listener[] {
    return this.#ports.listeners;
  }

  get servers(): Common['servers'] {
    return this.#running.common.servers;
  }

  get certificates(): readonly CertificatePair[] {
    return this.#running.common.certificates;
  }

  /** Opens the ports for the first time. */
  async listen(): Promise<void> {
    const { listen, admin } = this.#running.config;
    await commitAll([() => this.#ports.prepare(listen), () => this.#admin.prepare(admin)]);
  }

  async reload(config: Config): Promise<void> {
    const common = await makeCommon(config, await this.#behind.of(config), this.#log, this.#running);
    await commitAll(
      [
        () => this.#ports.prepare(config.listen),
        () => this.#admin.prepare(config.admin),
        () => this.#serving.prepare(config, common),
      ],
      () => this.#stopping,
    );
    // Ticket keys may have been renewed while it was made ready.
    const { ticketKeys } = this.#running.common;
    this.#running = { config, common: { ...common, ticketKeys } };
    this.#log.level = config.log.level;
    this.#readiness.forgetUpstream();
  }

  countReload(result: 'ok' | 'refused'): void {
    this.#monitor.reloads[result]++;
  }

  async drain(): Promise<void> {
    this.#stop();
    await this.#serving.drain();
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    this.#stop();
    clearInterval(this.#ticketTimer);
    await this.#serving.close();
    await Promise.all([this.#admin.close(), this.#behind.close()]);
  }

  #stop(): void {
    this.#stopping = true;
    this.#ports.close();
    this.#readiness.stop();
  }

  get #accesses(): readonly UpstreamAccess[] {
    const { config, common } = this.#running;
    return common.servers.map((server) => ({
      settings: config.upstream,
      server,
      tls: upstreamTlsOptions(config, common.upstreamCa, server),
    }));
  }

  #renewTicketKeys(): void {
    const ticketKeys = makeTicketKeys();
    this.#running = { ...this.#running, common: { ...this.#running.common, ticketKeys } };
    this.#serving.useTicketKeys(ticketKeys);
  }
}

/**
 * Makes all changes or none: makes them ready one after the other, and commits them when the last is, from the last
 * to the first. Rejects with what the first rejects with that cannot be made, and when `tooLate` says so.
 */
async function commitAll(
  steps: readonly (() => Promise<Change>)[],
  tooLate: () => boolean = () => false,
): Promise<void> {
  const ready: Change[] = [];
  try {
    for (const prepare of steps) ready.unshift(await prepare());
    if (tooLate()) throw new StartFault('the proxy is stopping');
  } catch (error) {
    await Promise.all(ready.map((change) => change.cancel()));
    throw error;
  }
  for (const change of ready) change.commit();
}

/** What is behind the proxy: the servers that a configuration names, or the demo mailbox, which then stays. */
class Behind {
  readonly #services: FrameServices;
  #mailbox: DemoMailbox | undefined;

  constructor(services: FrameServices) {
    this.#services = services;
  }

  async of({ upstream }: Config): Promise<Common['servers']> {
    const [first] = upstream.servers;
    if (first?.host !== 'demo') return upstream.servers;
    this.#mailbox ??= await this.#services.startDemoMailbox();
    return [{ ...first, host: '127.0.0.1', port: this.#mailbox.port }];
  }

  async close(): Promise<void> {
    await this.#mailbox?.close();
  }
}
