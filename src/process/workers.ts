/**
 * The primary's side of several workers: it deals the connections out in turns, replaces a worker that ended
 * unasked, and alone decides when to stop. No session lives here, so that nothing but the operator ends it.
 */
import type { Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import { type LoginOutcome, learn } from '../guard/guard.ts';
import { MemoryTallies } from '../guard/memory-tallies.ts';
import type { Log } from '../observe/log.ts';
import type { MetricsRoom } from '../observe/metrics.ts';
import type { Change } from './change.ts';
import type { Common } from './common.ts';
import type { Report } from './report.ts';
import type { Serving } from './serving.ts';
import { StartFault } from './start-fault.ts';
import { type FullnessChange, Totals } from './totals.ts';
import { HEARTBEAT, type Start, type ToWorker } from './worker-messages.ts';
import { type Arrival, type WorkerEnd, WorkerProcess } from './worker-process.ts';
import { WorkerReports } from './worker-reports.ts';
import { WorkersChange } from './workers-change.ts';

/** Milliseconds before a worker that keeps dying is replaced: the first wait, doubled up to the longest. */
const WAIT = { first: 100, longest: 5000 } as const;
/** Who lived this long, in milliseconds, did not die of the same thing as the one before it. */
const LONG_LIFE = 10_000;

/** What the workers are given from outside. */
export interface WorkersServices {
  readonly log: Log;
  /** The file that a worker runs. */
  readonly entry: string;
  loadMetrics(): Promise<MetricsRoom>;
}

/** The place of a worker; those that stand in it one after the other have the same number. */
interface Slot {
  readonly number: number;
  worker: WorkerProcess | undefined;
  /** Milliseconds of `performance.now()`. */
  since: number;
  /** Deaths in a row that came soon. */
  deaths: number;
  replacing: NodeJS.Timeout | undefined;
}

/**
 * Starts `config.workers` processes that run the file `entry`; resolves when all of them serve. Rejects with
 * StartFault when one does not, and then none is left.
 */
export async function openWorkers(
  config: Config,
  common: Common,
  services: WorkersServices,
): Promise<Serving> {
  const workers = new Workers(config, common, services);
  try {
    await workers.ready;
  } catch (error) {
    await workers.kill();
    throw error;
  }
  return workers;
}

class Workers implements Serving {
  /** Settles when all serve for the first time, or one cannot. */
  readonly ready: Promise<void>;
  readonly #log: Log;
  readonly #entry: string;
  readonly #reports: WorkerReports;
  readonly #slots: readonly Slot[];
  readonly #totals: Totals<WorkerProcess>;
  /** What all workers together know of failed logins, for one that starts. */
  readonly #logins: MemoryTallies;
  readonly #timer: NodeJS.Timeout;
  /** What a worker that starts is given. */
  #config: Config;
  #common: Common;
  /** The other configuration that is made ready for. */
  #change: WorkersChange | undefined;
  #state: 'starting' | 'running' | 'ending' = 'starting';
  #turn = 0;
  /** Connections that no worker can take at the moment. */
  #waiting: Arrival[] = [];
  #settleReady!: (fault: StartFault | undefined) => void;
  #whenGone: (() => void)[] = [];

  constructor(config: Config, common: Common, { log, entry, loadMetrics }: WorkersServices) {
    this.#config = config;
    this.#common = common;
    this.#log = log;
    this.#entry = entry;
    this.#reports = new WorkerReports(loadMetrics);
    this.#totals = new Totals(config.limits);
    this.#logins = new MemoryTallies(config.limits.failedLogins);
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = (fault) => (fault ? reject(fault) : resolve());
    });
    this.#slots = Array.from({ length: config.workers }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      since: 0,
      deaths: 0,
      replacing: undefined,
    }));
    for (const slot of this.#slots) this.#start(slot);
    this.#timer = setInterval(() => this.#tick(), HEARTBEAT);
    this.#timer.unref();
  }

  accept(socket: Socket, listener: string): void {
    socket.on('error', () => socket.destroy());
    this.#deal({ socket, listener });
  }

  useTicketKeys(ticketKeys: Buffer): void {
    this.#common = { ...this.#common, ticketKeys };
    this.#tellAll({ kind: 'ticket-keys', keys: ticketKeys });
  }

  /** A connection may be dealt to each that answers, so that each of them must be ready. */
  unready(): string | undefined {
    const answering = this.#slots.filter(({ worker }) => worker?.answers);
    if (answering.length === 0) return 'no worker answers';
    for (const { number, worker } of answering) {
      if (worker?.unready !== undefined) return `worker ${number}: ${worker.unready}`;
    }
    return undefined;
  }

  /** All workers change together; one that starts meanwhile, or is still to start, begins with what is decided. */
  async prepare(config: Config, common: Common): Promise<Change> {
    const living = this.#slots.flatMap(({ worker }) => worker ?? []);
    const change = new WorkersChange(living, (worker) => worker.send({ kind: 'prepare', config, common }));
    this.#change = change;
    const end = (kind: 'commit' | 'cancel'): void => {
      this.#change = undefined;
      this.#tellAll({ kind });
    };
    const fault = await change.answered;
    if (fault !== undefined) {
      end('cancel');
      throw new StartFault(fault);
    }
    return {
      commit: () => {
        end('commit');
        this.#config = config;
        this.#common = { ...common, ticketKeys: this.#common.ticketKeys };
        this.#tellFullness(this.#totals.useLimits(config.limits));
        this.#logins.settings = config.limits.failedLogins;
      },
      cancel: () => end('cancel'),
    };
  }

  report(): Promise<Report> {
    return this.#reports.of(this.#slots.flatMap(({ worker }) => worker ?? []));
  }

  drain(): Promise<void> {
    return this.#end('drain');
  }

  close(): Promise<void> {
    return this.#end('close');
  }

  /** Ends every worker without a word. */
  kill(): Promise<void> {
    const gone = this.#end('close');
    for (const { worker } of this.#slots) worker?.kill();
    return gone;
  }

  #start(slot: Slot): void {
    slot.since = performance.now();
    slot.replacing = undefined;
    const start: Start = {
      kind: 'start',
      number: slot.number,
      config: this.#config,
      common: this.#common,
      full: this.#totals.full,
      logins: this.#logins.snapshot,
    };
    try {
      slot.worker = this.#fork(slot, start);
      this.#change?.ask(slot.worker);
    } catch (error) {
      this.#ended(slot, undefined, { how: (error as Error).message, fault: undefined, left: [] });
    }
  }

  #fork(slot: Slot, start: Start): WorkerProcess {
    const { number } = slot;
    const worker: WorkerProcess = new WorkerProcess(this.#entry, start, {
      serving: () => this.#serving(slot, worker),
      loginEnded: (outcome) => this.#loginEnded(worker, outcome),
      counted: (count) => this.#tellFullness(this.#totals.report(worker, count)),
      reported: (report) => this.#reports.hear(worker, report),
      prepared: (fault) => this.#change?.hear(worker, fault),
      missed: () =>
        this.#log.warn(
          { worker: number, pid: worker.pid },
          'worker has no file left for a new connection, which goes to another: raise its limit of open files (ulimit -n, LimitNOFILE), or lower limits.connections',
        ),
      silent: (seconds) =>
        this.#log.error(
          { worker: number, pid: worker.pid },
          `worker has not answered for ${seconds} s and is killed; its sessions end`,
        ),
      ended: (end) => this.#ended(slot, worker, end),
    });
    return worker;
  }

  #serving({ number }: Slot, { pid }: WorkerProcess): void {
    this.#log.info({ worker: number, pid }, 'worker serves');
    this.#dealAgain(this.#waiting.splice(0));
    if (this.#state !== 'starting' || !this.#slots.every(({ worker }) => worker?.takes)) return;
    this.#state = 'running';
    this.#settleReady(undefined);
  }

  #ended(slot: Slot, worker: WorkerProcess | undefined, { how, fault, left }: WorkerEnd): void {
    slot.worker = undefined;
    if (worker !== undefined) {
      this.#tellFullness(this.#totals.forget(worker));
      this.#change?.forget(worker);
      this.#reports.forget(worker);
    }
    const { number } = slot;
    switch (this.#state) {
      case 'starting':
        this.#settleReady(new StartFault(fault ?? `worker ${number} ended at its start (${how})`));
        return;
      case 'ending':
        discard(left);
        this.#checkGone();
        return;
      case 'running': {
        const wait = this.#replace(slot);
        this.#reports.restarts++;
        const when = wait === 0 ? 'now' : `in ${wait} ms`;
        const what = fault === undefined ? 'worker ended unasked' : `worker could not serve: ${fault}`;
        this.#log.error(
          { worker: number, pid: worker?.pid, how },
          `${what}; its sessions are lost, and it is replaced ${when}`,
        );
        this.#dealAgain(left);
      }
    }
  }

  /** Starts another in its place; the result is how long that waits, in milliseconds. */
  #replace(slot: Slot): number {
    slot.deaths = performance.now() - slot.since > LONG_LIFE ? 0 : slot.deaths + 1;
    const wait = slot.deaths === 0 ? 0 : Math.min(WAIT.longest, WAIT.first * 2 ** (slot.deaths - 1));
    slot.replacing = setTimeout(() => this.#start(slot), wait);
    return wait;
  }

  /** Strictly in turns: who is quick to answer gets no more than the others, so that sessions are spread evenly. */
  #deal(arrival: Arrival): void {
    for (let asked = 0; asked < this.#slots.length; asked++) {
      this.#turn = (this.#turn + 1) % this.#slots.length;
      const { worker } = this.#slots[this.#turn]!;
      if (!worker?.takes) continue;
      worker.hand(arrival);
      return;
    }
    if (this.#state === 'ending' || this.#waiting.length >= this.#config.limits.connections)
      discard([arrival]);
    else this.#waiting.push(arrival);
  }

  #dealAgain(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) this.#deal(arrival);
  }

  #tick(): void {
    const left = this.#slots.flatMap(({ worker }) => worker?.tick() ?? []);
    this.#dealAgain([...this.#waiting.splice(0), ...left]);
  }

  #loginEnded(by: WorkerProcess, outcome: LoginOutcome): void {
    learn(outcome, this.#logins);
    for (const { worker } of this.#slots) if (worker !== by) worker?.send({ kind: 'login', outcome });
  }

  #tellFullness(change: FullnessChange | undefined): void {
    if (change !== undefined) this.#tellAll({ kind: 'full', ...change });
  }

  #tellAll(message: ToWorker): void {
    for (const { worker } of this.#slots) worker?.send(message);
  }

  #end(kind: 'drain' | 'close'): Promise<void> {
    this.#state = 'ending';
    discard(this.#waiting.splice(0));
    for (const slot of this.#slots) {
      clearTimeout(slot.replacing);
      discard(slot.worker?.end(kind) ?? []);
    }
    return new Promise((resolve) => {
      this.#whenGone.push(resolve);
      this.#checkGone();
    });
  }

  #checkGone(): void {
    if (this.#slots.some(({ worker }) => worker !== undefined)) return;
    clearInterval(this.#timer);
    for (const resolve of this.#whenGone.splice(0)) resolve();
  }
}

function discard(arrivals: readonly Arrival[]): void {
  for (const { socket } of arrivals) socket.destroy();
}
