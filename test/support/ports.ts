/** Free loopback ports, and waiting for what listens on them without ever sleeping a guessed time. */
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Below those that Linux gives to connections: one of the thousands that tests open would take a free port away. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** Ports of 127.0.0.1 that nobody listened on a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open together, so that none is found twice.
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

async function listenAnywhere(): Promise<Server> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = await listen(createServer(), port).catch(() => undefined);
    if (server !== undefined) return server;
  }
}

/** Listens on 127.0.0.1; without a port, on a free one. */
export function listen(server: Server, port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no TCP port.');
  return address.port;
}

/**
 * Resolves as soon as a connection to the port is accepted and, where the server speaks first, greeted (behind
 * TLS the client is `first`, so the server is `second`). Rejects after `within` milliseconds.
 */
export async function untilServed(
  port: number,
  options: { readonly speaks: 'first' | 'second'; readonly within: number },
): Promise<void> {
  const end = Date.now() + options.within;
  while (Date.now() < end) {
    if (await served(port, options.speaks, end - Date.now())) return;
    await pause(20);
  }
  throw new Error(`Nothing answered on 127.0.0.1:${port} within ${options.within} ms.`);
}

function served(port: number, speaks: 'first' | 'second', within: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(Math.max(within, 1), () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    if (speaks === 'first') socket.once('data', () => settle(true));
    else socket.once('connect', () => settle(true));
  });
}
