/**
 * One timer for all connections instead of several for each: a sweep asks every connection whether its time is
 * over. A deadline is kept to within one interval.
 */

export interface Timed {
  /** `now` in milliseconds of `performance.now()`. */
  checkDeadlines(now: number): void;
}

export class Deadlines {
  readonly #timed: Set<Timed> = new Set();
  #timer: NodeJS.Timeout;

  /** `interval` in milliseconds. */
  constructor(interval: number) {
    this.#timer = this.#every(interval);
  }

  /** Looks at the clock in this interval from now on. */
  sweepEvery(interval: number): void {
    clearInterval(this.#timer);
    this.#timer = this.#every(interval);
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #every(interval: number): NodeJS.Timeout {
    return setInterval(() => this.#sweep(), interval).unref();
  }

  #sweep(): void {
    const now = performance.now();
    for (const timed of this.#timed) timed.checkDeadlines(now);
  }
}
