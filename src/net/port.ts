/** An open port and nothing more: what becomes of the connections is for whoever takes them. */
import { createServer, type Socket } from 'node:net';
import type { Listen } from '../config/config.ts';

export interface OpenPort {
  /** As the system gave it. */
  readonly port: number;
  /** Accepts no more; connections go on. */
  close(): void;
}

/** What a listener is called inside: by address and port, which stay the same when others come and go. */
export function listenerName({ address, port }: Pick<Listen, 'address' | 'port'>): string {
  return `${address} ${port}`;
}

/** Opens a port; `take` gets every connection, paused. Rejects with Node's error when the port cannot be had. */
export async function openPort(listen: Listen, take: (socket: Socket) => void): Promise<OpenPort> {
  const server = createServer({ pauseOnConnect: true, noDelay: true }, take);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.address, port: listen.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address');
  return { port: address.port, close: () => server.close() };
}
