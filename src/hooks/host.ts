/**
 * The hook host: takes the sessions' questions, has them answered by a script in a thread of its own, and lets
 * no script hold up or bring down anybody but the session it was called for. Every question gets an answer.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { type Answer, type DefinedHooks, noHooks, type Question } from '../rewrite/question.ts';
import { callName, callsOf, fromThread, toThread, withoutScript } from './answers.ts';
import { ErrorBook, type HookError } from './error-book.ts';
import type { HookEvent, HookHost, HookSession, HookSettings } from './hook-host.ts';
import { ATTEMPTS, LOAD_DEADLINE, RESTART_AFTER, STRIKES } from './limits.ts';
import type { FromThread, ThreadAnswer } from './protocol.ts';
import { readScript } from './script-file.ts';
import { ScriptThread, type ThreadEnd } from './script-thread.ts';

/** What a session's questions have cost so far. */
interface Account {
  strikes: number;
}

/** A question that waits for its answer. */
interface Pending {
  readonly id: number;
  readonly account: Account;
  readonly question: Question;
  /** Calls that ended a thread, by their index in the batch: they are not made again. */
  readonly skip: Set<number>;
  readonly resolve: (answer: Answer) => void;
  /** Threads that ended while this question was the next, and in no call. */
  attempts: number;
}

type Report = (event: HookEvent) => void;

/** Why a script cannot be opened: a sentence, or Lua's own `script.lua:7: message`. */
export interface ScriptFault {
  readonly fault: string;
  /** Absolute paths of what was read, or should have been: whoever mends it changes one of them. */
  readonly files: readonly string[];
}

/** Opens the script of `settings` in a thread; of one that has a fault no thread is left. `report` must not throw. */
export async function createHookHost(
  settings: HookSettings,
  report: Report,
): Promise<HookHost | ScriptFault> {
  if (settings.script === undefined) {
    return {
      defines: noHooks,
      files: [],
      errors: [],
      isLoaded: () => true,
      openSession: () => ({ ask: async (question) => withoutScript(question, 'pass') }),
      close: async () => {},
    };
  }
  const file = resolve(settings.script);
  const source = await readScript(file);
  if (!(source instanceof Uint8Array)) return { ...source, files: [file] };
  const host = new ScriptHost(file, source, settings, report);
  const fault = await host.opened;
  return fault === undefined ? host : { fault, files: host.files };
}

class ScriptHost implements HookHost {
  /** Settles when the script was opened for the first time: undefined, or what is wrong with it. */
  readonly opened: Promise<string | undefined>;
  defines: DefinedHooks = noHooks;
  readonly #name: string;
  readonly #folder: string;
  readonly #source: Uint8Array;
  readonly #settings: HookSettings;
  readonly #report: Report;
  readonly #errors = new ErrorBook();
  readonly #pending = new Map<number, Pending>();
  #modules: ReadonlyMap<string, Uint8Array> = new Map();
  #thread: ScriptThread | undefined;
  #state: 'opening' | 'running' | 'down' | 'closed' = 'opening';
  #downSince = 0;
  /** Opened at the last try. A thread that is being replaced takes moments, and its questions wait for the next one. */
  #loaded = false;
  #lastId = 0;
  #settleOpened: ((fault: string | undefined) => void) | undefined;

  constructor(file: string, source: Uint8Array, settings: HookSettings, report: Report) {
    this.#name = basename(file);
    this.#folder = dirname(file);
    this.#source = source;
    this.#settings = settings;
    this.#report = report;
    this.opened = new Promise((settle) => {
      this.#settleOpened = settle;
    });
    this.#start();
  }

