/** mbsync (isync): brings whole mailboxes down into a local Maildir and up again. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../child.ts';
import type { Account, Endpoint } from '../endpoint.ts';
import { program } from '../required.ts';

export interface SyncJob {
  /** Absolute path of the local Maildir tree, made when it is not there. */
  readonly local: string;
  /** Absolute path where mbsync remembers what it has copied; one for each pair of local tree and account. */
  readonly state: string;
  readonly direction: 'pull' | 'push' | 'both';
}

/** Runs one synchronisation of every folder. Resolves to what mbsync said; rejects with it when it failed. */
export async function mbsync(endpoint: Endpoint, account: Account, job: SyncJob): Promise<string> {
  await mkdir(job.local, { recursive: true });
  await mkdir(job.state, { recursive: true });
  const file = join(job.state, 'mbsyncrc');
  await writeFile(file, configuration(endpoint, account, job), { mode: 0o600 });
  const { stdout, stderr } = await run(program('mbsync'), ['--config', file, '--verbose', 'tests'], {
    env: { HOME: job.state },
  });
  return stdout.toString('utf8') + stderr;
}

function configuration(endpoint: Endpoint, account: Account, job: SyncJob): string {
  const ssl = { none: 'None', starttls: 'STARTTLS', tls: 'IMAPS' }[endpoint.security];
  const sync = { pull: 'Pull', push: 'Push', both: 'All' }[job.direction];
  const create = { pull: 'Near', push: 'Far', both: 'Both' }[job.direction];
  return [
    'FSync no',
    '',
    'IMAPStore remote',
    `Host ${endpoint.host}`,
    `Port ${endpoint.port}`,
    `User ${text(account.user)}`,
    `Pass ${text(account.password)}`,
    `SSLType ${ssl}`,
    `CertificateFile ${endpoint.ca}`,
    'SystemCertificates no',
    'Timeout 15',
    '',
    'MaildirStore local',
    `Path ${job.local}/`,
    `Inbox ${job.local}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel tests',
    'Far :remote:',
    'Near :local:',
    'Patterns *',
    `Create ${create}`,
    `Sync ${sync}`,
    `SyncState ${job.state}/`,
    '',
  ].join('\n');
}

/** The messages of one folder of a local Maildir tree, in no order, with CRLF line ends as on the wire. */
export async function readMaildir(local: string, folder: string): Promise<Buffer[]> {
  const messages: Buffer[] = [];
  for (const part of ['new', 'cur']) {
    for (const name of await readdir(join(local, folder, part))) {
      const stored = await readFile(join(local, folder, part, name), 'latin1');
      messages.push(Buffer.from(stored.replace(/\r?\n/g, '\r\n'), 'latin1'));
    }
  }
  return messages;
}

function text(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** A message without the X-TUID line that mbsync adds to every message it copies. */
export function withoutOwnHeader(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replace(/^X-TUID: .{12}\r\n/m, ''), 'latin1');
}
