/**
 * The port for machines that watch: /healthz answers while the process does, /readyz says whether new sessions are
 * welcome, and why not. It shows nothing about anybody's mail.
 */
import { createServer, type ServerResponse } from 'node:http';
import { controlsEscaped } from './printable.ts';

export interface Admin {
  close(): Promise<void>;
}

/**
 * Opens the port; rejects with Node's error when it cannot be had. `unready` says why no new session should come, in
 * one line, or nothing; it never rejects.
 */
export async function openAdmin(
  at: { readonly address: string; readonly port: number },
  unready: () => Promise<string | undefined>,
): Promise<Admin> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else if (path === '/healthz') answer(response, 200, 'ok\n');
    else if (path === '/readyz') unready().then((reason) => answerReadiness(response, reason));
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
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function answerReadiness(response: ServerResponse, reason: string | undefined): void {
  if (reason === undefined) answer(response, 200, 'ready\n');
  else answer(response, 503, `${controlsEscaped(reason)}\n`);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}