  get files(): readonly string[] {
    const modules = [...this.#modules.keys()].map((name) =>
      join(this.#folder, `${name.replaceAll('.', '/')}.lua`),
    );
    return [join(this.#folder, this.#name), ...modules];
  }

  get errors(): HookError[] {
    return this.#errors.all;
  }

  isLoaded(): boolean {
    if (this.#mayTryAgain) this.#start();
    return this.#loaded;
  }

  openSession(): HookSession {
    const account: Account = { strikes: 0 };
    return { ask: (question) => this.#ask(account, question) };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    for (const pending of this.#pending.values()) this.#giveUpOn(pending);
    await this.#thread?.close();
  }

  #ask(account: Account, question: Question): Promise<Answer> {
    if (!this.defines[question.kind]) return Promise.resolve(withoutScript(question, 'pass'));
    if (this.#state === 'closed' || account.strikes >= STRIKES)
      return Promise.resolve(this.#failed(question));
    if (this.#mayTryAgain) this.#start();
    if (this.#state === 'down') return Promise.resolve(this.#failed(question));
    this.#lastId = (this.#lastId % 0x7fffffff) + 1;
    return new Promise((settle) => {
      const pending: Pending = {
        id: this.#lastId,
        account,
        question,
        skip: new Set(),
        resolve: settle,
        attempts: 0,
      };
      this.#pending.set(pending.id, pending);
      if (this.#state === 'running') this.#send(pending);
    });
  }

  get #mayTryAgain(): boolean {
    return this.#state === 'down' && performance.now() - this.#downSince >= RESTART_AFTER;
  }

  #failed(question: Question): Answer {
    return withoutScript(question, this.#settings.onError);
  }

  #giveUpOn(pending: Pending): void {
    this.#pending.delete(pending.id);
    pending.resolve(this.#failed(pending.question));
  }

  #send(pending: Pending): void {
    const { message, moved } = toThread(pending.id, pending.question, pending.skip);
    this.#thread?.ask(message, moved);
  }

  #start(): void {
    this.#state = 'opening';
    const start = {
      name: this.#name,
      folder: this.#folder,
      source: this.#source,
      modules: this.#modules,
      settings: this.#settings.settings ?? {},
      http: this.#settings.http?.allow.length ? this.#settings.http : undefined,
    };
    try {
      this.#thread = new ScriptThread(start, this.#settings.deadline, {
        said: (message) => this.#hear(message),
        ended: (end) => this.#threadEnded(end),
      });
    } catch (error) {
      // The system has no thread left for us, or no file: it may have one again later.
      this.#thread = undefined;
      this.#cannotOpen(
        `${this.#name}: ${openingFault({ kind: 'crashed', message: (error as Error).message })}`,
      );
    }
  }

  #hear(message: Exclude<FromThread, { kind: 'leaving' }>): void {
    switch (message.kind) {
      case 'printed':
        this.#report(message);
        return;
      case 'ready':
        this.#state = 'running';
        this.#loaded = true;
        this.defines = message.defines;
        this.#modules = message.modules;
        this.#settleOpened?.(undefined);
        this.#settleOpened = undefined;
        for (const pending of this.#pending.values()) this.#send(pending);
        return;
      case 'fault':
        this.#modules = message.modules;
        void this.#thread?.close();
        this.#cannotOpen(message.message);
        return;
      case 'answer': {
        const { answer } = message;
        const pending = this.#pending.get(answer.id);
        if (pending === undefined) return;
        this.#pending.delete(answer.id);
        const { question } = pending;
        this.#tell(question, answer);
        pending.resolve(fromThread(question, answer.answer, this.#settings.onError));
      }
    }
  }

  #tell(question: Question, { failures, failed, took }: ThreadAnswer): void {
    const call = callName(question);
    const { session } = question.context;
    for (const failure of failures) {
      const count = this.#errors.note(call, session, failure, Date.now());
      if (count !== undefined) this.#report({ kind: 'failed', session, call, ...failure, count });
    }
    this.#report({
      kind: 'answered',
      call,
      calls: callsOf(question),
      failures: failed,
      seconds: took / 1000,
    });
  }

  /** What waits is asked again in a new thread, but for the call that ended the old one. */
  #threadEnded(end: ThreadEnd): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'opening') {
      this.#cannotOpen(`${this.#name}: ${openingFault(end)}`);
      return;
    }
    if (end.kind === 'stuck') {
      this.#strike(end.call.question, end.call.index, end.limit);
    } else {
      this.#report({ kind: 'thread-ended', message: end.message });
      if (end.kind === 'crashed') this.#countAttempt();
    }
    this.#start();
  }

  #strike(id: number, index: number, limit: 'time' | 'memory'): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { account, question, skip } = pending;
    const { session } = question.context;
    account.strikes++;
    skip.add(index);
    this.#report({
      kind: 'deadline-missed',
      session,
      call: callName(question),
      strikes: account.strikes,
      limit,
    });
    if (skip.size >= callsOf(question)) this.#giveUpOn(pending);
    if (account.strikes !== STRIKES) return;
    this.#report({ kind: 'given-up', session });
    for (const other of this.#pending.values()) if (other.account === account) this.#giveUpOn(other);
  }

  /** No call is to blame: the next question in line is asked again, but not for ever. */
  #countAttempt(): void {
    const [next] = this.#pending.values();
    if (next === undefined) return;
    next.attempts++;
    if (next.attempts >= ATTEMPTS) this.#giveUpOn(next);
  }

  /** The script could not be opened: at the start the host is of no use; later it is tried again after a while. */
  #cannotOpen(message: string): void {
    this.#state = 'down';
    this.#loaded = false;
    this.#downSince = performance.now();
    if (this.#settleOpened) {
      this.#settleOpened(message);
      return;
    }
    this.#report({ kind: 'thread-ended', message });
    for (const pending of this.#pending.values()) this.#giveUpOn(pending);
  }
}

function openingFault(end: ThreadEnd): string {
  if (end.kind !== 'stuck') return `the thread of the script could not start (${end.message})`;
  if (end.limit === 'memory') return 'the script needs too much memory to open';
  return `the script was not open within ${LOAD_DEADLINE} milliseconds`;
}
