/**
 * Where clients come in: accepts connections, counts them, and gives each its session. Who comes beyond a limit
 * is told so where that is possible, and never costs a connection to the server.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Listen } from '../config/config.ts';
import type { EndCause } from '../session/effect.ts';
import { plainAddress } from './address.ts';
import { Connection, type Shared } from './connection.ts';

/** The connections of all listeners. */
export class Connections {
  readonly all: Set<Connection> = new Set();
  readonly #perAddress: Map<string, number> = new Map();
  #whenEmpty: (() => void) | undefined;

  countOf(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }

  add(connection: Connection): void {
    this.all.add(connection);
  }

  enter(address: string): void {
    this.#perAddress.set(address, this.countOf(address) + 1);
  }

  leave(address: string, connection: Connection): void {
    const left = this.countOf(address) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
    this.all.delete(connection);
    if (this.all.size === 0) this.#whenEmpty?.();
  }

  /** Resolves when no connection is left. */
  empty(): Promise<void> {
    if (this.all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
    });
  }
}

export interface OpenListener {
  readonly address: string;
  readonly port: number;
  readonly mode: Listen['mode'];
  /** Accepts no more; sessions go on. */
  close(): void;
}

/** Opens a listener; rejects with Node's error when the port cannot be had. */
export async function openListener(
  listen: Listen,
  shared: Shared,
  connections: Connections,
): Promise<OpenListener> {
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    accept(socket, listen, shared, connections);
  });
  await listening(server, listen);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address');
  return { address: listen.address, port: address.port, mode: listen.mode, close: () => server.close() };
}

function listening(server: Server, listen: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.address, port: listen.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function accept(socket: Socket, listen: Listen, shared: Shared, connections: Connections): void {
  const client = plainAddress(socket.remoteAddress);
  const server = plainAddress(socket.localAddress);
  // The client may be gone before it was looked at.
  if (client === '' || socket.localPort === undefined) {
    socket.destroy();
    return;
  }
  const { limits, upstream } = shared.config;
  const facts = {
    session: randomBytes(6).toString('hex'),
    client,
    server,
    serverport: socket.localPort,
    defaultMode: listen.mode,
    upstreamEncryption: upstream.encryption,
    enforce: shared.config.hooks.enforce,
    preLoginLine: limits.preLoginLine,
    preLoginLiteral: limits.preLoginLiteral,
    refused: shared.refused,
    hooks: shared.hooks.defines,
  };
  const tooMany = refusal(connections, client, shared);
  if (tooMany !== undefined) {
    socket.on('error', () => socket.destroy());
    if (listen.mode === 1) socket.destroy();
    else socket.end('* BYE Too many connections\r\n', () => socket.destroy());
    shared.events.ended({
      facts,
      cause: tooMany,
      user: undefined,
      tls: false,
      bytesFromClient: 0,
      bytesFromUpstream: 0,
      duration: 0,
    });
    return;
  }
  connections.enter(client);
  const connection: Connection = new Connection(socket, facts, shared, () =>
    connections.leave(client, connection),
  );
  connections.add(connection);
}

function refusal(connections: Connections, client: string, shared: Shared): EndCause | undefined {
  const { limits } = shared.config;
  if (connections.all.size >= limits.connections) {
    return {
      code: 'too-many-connections',
      message: `there are limits.connections (${limits.connections}) connections already`,
    };
  }
  if (connections.countOf(client) >= limits.connectionsPerAddress) {
    const message = `this address has limits.connectionsPerAddress (${limits.connectionsPerAddress}) connections already`;
    return { code: 'too-many-connections', message };
  }
  return undefined;
}
