/**
 * The count of connections, against the limits and for the way down. Where several processes share the clients,
 * each counts its own and is told by the others when a limit is reached among them all.
 */
import { AwaitedHeader } from './awaited-header.ts';
import type { Connection } from './connection.ts';

/** What is known of the connections of all processes together. A process alone has nobody to ask. */
export interface Census {
  /** Whether `limits.connections` is reached in all. */
  isFull(): boolean;
  /** Whether `limits.connectionsPerAddress` is reached in all, for what `countedAddress` gives. */
  isFullFor(address: string): boolean;
  /** Told when the count of this process has changed, and that of the address where one is given. */
  changed(counted: Connections, address?: string): void;
}

const nobodyElse: Census = { isFull: () => false, isFullFor: () => false, changed: () => {} };

/**
 * The connections of all listeners, those included whose PROXY header is still to come. Addresses are those that
 * `countedAddress` gives.
 */
export class Connections {
  readonly all: Set<Connection | AwaitedHeader> = new Set();
  readonly #perAddress: Map<string, number> = new Map();
  readonly #census: Census;
  #whenEmpty: (() => void)[] = [];

  constructor(census: Census = nobodyElse) {
    this.#census = census;
  }

  countOf(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }

  isFull(limit: number): boolean {
    return this.all.size >= limit || this.#census.isFull();
  }

  isFullFor(address: string, limit: number): boolean {
    return this.countOf(address) >= limit || this.#census.isFullFor(address);
  }

  add(connection: Connection | AwaitedHeader): void {
    this.all.add(connection);
    this.#census.changed(this);
  }

  delete(connection: Connection | AwaitedHeader): void {
    this.all.delete(connection);
    this.#census.changed(this);
    if (this.all.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  enter(address: string): void {
    this.#perAddress.set(address, this.countOf(address) + 1);
    this.#census.changed(this, address);
  }

  leave(address: string, connection: Connection): void {
    const left = this.countOf(address) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
    this.#census.changed(this, address);
    this.delete(connection);
  }

  /** Ends those of which nothing is known yet, for nothing was begun with them; the result are the sessions. */
  dismissAwaited(): Connection[] {
    const sessions: Connection[] = [];
    for (const connection of this.all) {
      if (connection instanceof AwaitedHeader) connection.dismiss();
      else sessions.push(connection);
    }
    return sessions;
  }

  /** Resolves when no connection is left. */
  empty(): Promise<void> {
    if (this.all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }
}
