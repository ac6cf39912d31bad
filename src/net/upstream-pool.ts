/**
 * Which server a session goes to, and which are believed to be down. It opens no connection: sessions and checks tell
 * it how they fared. What always holds: as long as a session has not tried every server, it is given another one, and
 * one that is down only where none is up.
 */
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { Upstream, UpstreamServer } from '../config/config.ts';
import type { EndCause } from '../session/effect.ts';
import { serverName, type UpstreamAccess } from './upstream-leg.ts';

/** What became of a server, for the log. */
export type UpstreamEvent =
  | { readonly kind: 'down'; readonly upstream: string; readonly reason: string }
  | { readonly kind: 'up'; readonly upstream: string };

/** What is known of a server. It outlives a change of the configuration, as its sessions do. */
interface State {
  /** Of this process. */
  sessions: number;
  /** One after the other, with no greeting in between. */
  failures: number;
  down: boolean;
  /** When it was chosen last: the how-manieth choice that was. */
  chosen: number;
}

/** One server of the list. */
export interface PoolMember extends UpstreamAccess {
  readonly server: UpstreamServer;
  readonly name: string;
  readonly state: State;
}

export class UpstreamPool {
  readonly members: readonly PoolMember[];
  readonly #settings: Upstream;
  readonly #report: (event: UpstreamEvent) => void;
  #choices: number;

  /** `tlsFor` makes the options for TLS with a server. Servers that are in `before` too stay up or down as they were. */
  constructor(
    settings: Upstream,
    servers: readonly UpstreamServer[],
    tlsFor: (server: UpstreamServer) => ConnectionOptions,
    report: (event: UpstreamEvent) => void,
    before?: UpstreamPool,
  ) {
    this.#settings = settings;
    this.#report = report;
    this.#choices = before === undefined ? 0 : before.#choices;
    this.members = servers.map((server) => {
      const name = serverName(server);
      const state = before?.members.find((member) => member.name === name)?.state;
      return { settings, server, tls: tlsFor(server), name, state: state ?? unknown() };
    });
  }

  /** Whether there is another one to try. */
  get several(): boolean {
    return this.members.length > 1;
  }

  /** Each server, and whether it is believed to be up. */
  get states(): { readonly upstream: string; readonly up: boolean }[] {
    return this.members.map(({ name, state }) => ({ upstream: name, up: !state.down }));
  }

  /** The way of one session to a server; `client` is its address. */
  wayFor(client: string): UpstreamWay {
    return new UpstreamWay(this, client);
  }

  /** The server for a client, but for those that were tried; undefined: all were. */
  choose(client: string, tried: readonly PoolMember[]): PoolMember | undefined {
    const untried = this.members.filter((member) => !tried.includes(member));
    if (untried.length < 2) return this.#chosen(untried[0]);
    const up = untried.filter(({ state }) => !state.down);
    const fewest = Math.min(...untried.map(({ state }) => state.failures));
    const candidates = up.length > 0 ? up : untried.filter(({ state }) => state.failures === fewest);
    const best =
      this.#settings.balance === 'client-address'
        ? highest(candidates, ({ name, server }) => claim(client, name, server.weight))
        : highest(candidates, ({ state, server }) => -(state.sessions + 1) / server.weight);
    return this.#chosen(best);
  }

  /** It greeted a session or a check. */
  greeted({ name, state }: PoolMember): void {
    state.failures = 0;
    if (!state.down) return;
    state.down = false;
    this.#report({ kind: 'up', upstream: name });
  }

  /** It did not greet a session or a check. */
  failed({ name, state }: PoolMember, { message }: EndCause): void {
    state.failures++;
    if (state.down || state.failures < this.#settings.check.failures) return;
    state.down = true;
    this.#report({ kind: 'down', upstream: name, reason: message });
  }

  #chosen(member: PoolMember | undefined): PoolMember | undefined {
    if (member !== undefined) member.state.chosen = ++this.#choices;
    return member;
  }
}

/** One session's way: counted at the server that it is at, and at no other. */
export class UpstreamWay {
  readonly #pool: UpstreamPool;
  readonly #client: string;
  readonly #tried: PoolMember[] = [];
  #counted = false;

  constructor(pool: UpstreamPool, client: string) {
    this.#pool = pool;
    this.#client = client;
  }

  /** Where the session is, or was last. */
  get member(): PoolMember | undefined {
    return this.#tried.at(-1);
  }

  get hasNext(): boolean {
    return this.#tried.length < this.#pool.members.length;
  }

  /** The next server, which is only to be asked for where there is one. */
  next(): PoolMember {
    this.release();
    const member = this.#pool.choose(this.#client, this.#tried);
    if (member === undefined) throw new Error('every server was tried');
    this.#tried.push(member);
    member.state.sessions++;
    this.#counted = true;
    return member;
  }

  greeted(): void {
    if (this.member !== undefined) this.#pool.greeted(this.member);
  }

  failed(cause: EndCause): void {
    if (this.member !== undefined) this.#pool.failed(this.member, cause);
  }

  /** The session is over; may be said again. */
  release(): void {
    if (this.#counted) this.member!.state.sessions--;
    this.#counted = false;
  }
}

function unknown(): State {
  return { sessions: 0, failures: 0, down: false, chosen: 0 };
}

/** Of those that are equal, the one whose turn is longest ago. */
function highest(
  members: readonly PoolMember[],
  score: (member: PoolMember) => number,
): PoolMember | undefined {
  let best: { readonly member: PoolMember; readonly score: number } | undefined;
  for (const member of members) {
    const its = score(member);
    const wins =
      best === undefined ||
      its > best.score ||
      (its === best.score && member.state.chosen < best.member.state.chosen);
    if (wins) best = { member, score: its };
  }
  return best?.member;
}

/**
 * How strongly a server claims a client: rendezvous hashing with weights. Each claim depends on nothing but the two,
 * so that all processes decide alike, and a server that goes takes only its own clients along.
 */
function claim(client: string, name: string, weight: number): number {
  const hash = createHash('sha256').update(`${client} ${name}`).digest().readUIntBE(0, 6);
  return -weight / Math.log((hash + 1) / (2 ** 48 + 1));
}
