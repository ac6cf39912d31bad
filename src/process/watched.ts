/**
 * Who hears what happens in this process: the log, and the metrics where there is an admin port to ask for them.
 * Without one nothing is counted, and the code that counts is not loaded.
 */
import type { Config } from '../config/config.ts';
import type { Guard } from '../guard/guard.ts';
import type { HookEvent } from '../hooks/hook-host.ts';
import type { ConnectionEvents } from '../net/connection-events.ts';
import type { Connections } from '../net/connections.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import type { UpstreamPool } from '../net/upstream-pool.ts';
import type { Log } from '../observe/log.ts';
import type { Figures, MetricsRoom, ServingMetrics } from '../observe/metrics.ts';
import { countedEvents, countGuardEvent, countHookEvent } from './counted-events.ts';
import { connectionEvents, logGuardEvent, logHookEvent } from './events.ts';
import { TrafficCount } from './traffic.ts';

interface WatchServices {
  readonly log: Log;
  loadMetrics(): Promise<MetricsRoom>;
}

export class Watched {
  readonly #services: WatchServices;
  readonly #logged: ConnectionEvents;
  readonly #traffic: TrafficCount;
  #metrics: ServingMetrics | undefined;
  #upstreams: Pick<UpstreamPool, 'states'> | undefined;
  #guard: Pick<Guard, 'hasLostStore'> | undefined;

  constructor(services: WatchServices, connections: Connections) {
    this.#services = services;
    this.#traffic = new TrafficCount(connections);
    this.#logged = this.#traffic.counting(connectionEvents(services.log));
  }

  /** Begins to count where this configuration wants it. Of sessions that have begun before, only the traffic counts. */
  async prepare({ admin }: Pick<Config, 'admin'>): Promise<void> {
    if (admin === undefined || this.#metrics !== undefined) return;
    const { createServingMetrics } = await this.#services.loadMetrics();
    this.#metrics = createServingMetrics({
      traffic: () => this.#traffic.all,
      upstreams: () => this.#upstreams?.states ?? [],
      hasLostStore: () => this.#guard?.hasLostStore ?? false,
    });
  }

  /** The servers behind, and who counts failed logins, from now on. */
  watch(upstreams: Pick<UpstreamPool, 'states'>, guard: Pick<Guard, 'hasLostStore'>): void {
    this.#upstreams = upstreams;
    this.#guard = guard;
  }

  /** For the sessions that begin from now on. */
  get connectionEvents(): ConnectionEvents {
    if (this.#metrics === undefined) return this.#logged;
    return countedEvents(this.#logged, this.#metrics);
  }

  readonly hookEvent = (event: HookEvent): void => {
    logHookEvent(this.#services.log, event);
    if (this.#metrics !== undefined) countHookEvent(this.#metrics, event);
  };

  readonly guardEvent = (event: GuardEvent): void => {
    logGuardEvent(this.#services.log, event);
    if (this.#metrics !== undefined) countGuardEvent(this.#metrics, event);
  };

  /** Of this process, where there are some. */
  async figures(): Promise<Figures[]> {
    return this.#metrics === undefined ? [] : [await this.#metrics.read()];
  }
}
