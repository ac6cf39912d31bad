/**
 * Whether new sessions are welcome, for a load balancer that asks every second or two: nobody is stopping the proxy,
 * those who serve can, and the server greets. What always holds: however often it is asked, the server is tried by
 * one connection at a time, and not again within a few seconds.
 */
import type { Log } from '../observe/log.ts';
import type { EndCause } from '../session/effect.ts';

/** Milliseconds for which what was found about the server is believed. */
const BELIEVED = 3000;

interface Asked {
  /** Why those who serve cannot at the moment; undefined: they can. */
  unready(): string | undefined;
  /** Tries the server, until `signal`; undefined: it greets. Never rejects. */
  checkUpstream(signal: AbortSignal): Promise<EndCause | undefined>;
}

export class Readiness {
  readonly #asked: Asked;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #check: Promise<EndCause | undefined> | undefined;
  /** Milliseconds of `performance.now()`. */
  #believedUntil = Number.POSITIVE_INFINITY;
  #said: string | undefined;

  constructor(asked: Asked, log: Log) {
    this.#asked = asked;
    this.#log = log;
  }

  /** From now on the answer is no. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Another server may be behind the proxy now. */
  forgetUpstream(): void {
    this.#check = undefined;
  }

  /** Why no new session should come, in one line; undefined: all are welcome. Takes as long as the server does. */
  async unready(): Promise<string | undefined> {
    const reason = this.#here() ?? (await this.#upstream())?.message;
    // Much can have happened while the server was awaited.
    const now = this.#here() ?? reason;
    if (!this.#stopping.signal.aborted) this.#tell(now);
    return now;
  }

  #here(): string | undefined {
    return this.#stopping.signal.aborted ? 'draining' : this.#asked.unready();
  }

  #upstream(): Promise<EndCause | undefined> {
    if (this.#check === undefined || performance.now() > this.#believedUntil) {
      this.#believedUntil = Number.POSITIVE_INFINITY;
      const check = this.#asked.checkUpstream(this.#stopping.signal);
      this.#check = check;
      check.then(() => {
        if (this.#check === check) this.#believedUntil = performance.now() + BELIEVED;
      });
    }
    return this.#check;
  }

  /** Whoever asks repeats himself; the log is told what has changed. */
  #tell(reason: string | undefined): void {
    if (reason === this.#said) return;
    this.#said = reason;
    if (reason === undefined) this.#log.info('ready again: /readyz says 200');
    else this.#log.warn({ reason }, 'not ready: /readyz says 503');
  }
}
