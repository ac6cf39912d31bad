/**
 * The script that is asked now. Sessions outlive scripts: each asks whichever is the current one, and the one thing
 * that always holds: a question is answered by the script that it was put to, whose thread ends behind its last answer.
 */
import type { HookError, HookHost, HookSession } from '../hooks/hook-host.ts';
import type { Answer, DefinedHooks } from '../rewrite/question.ts';

export class CurrentHooks implements HookHost {
  #current: Asked;
  /** Those that still have questions to answer. */
  readonly #leaving: Set<Asked> = new Set();

  constructor(host: HookHost) {
    this.#current = new Asked(host);
  }

  /** Another object for each script, so that whoever remembers what a script said can tell that it was another one. */
  get defines(): DefinedHooks {
    return this.#current.defines;
  }

  get files(): readonly string[] {
    return this.#current.host.files;
  }

  get errors(): readonly HookError[] {
    return this.#current.host.errors;
  }

  /** Has all further questions answered by another script, or by none. */
  use(host: HookHost): void {
    const before = this.#current;
    this.#current = new Asked(host);
    this.#leaving.add(before);
    before.leave().then(() => this.#leaving.delete(before));
  }

  isLoaded(): boolean {
    return this.#current.host.isLoaded();
  }

  /** With another script the session begins anew: it pays for no deadline that the one before has missed. */
  openSession(): HookSession {
    let asked = this.#current;
    let session = asked.host.openSession();
    return {
      ask: (question) => {
        if (asked !== this.#current) {
          asked = this.#current;
          session = asked.host.openSession();
        }
        return asked.until(session.ask(question));
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#current, ...this.#leaving].map(({ host }) => host.close()));
  }
}

/** A script and how many questions it has still to answer. */
class Asked {
  readonly host: HookHost;
  readonly defines: DefinedHooks;
  #open = 0;
  #whenDone: (() => void) | undefined;

  constructor(host: HookHost) {
    this.host = host;
    this.defines = host.defines;
  }

  /** `answer`, which never rejects, counted until it is there. */
  until(answer: Promise<Answer>): Promise<Answer> {
    this.#open++;
    return answer.then((given) => {
      this.#open--;
      if (this.#open === 0) this.#whenDone?.();
      return given;
    });
  }

  /** Ends the thread when nobody waits for it any more. */
  async leave(): Promise<void> {
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#whenDone = resolve;
      });
    }
    await this.host.close();
  }
}
