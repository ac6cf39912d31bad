/** curl as a mail client: every call is one connection that does one thing and logs out. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../child.ts';
import type { Account, Endpoint } from '../endpoint.ts';
import { quoted } from '../raw-imap.ts';
import { program } from '../required.ts';

export interface Curl {
  /** The lines of `LIST "" *` as curl prints them, without line ends. */
  folders(): Promise<string[]>;
  /** The untagged lines that curl prints for a command of ours; lines inside literals it leaves out. */
  request(command: string, folder?: string): Promise<string[]>;
  fetch(folder: string, uid: number): Promise<Buffer>;
  upload(folder: string, message: Buffer): Promise<void>;
  /** What `curl --verbose` shows of a conversation that asks for CAPABILITY: lines sent (`> `) and received (`< `). */
  trace(): Promise<string>;
}

/** `from`: the loopback address to come from. Each call rejects with what curl said when it fails. */
export function curl(endpoint: Endpoint, account: Account, from?: string): Curl {
  const scheme = endpoint.security === 'tls' ? 'imaps' : 'imap';
  const url = (path: string) => `${scheme}://${endpoint.host}:${endpoint.port}/${path}`;
  const always = [
    // First of all: no settings of the person who runs the tests.
    '--disable',
    ...['--silent', '--show-error', '--ipv4', '--cacert', endpoint.ca],
    ...(endpoint.security === 'starttls' ? ['--ssl-reqd'] : []),
    ...(from === undefined ? [] : ['--interface', from]),
    ...['--user', `${account.user}:${account.password}`],
  ];
  const call = (path: string, args: readonly string[] = []) =>
    run(program('curl'), [...always, ...args, url(path)]);
  const lines = (bytes: Buffer) => bytes.toString('latin1').split('\r\n').filter(Boolean);
  return {
    async folders() {
      return lines((await call('')).stdout);
    },
    async request(command, folder = '') {
      return lines((await call(encodeURIComponent(folder), ['--request', command])).stdout);
    },
    async fetch(folder, uid) {
      const into = await mkdtemp(join(tmpdir(), 'imapveil-'));
      try {
        await call(`${encodeURIComponent(folder)};UID=${uid}`, ['--output', join(into, 'message')]);
        return await readFile(join(into, 'message'));
      } finally {
        await rm(into, { recursive: true });
      }
    },
    async upload(folder, message) {
      const from = await mkdtemp(join(tmpdir(), 'imapveil-'));
      try {
        await writeFile(join(from, 'message'), message);
        await call(encodeURIComponent(folder), ['--upload-file', join(from, 'message')]);
      } finally {
        await rm(from, { recursive: true });
      }
    },
    async trace() {
      return (await call('', ['--verbose', '--request', `STATUS ${quoted('INBOX')} (MESSAGES)`])).stderr;
    },
  };
}
