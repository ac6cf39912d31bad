/**
 * The built-in mailbox server, for `upstream.host: demo`, for `imapveil demo` and for tests: enough IMAP4rev1 to
 * try the proxy without a mail server, and no more. It listens without TLS, has one user whose password is
 * public, keeps everything in memory, makes and deletes no folders, takes every message for one plain text, and
 * has never been meant to hold anybody's mail.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { serveConnection } from './connection.ts';
import { makeStore } from './seed.ts';

export { demoPassword, demoUser } from './seed.ts';

export interface DemoMailbox {
  readonly port: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts a demo mailbox with folders of its own, on a free port of 127.0.0.1 unless told otherwise. Rejects with
 * the system's error where it cannot listen.
 */
export async function startDemoMailbox(
  options: { readonly port?: number; readonly address?: string } = {},
): Promise<DemoMailbox> {
  const store = makeStore();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveConnection(socket, store);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host: options.address ?? '127.0.0.1' }, resolve);
  });
  // Always an object for a server that listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
