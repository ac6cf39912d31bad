/**
 * What the workers tell of themselves, together. What always holds: a worker that does not answer holds nobody up,
 * and what one has counted is still counted when it is gone, as far as it has told.
 */
import type { HookError } from '../hooks/hook-host.ts';
import type { Figures, MetricsRoom } from '../observe/metrics.ts';
import { joinedErrors, type Report } from './report.ts';
import type { WorkerProcess } from './worker-process.ts';

type Worker = Pick<WorkerProcess, 'send'>;

/** Milliseconds that a worker has to answer. */
const PATIENCE = 1000;

export class WorkerReports {
  /** Workers that ended unasked and were replaced. */
  restarts = 0;
  readonly #loadMetrics: () => Promise<MetricsRoom>;
  readonly #last: Map<Worker, Report> = new Map();
  readonly #waiting: Map<Worker, () => void> = new Map();
  /** What workers had counted that are gone. */
  readonly #gone: Figures[] = [];
  #asking: Promise<Report> | undefined;

  constructor(loadMetrics: () => Promise<MetricsRoom>) {
    this.#loadMetrics = loadMetrics;
  }

  hear(worker: Worker, report: Report): void {
    this.#last.set(worker, report);
    this.#over(worker);
  }

  forget(worker: Worker): void {
    this.#gone.push(...(this.#last.get(worker)?.figures ?? []));
    this.#last.delete(worker);
    this.#over(worker);
  }

  /** What these workers tell. Who asks while an answer is on its way gets that one. */
  of(workers: readonly Worker[]): Promise<Report> {
    this.#asking ??= this.#askAll(workers).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Asks these workers; counters of one that does not answer stay where they were, and what it measures is left out. */
  async #askAll(workers: readonly Worker[]): Promise<Report> {
    const { added, countedOnly } = await this.#loadMetrics();
    const answered = await Promise.all(workers.map((worker) => this.#ask(worker)));
    // Those that are gone are kept as one, or they would be more and more.
    const gone = this.#gone.splice(0);
    if (gone.length > 0) this.#gone.unshift(countedOnly(await added(gone)));
    const figures: Figures[] = [...this.#gone];
    const errors: HookError[] = [];
    for (const [at, worker] of workers.entries()) {
      const report = this.#last.get(worker);
      figures.push(...(report?.figures ?? []).map((each) => (answered[at] ? each : countedOnly(each))));
      errors.push(...(report?.errors ?? []));
    }
    const up = answered.filter(Boolean).length;
    return { figures, errors: joinedErrors(errors), processes: { up, restarts: this.restarts } };
  }

  /** Whether it has answered in time. */
  #ask(worker: Worker): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(worker);
        resolve(false);
      }, PATIENCE);
      this.#waiting.set(worker, () => {
        clearTimeout(timer);
        resolve(this.#last.has(worker));
      });
      worker.send({ kind: 'report' });
    });
  }

  #over(worker: Worker): void {
    const settle = this.#waiting.get(worker);
    this.#waiting.delete(worker);
    settle?.();
  }
}
