/**
 * What the workers tell of themselves, together. What always holds: a worker that does not answer holds nobody up,
 * and what one has counted is still counted when it is gone, as far as it has told.
 */
import type { HookError } from '../hooks/hook-host.ts';
import type { Figures, MetricsRoom } from '../observe/metrics.ts';
import { joinedErrors, type Report } from './report.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Milliseconds that a worker has to answer. */
const PATIENCE = 1000;

export class WorkerReports {
  /** Workers that ended unasked and were replaced. */
  restarts = 0;
  readonly #loadMetrics: () => Promise<MetricsRoom>;
  readonly #last: Map<WorkerProcess, Report> = new Map();
  readonly #waiting: Map<WorkerProcess, () => void> = new Map();
  /** What workers had counted that are gone. */
  #gone: Figures[] = [];

  constructor(loadMetrics: () => Promise<MetricsRoom>) {
    this.#loadMetrics = loadMetrics;
  }

  hear(worker: WorkerProcess, report: Report): void {
    this.#last.set(worker, report);
    this.#over(worker);
  }

  forget(worker: WorkerProcess): void {
    this.#gone.push(...(this.#last.get(worker)?.figures ?? []));
    this.#last.delete(worker);
    this.#over(worker);
  }

  /** Asks these workers; counters of one that does not answer stay where they were, and what it measures is left out. */
  async of(workers: readonly WorkerProcess[]): Promise<Report> {
    const { added, countedOnly } = await this.#loadMetrics();
    const answered = await Promise.all(workers.map((worker) => this.#ask(worker)));
    // Those that are gone are kept as one, or they would be more and more.
    if (this.#gone.length > 0) this.#gone = [countedOnly(await added(this.#gone))];
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
  #ask(worker: WorkerProcess): Promise<boolean> {
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

  #over(worker: WorkerProcess): void {
    const settle = this.#waiting.get(worker);
    this.#waiting.delete(worker);
    settle?.();
  }
}
