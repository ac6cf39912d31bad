/**
 * The port for machines that watch: /healthz answers while the process does, /readyz says whether new sessions are
 * welcome. It shows nothing about anybody's mail.
 */
import { createServer, type ServerResponse } from 'node:http';

export interface Admin {
  /** From now on /readyz says no. */
  draining(): void;
  close(): Promise<void>;
}

/** Opens the port; rejects with Node's error when it cannot be had. */
export async function openAdmin(at: { readonly address: string; readonly port: number }): Promise<Admin> {
  let ready = true;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else if (path === '/healthz') answer(response, 200, 'ok\n');
    else if (path === '/readyz') answer(response, ready ? 200 : 503, ready ? 'ready\n' : 'draining\n');
    else answer(response, 404, 'there are /healthz and /readyz\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return {
    draining() {
      ready = false;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}
