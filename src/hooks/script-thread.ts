/**
 * One worker thread with one opened script, seen from the host. It watches the clock of the call under way and
 * the memory of the process, and ends the thread when either goes too far: nothing else can stop a script (L5).
 */
import type { Worker } from 'node:worker_threads';
import { CallClock, type CallUnderWay, CLOCK_BYTES, now } from './call-clock.ts';
import { LOAD_DEADLINE, MEMORY_GROWTH, WATCH_AFTER, WATCH_EVERY } from './limits.ts';
import type { FromThread, ThreadStart, ToThread } from './protocol.ts';
import { takeThread } from './spare-thread.ts';
import { type AnswerRow, packQuestion, unpackAnswer } from './wire.ts';

/** Why a thread is gone. `call` is the one it was in, with question 0 for opening the script. */
export type ThreadEnd =
  | { readonly kind: 'stuck'; readonly limit: 'time' | 'memory'; readonly call: CallUnderWay }
  | { readonly kind: 'crashed'; readonly message: string }
  /** It ended itself, after the answer to its last question. */
  | { readonly kind: 'left'; readonly message: string };

export interface ThreadEvents {
  /** Everything that the thread says but why it leaves. */
  readonly said: (message: Exclude<FromThread, { kind: 'leaving' }>) => void;
  /** Exactly once, unless `close` was called. Nothing is said afterwards. */
  readonly ended: (end: ThreadEnd) => void;
}

export class ScriptThread {
  readonly #worker: Worker;
  readonly #clock: CallClock;
  readonly #deadline: number;
  readonly #events: ThreadEvents;
  #timer: NodeJS.Timeout | undefined;
  /** Questions sent and not answered yet, and one for opening the script. */
  #outstanding = 1;
  /** The long call, by its start, and what the process held when it was seen first: asking costs as much as a small call. */
  #watched: { readonly call: number; readonly memory: number } | undefined;
  #end: ThreadEnd | 'closed' | undefined;

  constructor(start: Omit<ThreadStart, 'clock'>, deadline: number, events: ThreadEvents) {
    const clock = new SharedArrayBuffer(CLOCK_BYTES);
    this.#clock = new CallClock(clock);
    this.#deadline = deadline;
    this.#events = events;
    this.#worker = takeThread();
    const opening: ThreadStart = { ...start, clock };
    this.#worker.postMessage(opening);
    this.#worker.on('message', (message: AnswerRow | FromThread) =>
      this.#hear('kind' in message ? message : { kind: 'answer', answer: unpackAnswer(message) }),
    );
    this.#worker.on('error', (error: Error & { code?: string }) => this.#fail(error));
    this.#worker.on('exit', () => this.#exited());
    this.#watch(WATCH_AFTER);
  }

  /** Sends a question; the answer is said. */
  ask(question: ToThread, moved: ArrayBuffer[]): void {
    if (this.#outstanding === 0) this.#worker.ref();
    this.#outstanding++;
    this.#worker.postMessage(packQuestion(question), moved);
    if (this.#timer === undefined) this.#watch(Math.min(WATCH_AFTER, this.#deadline));
  }

  /** Ends the thread without a word. */
  async close(): Promise<void> {
    this.#end ??= 'closed';
    clearTimeout(this.#timer);
    await this.#worker.terminate();
  }

  #hear(message: FromThread): void {
    if (this.#end !== undefined) return;
    if (message.kind === 'leaving') {
      this.#end = { kind: 'left', message: message.message };
      return;
    }
    if (message.kind !== 'printed') this.#settle();
    this.#events.said(message);
  }

  /** One answer less to wait for. An idle thread must not keep the process alive. */
  #settle(): void {
    this.#outstanding--;
    if (this.#outstanding === 0) this.#worker.unref();
  }

  #fail(error: Error & { code?: string }): void {
    if (this.#end !== undefined) return;
    const call = this.#clock.underWay();
    const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (outOfMemory && call) this.#end = { kind: 'stuck', limit: 'memory', call };
    else this.#end = { kind: 'crashed', message: error.message };
  }

  #exited(): void {
    clearTimeout(this.#timer);
    const end = this.#end ?? { kind: 'crashed', message: 'the thread ended without a reason' };
    if (end !== 'closed') this.#events.ended(end);
  }

  /** Never stopped for an answer, for most come within a fraction of the time: one timer watches over many calls. */
  #watch(delay: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(delay))).unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#outstanding === 0) return;
    const call = this.#clock.underWay();
    const deadline = call?.question === 0 ? LOAD_DEADLINE : this.#deadline;
    const age = call === undefined ? 0 : now() - call.start;
    if (call !== undefined && age >= deadline) {
      this.#stop({ kind: 'stuck', limit: 'time', call });
    } else if (call === undefined || age < WATCH_AFTER) {
      this.#watch(Math.min(WATCH_AFTER, deadline) - age);
    } else {
      const memory = memoryInUse();
      if (memory !== undefined && this.#needsTooMuch(call, memory))
        this.#stop({ kind: 'stuck', limit: 'memory', call });
      else this.#watch(Math.min(WATCH_EVERY, deadline - age));
    }
  }

  /** `memory`: bytes of the process now. */
  #needsTooMuch(call: CallUnderWay, memory: number): boolean {
    if (this.#watched?.call !== call.start) this.#watched = { call: call.start, memory };
    return memory - this.#watched.memory > MEMORY_GROWTH;
  }

  #stop(end: ThreadEnd): void {
    this.#end = end;
    void this.#worker.terminate();
  }
}

/** Bytes of the process; undefined where the system does not tell, for it has no file left for the question. */
function memoryInUse(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
