/**
 * The guard between a session and the script: it is asked about a login first, and told how the login ended. A login
 * that it refuses is asked nowhere else, so that no password of it goes anywhere.
 */
import type { FailedLogins } from '../config/config.ts';
import type { HookHost, HookSession } from '../hooks/hook-host.ts';
import type { Answer, Question } from '../rewrite/question.ts';
import type { SessionSettings } from '../session/conversation.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { GuardEvent, LoginGuard } from './login-guard.ts';
import { belongsTo } from './networks.ts';

/** What sessions ask, and whom their connections tell what happens. */
interface Guarded {
  readonly hooks: Pick<HookHost, 'defines' | 'openSession'>;
  readonly events: ConnectionEvents;
}

/** What a refused client is told. The code says that it is no use to ask its user for another password (RFC 5530). */
const REFUSAL = '[UNAVAILABLE] Too many failed logins, try again later';

/** Refusals that say nothing against the password (RFC 5530): a server that is down must not lock its users out. */
const NO_GUESS: ReadonlySet<string | undefined> = new Set([
  'UNAVAILABLE',
  'SERVERBUG',
  'INUSE',
  'LIMIT',
  'EXPIRED',
  'PRIVACYREQUIRED',
]);

/** Puts the guard in front. A login from `except` is not counted, nor is one that came to no password. */
export function guardLogins(
  { hooks, events }: Guarded,
  guard: LoginGuard,
  { except }: Pick<FailedLogins, 'except'>,
  report: (event: GuardEvent) => void,
): Guarded {
  const isExcepted = belongsTo(except);
  const isGuarded = (client: string, user: string | undefined): user is string =>
    user !== undefined && !isExcepted(client);
  const userOf = ({ client }: SessionSettings, user: string | undefined): string | undefined =>
    isGuarded(client, user) ? user : undefined;
  return {
    hooks: {
      get defines() {
        return hooks.defines;
      },
      openSession: () => new GuardedSession(hooks, { guard, report, isGuarded }),
    },
    events: {
      ...events,
      loggedIn(facts, login) {
        events.loggedIn(facts, login);
        const user = userOf(facts, login.passwordOf);
        if (user !== undefined) guard.succeeded(facts.client, user);
      },
      loginFailed(facts, failed) {
        events.loginFailed(facts, failed);
        const user = userOf(facts, failed.passwordOf);
        if (user !== undefined && !NO_GUESS.has(failed.code)) guard.failed(facts.client, user);
      },
    },
  };
}

interface Guarding {
  readonly guard: LoginGuard;
  report(event: GuardEvent): void;
  isGuarded(client: string, user: string): boolean;
}

class GuardedSession implements HookSession {
  readonly #hooks: Guarded['hooks'];
  readonly #script: HookSession;
  readonly #guarding: Guarding;
  #waiting: NodeJS.Timeout | undefined;

  constructor(hooks: Guarded['hooks'], guarding: Guarding) {
    this.#hooks = hooks;
    this.#script = hooks.openSession();
    this.#guarding = guarding;
  }

  ask(question: Question): Promise<Answer> {
    return question.kind === 'login' ? this.#askLogin(question) : this.#script.ask(question);
  }

  end(): void {
    clearTimeout(this.#waiting);
    this.#script.end?.();
  }

  /** Who has waited is judged once more, for much can have failed meanwhile. */
  async #askLogin(question: Extract<Question, { kind: 'login' }>): Promise<Answer> {
    const { user, passwordOf = user, context } = question;
    const { guard, report, isGuarded } = this.#guarding;
    if (isGuarded(context.client, passwordOf)) {
      const { session, client, serverport } = context;
      const attempt = { session, client, serverport, user: passwordOf };
      let verdict = await guard.judge(attempt);
      if (verdict.kind === 'wait') {
        report({ kind: 'delayed', attempt, milliseconds: verdict.milliseconds });
        await this.#wait(verdict.milliseconds);
        verdict = await guard.judge(attempt);
      }
      if (verdict.kind === 'refuse') return { kind: 'login', allow: false, message: REFUSAL, by: verdict.by };
    }
    if (this.#hooks.defines.login) return this.#script.ask(question);
    return { kind: 'login', allow: true, message: undefined };
  }

  /** Of a session that ends, nobody waits any more: what hangs on the promise goes with it. */
  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = setTimeout(resolve, milliseconds).unref();
    });
  }
}
