/** An open port and nothing more: what becomes of the connections is for whoever takes them. */
import { createServer, type Socket } from 'node:net';
import type { Listen } from '../config/config.ts';

export interface OpenPort {
  readonly address: string;
  /** As the system gave it. */
  readonly port: number;
  readonly mode: Listen['mode'];
  /** Accepts no more; connections go on. */
  close(): void;
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
  return { address: listen.address, port: address.port, mode: listen.mode, close: () => server.close() };
}
