/**
 * What may happen in a soak and what may not. A session may be lost on the worker that was killed, or at the server
 * that was restarted, while that was so; the proxy's own log has to say the same as the user. Everything else counts.
 */
import type { LogEntry } from '../support/proxy.ts';
import type { Loss } from './client.ts';

/** Milliseconds that it may take until a user, or the log, knows of what happened. */
const GRACE = 2000;

export interface Outage {
  readonly from: number;
  /** Infinity while it lasts. */
  to: number;
}

/** Causes with which a session of a soak may end at any time. */
const ordinary: ReadonlySet<unknown> = new Set(['logout', 'client-closed']);

export class Judge {
  readonly #log: readonly LogEntry[];
  readonly #kills: Outage[] = [];
  /** By `host:port`, as the log writes it. */
  readonly #restarts: Map<string, Outage[]> = new Map();
  readonly #faults: Map<string, number> = new Map();
  #read = 0;
  #excused = 0;
  #scriptErrors = 0;
  #deaths = 0;

  /** `log` is that of the proxy, which grows. */
  constructor(log: readonly LogEntry[]) {
    this.#log = log;
  }

  /** Sessions that were lost and may have been. */
  get excused(): number {
    return this.#excused;
  }

  /** Calls into the script that the log says have failed. */
  get scriptErrors(): number {
    return this.#scriptErrors;
  }

  /** Workers that the log says have ended, killed or not. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Everything that should not have happened, with how often it did. */
  get faults(): readonly string[] {
    return [...this.#faults].map(([fault, count]) => `${fault} (${count})`);
  }

  fault(sentence: string): void {
    this.#faults.set(sentence, (this.#faults.get(sentence) ?? 0) + 1);
  }

  /** A worker is killed; the outage is over when another serves. */
  killed(): Outage {
    return begin(this.#kills);
  }

  /** The server is restarted. */
  restarted(upstream: string): Outage {
    const outages = this.#restarts.get(upstream) ?? [];
    this.#restarts.set(upstream, outages);
    return begin(outages);
  }

  /** A user has lost a session, or was not let in: may that be, now? */
  lost({ user, why, at, loggedIn }: Loss): void {
    const outages = [...this.#kills, ...[...this.#restarts.values()].flat()];
    if (covers(outages, at)) {
      if (loggedIn) this.#excused++;
    } else {
      this.fault(
        `${user} has lost ${loggedIn ? 'a session' : 'a connection'} for no reason at ${new Date(at).toISOString()}: ${why}`,
      );
    }
  }

  /** Reads what the log has more of. */
  readLog(): void {
    for (const entry of this.#log.slice(this.#read)) this.#judge(entry);
    this.#read = this.#log.length;
  }

  #judge(entry: LogEntry): void {
    const { level, msg, cause, upstream, time, reason } = entry;
    if (entry.text !== undefined) this.fault(`the log has a line that is no JSON: ${String(entry.text)}`);
    if (/script failed/.test(String(msg))) this.#scriptErrors += Number(entry.count ?? 1);
    if (/ended unasked/.test(String(msg))) this.#deaths++;
    if (entry.err !== undefined) this.fault(`${String(msg)}: ${JSON.stringify(entry.err).slice(0, 500)}`);
    if (level === 'error' && !/ended unasked|not reloaded|hooks\.script: /.test(String(msg)))
      this.fault(`the log has an error: ${String(msg)}`);
    if (msg !== 'session ended' || ordinary.has(cause)) return;
    const outages = this.#restarts.get(String(upstream)) ?? [];
    if (String(cause).startsWith('upstream-') && covers(outages, Date.parse(String(time)))) return;
    this.fault(`a session ended with ${String(cause)} at ${String(upstream)}: ${String(reason)}`);
  }
}

function begin(outages: Outage[]): Outage {
  const outage = { from: Date.now(), to: Number.POSITIVE_INFINITY };
  outages.push(outage);
  return outage;
}

function covers(outages: readonly Outage[], time: number): boolean {
  return outages.some(({ from, to }) => time >= from - 100 && time <= to + GRACE);
}
