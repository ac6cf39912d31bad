/**
 * Another configuration on its way to all workers: each makes ready, and none begins with it before all of those that
 * live are ready. What always holds: nobody waits for a worker that is gone, and no answer is taken for another's,
 * because a change is not over before everybody has answered.
 */
import type { WorkerProcess } from './worker-process.ts';

export class WorkersChange {
  /** Settles when all that were asked have answered or are gone: undefined, or what one cannot do. */
  readonly answered: Promise<string | undefined>;
  readonly #prepare: (worker: WorkerProcess) => void;
  readonly #asked: Set<WorkerProcess> = new Set();
  #fault: string | undefined;
  #settle!: (fault: string | undefined) => void;

  /** `prepare` tells a worker what to make ready for. */
  constructor(workers: readonly WorkerProcess[], prepare: (worker: WorkerProcess) => void) {
    this.#prepare = prepare;
    this.answered = new Promise((settle) => {
      this.#settle = settle;
    });
    for (const worker of workers) this.ask(worker);
    this.#look();
  }

  /** For those too that start while the others make ready. */
  ask(worker: WorkerProcess): void {
    this.#asked.add(worker);
    this.#prepare(worker);
  }

  /** The worker has answered, with a fault where it cannot. */
  hear(worker: WorkerProcess, fault: string | undefined): void {
    this.#fault ??= fault;
    this.forget(worker);
  }

  /** The worker is gone. */
  forget(worker: WorkerProcess): void {
    this.#asked.delete(worker);
    this.#look();
  }

  #look(): void {
    if (this.#asked.size === 0) this.#settle(this.#fault);
  }
}
