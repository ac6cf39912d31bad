/**
 * One worker process, seen from the primary: what is sent to it, whether it still answers, and how it ended. A
 * connection is the primary's until the worker says that it took it, so that none is lost with a worker that had
 * not begun with it, and none is greeted twice.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { LoginOutcome } from '../guard/guard.ts';
import type { Report } from './report.ts';
import { type Count, type FromWorker, HEARTBEAT, type Start, type ToWorker } from './worker-messages.ts';

/** A connection on its way to a worker. */
export interface Arrival {
  readonly socket: Socket;
  /** The `listenerName` of where it came in. */
  readonly listener: string;
}

export interface WorkerEnd {
  /** For the log: exit code 1, signal SIGSEGV. */
  readonly how: string;
  /** Why it could not serve, in its own words. */
  readonly fault: string | undefined;
  /** What it had not begun with. */
  readonly left: readonly Arrival[];
}

interface WorkerEvents {
  readonly serving: () => void;
  readonly counted: (count: Count) => void;
  readonly loginEnded: (outcome: LoginOutcome) => void;
  /** It is ready for what `prepare` brought, or cannot be. */
  readonly prepared: (fault: string | undefined) => void;
  readonly reported: (report: Report) => void;
  /** A connection that was on its way to it has not arrived, and comes back with the next tick. */
  readonly missed: () => void;
  /** It has not said a word for too long and is killed; `ended` follows. Seconds. */
  readonly silent: (seconds: number) => void;
  /** Exactly once. Nothing else happens afterwards. */
  readonly ended: (end: WorkerEnd) => void;
}

/** Ticks without a word: one that serves says something every second; one that starts has files to read first. */
const SILENT_TICKS = { starting: 30, serving: 5 } as const;
/** Ticks without a word after which the others had better have its new sessions, if there are others. */
const QUIET_TICKS = 2;
/**
 * Heartbeats behind a connection that was not taken: the channel keeps its order, so that it never arrived. The kernel
 * drops what it hands to a process that has no file left, and Node tells neither side.
 */
const BEATS_BEHIND = 3;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  /** Sent and not taken yet; one at a time, so that the others can still go elsewhere. */
  #handed: Arrival | undefined;
  /** What was on its way at the last tick. */
  #handedBefore: Arrival | undefined;
  /** Heartbeats since it was sent. */
  #beats = 0;
  #queue: Arrival[] = [];
  #state: 'starting' | 'serving' | 'leaving' | 'ended' = 'starting';
  #late = false;
  #silent = 0;
  #unready: string | undefined;
  #fault: string | undefined;

  /** `entry` is the file that the process runs. Throws Node's error when the system gives no process. */
  constructor(entry: string, start: Start, events: WorkerEvents) {
    this.#events = events;
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromWorker) => this.#hear(message));
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#ended(error.message);
    });
    // Node lets go of a channel that something was sent over: then a primary that only waits for the end has nothing
    // left to do, and Node ends it with exit code 13.
    this.#child.channel?.ref();
    // Its last messages may be read after its exit was noticed: 'close' comes when the channel has ended too. So does
    // 'disconnect', but never where a connection was on its way to who died.
    this.#child.on('close', (code, signal) =>
      this.#ended(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
    this.send(start);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it should be given connections. */
  get takes(): boolean {
    return this.#state === 'serving' && !this.#late;
  }

  /** Whether it takes connections and was heard of lately. */
  get answers(): boolean {
    return this.takes && this.#silent <= QUIET_TICKS;
  }

  /** Why no new session should come to it, as it said last. */
  get unready(): string | undefined {
    return this.#unready;
  }

  send(message: ToWorker, socket?: Socket): void {
    // What cannot be sent any more needs no mention here: the end of the process is told anyway.
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, () => {});
  }

  /** Gives it a connection, behind those that it was given before. */
  hand(arrival: Arrival): void {
    this.#queue.push(arrival);
    this.#handNext();
  }

  /** Tells it to end. What it has not been sent yet is handed back. */
  end(kind: 'drain' | 'close'): Arrival[] {
    if (this.#state === 'ended') return [];
    this.#state = 'leaving';
    this.send({ kind });
    return this.#queue.splice(0);
  }

  kill(): void {
    // Without a process of its own it would be ours and its whole group.
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL');
  }

  /**
   * To be called every HEARTBEAT. Ticks are counted and no clock is read: a machine that was suspended has missed as
   * many of the primary's ticks as of the workers' heartbeats. Hands back what waits for a worker that does not take.
   */
  tick(): Arrival[] {
    this.#silent++;
    const allowed = SILENT_TICKS[this.#state === 'starting' ? 'starting' : 'serving'];
    if (this.#silent === allowed + 1) {
      this.#events.silent((this.#silent * HEARTBEAT) / 1000);
      this.kill();
    }
    if (this.#handed !== undefined && this.#beats >= BEATS_BEHIND) return this.#missed(this.#handed);
    this.#late = this.#handed !== undefined && this.#handed === this.#handedBefore;
    this.#handedBefore = this.#handed;
    return this.#late ? this.#queue.splice(0) : [];
  }

  /** What it never got, and what waits behind it. */
  #missed(arrival: Arrival): Arrival[] {
    this.#handed = undefined;
    this.#late = false;
    this.#events.missed();
    return [arrival, ...this.#queue.splice(0)];
  }

  #handNext(): void {
    if (this.#handed !== undefined) return;
    this.#handed = this.#queue.shift();
    if (this.#handed === undefined) return;
    this.#beats = 0;
    const { socket, listener } = this.#handed;
    this.send({ kind: 'connection', listener }, socket);
  }

  #hear(message: FromWorker): void {
    if (this.#state === 'ended') return;
    this.#silent = 0;
    switch (message.kind) {
      case 'alive':
        this.#unready = message.unready;
        this.#beats++;
        return;
      case 'serving':
        if (this.#state === 'starting') this.#state = 'serving';
        this.#events.serving();
        return;
      case 'fault':
        this.#fault = message.message;
        return;
      case 'took':
        // Closes this process's copy; the connection goes on in the worker.
        this.#handed?.socket.destroy();
        this.#handed = undefined;
        this.#late = false;
        this.#handNext();
        return;
      case 'count':
        this.#events.counted(message.count);
        return;
      case 'login':
        this.#events.loginEnded(message.outcome);
        return;
      case 'prepared':
        this.#events.prepared(message.fault);
        return;
      case 'reported':
        this.#events.reported(message.report);
        return;
    }
  }

  #ended(how: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const left = this.#handed === undefined ? this.#queue : [this.#handed, ...this.#queue];
    this.#handed = undefined;
    this.#queue = [];
    this.#events.ended({ how, fault: this.#fault, left });
  }
}
