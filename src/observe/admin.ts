/**
 * The port for machines that watch: /healthz answers while the process does, /readyz says whether new sessions are
 * welcome, and why not, /metrics is for Prometheus, and /hooks shows what went wrong in the script. It shows nothing
 * about anybody's mail but the arguments of calls that failed.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { HookError } from '../hooks/hook-host.ts';
import { controlsEscaped } from './printable.ts';

export interface Admin {
  close(): Promise<void>;
}

/** Whom the pages ask. What rejects is a bug of ours, and is answered with 500. */
export interface AdminAsked {
  /** Why no new session should come, in one line; undefined: all are welcome. */
  unready(): Promise<string | undefined>;
  /** All figures, as Prometheus wants them. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** What went wrong in the script, the latest first. */
  errors(): Promise<readonly HookError[]>;
}

/** Opens the port; rejects with Node's error when it cannot be had. */
export async function openAdmin(
  at: { readonly address: string; readonly port: number },
  asked: AdminAsked,
): Promise<Admin> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else page(path, asked, response).catch(() => answer(response, 500, 'a bug in imapveil\n'));
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

async function page(path: string | undefined, asked: AdminAsked, response: ServerResponse): Promise<void> {
  switch (path) {
    case '/healthz':
      answer(response, 200, 'ok\n');
      return;
    case '/readyz':
      answerReadiness(response, await asked.unready());
      return;
    case '/metrics': {
      const { type, text } = await asked.metrics();
      answer(response, 200, text, type);
      return;
    }
    case '/hooks':
      answer(response, 200, `${JSON.stringify(await asked.errors(), dated, 2)}\n`, 'application/json');
      return;
    default:
      answer(response, 404, 'there are /healthz, /readyz, /metrics and /hooks\n');
  }
}

/** Times as people read them. */
function dated(key: string, value: unknown): unknown {
  return key === 'first' || key === 'last' ? new Date(value as number).toISOString() : value;
}

function answerReadiness(response: ServerResponse, reason: string | undefined): void {
  if (reason === undefined) answer(response, 200, 'ready\n');
  else answer(response, 503, `${controlsEscaped(reason)}\n`);
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
