/**
 * A real Dovecot of one test file: its own configuration, users, certificates and mail in a temporary folder, on
 * free loopback ports. What the tests deliver and read back goes to Dovecot directly, never through the proxy,
 * so it is the ground that everything else is compared with.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import type { Account, Endpoint } from './endpoint.ts';
import { freePorts, untilServed } from './ports.ts';
import { quoted, RawImap } from './raw-imap.ts';
import { program } from './required.ts';
import { alsoSecret, passwords } from './secrets.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';

/** The user nobody: Dovecot hands no mail to root. */
const nobody = 65534;

const defaultUsers = { alice: passwords.alice, bob: passwords.bob } as const;

export interface Message {
  readonly uid: number;
  readonly body: Buffer;
}

export interface DovecotOptions {
  /** Names and passwords; alice and bob when left out. A name is an atom, a password has no colon. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines added at the end of dovecot.conf. */
  readonly settings?: readonly string[];
}

export interface Dovecot {
  readonly ports: { readonly imap: number; readonly imaps: number };
  readonly certificates: Certificates;
  endpoint(security: Endpoint['security']): Endpoint;
  account(user: string): Account;
  /** Creates folders; names in modified UTF-7 (RFC 3501 §5.1.3). */
  createFolders(user: string, folders: readonly string[]): Promise<void>;
  subscribe(user: string, folders: readonly string[]): Promise<void>;
  deliver(user: string, folder: string, messages: readonly Buffer[]): Promise<void>;
  /** Every message of a folder, by UID, byte for byte. */
  messages(user: string, folder: string): Promise<readonly Message[]>;
  /** Keeps a copy of all mail of a user, to which `restore` goes back: UIDs and UIDVALIDITY included. */
  snapshot(user: string): Promise<{ restore(): Promise<void> }>;
  /** What Dovecot logged so far. */
  log(): Promise<string>;
  /** Ends it with all its sessions and starts it again, with the same mail on the same ports. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Dovecot and waits until it greets. Rejects with its output and its log when it does not within 15 s. */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const users: Readonly<Record<string, string>> = options.users ?? defaultUsers;
  const folder = await temporaryFolder();
  const certificates = await makeCertificates(folder);
  const [imap = 0, imaps = 0] = await freePorts(2);
  const identity = identityOfServer();
  await mkdir(join(folder, 'mail'));
  if (identity.root) await chown(join(folder, 'mail'), nobody, nobody);
  alsoSecret(Object.values(users));
  const entries = Object.entries(users).map(([user, password]) => `${user}:{PLAIN}${password}::::::`);
  await writeFile(join(folder, 'users'), `${entries.join('\n')}\n`);
  const lines = [...configuration(folder, certificates, { imap, imaps }), ...identity.settings];
  await writeFile(join(folder, 'dovecot.conf'), [...lines, ...(options.settings ?? []), ''].join('\n'));

  const log = () => readFile(join(folder, 'dovecot.log'), 'utf8').catch(() => '');
  let master: Master;
  try {
    master = await launch(folder, imap);
  } catch (error) {
    const text = `${error instanceof Error ? error.message : error}\n${await log()}`;
    await removeFolder(folder);
    throw new Error(`Dovecot did not start: ${text}`);
  }

  const endpoint = (security: Endpoint['security']): Endpoint => ({
    host: 'localhost',
    port: security === 'tls' ? imaps : imap,
    security,
    ca: certificates.ca,
  });
  const account = (user: string): Account => {
    const password = users[user];
    if (password === undefined) throw new Error(`This Dovecot has no user ${user}.`);
    return { user, password };
  };
  const open = (user: string) => RawImap.open(endpoint('none'), account(user));
  return {
    ports: { imap, imaps },
    certificates,
    endpoint,
    account,
    log,
    async createFolders(user, folders) {
      const connection = await open(user);
      for (const name of folders) await connection.ok(`CREATE ${quoted(name)}`);
      await connection.logout();
    },
    async subscribe(user, folders) {
      const connection = await open(user);
      for (const name of folders) await connection.ok(`SUBSCRIBE ${quoted(name)}`);
      await connection.logout();
    },
    async deliver(user, name, messages) {
      const connection = await open(user);
      for (const message of messages) await connection.append(name, message);
      await connection.logout();
    },
    async messages(user, name) {
      const connection = await open(user);
      await connection.ok(`EXAMINE ${quoted(name)}`);
      const { untagged } = await connection.ok('UID FETCH 1:* (UID BODY.PEEK[])');
      await connection.logout();
      return untagged.flatMap(readMessage);
    },
    async snapshot(user) {
      const home = join(folder, 'mail', user);
      const copy = join(folder, `${user}.snapshot`);
      await copyAll(home, copy);
      return { restore: () => copyAll(copy, home) };
    },
    async restart() {
      await master.end();
      master = await launch(folder, imap);
    },
    async stop() {
      await master.end();
      await removeFolder(folder);
    },
  };
}

interface Master {
  /** Ends Dovecot and all its sessions. */
  end(): Promise<void>;
}

/** Starts the Dovecot of the folder; rejects with its output when it does not greet on the port within 15 s. */
async function launch(folder: string, port: number): Promise<Master> {
  const master = spawn(program('dovecot'), ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'pipe' });
  const orphan = () => master.kill('SIGTERM');
  process.once('exit', orphan);
  const ended = new Promise<void>((resolve) => {
    master.once('close', () => {
      process.removeListener('exit', orphan);
      resolve();
    });
  });
  let output = '';
  master.stdout.on('data', (chunk: Buffer) => (output += chunk));
  master.stderr.on('data', (chunk: Buffer) => (output += chunk));
  try {
    await Promise.race([
      untilServed(port, { speaks: 'first', within: 15_000 }),
      ended.then(() => Promise.reject(new Error('Dovecot ended at once.'))),
    ]);
  } catch (error) {
    await end(master, ended);
    throw new Error(`${error instanceof Error ? error.message : error}\n${output}`);
  }
  return { end: () => end(master, ended) };
}

function configuration(
  folder: string,
  files: Certificates,
  ports: { imap: number; imaps: number },
): string[] {
  const special = ['Drafts', 'Junk', 'Sent', 'Trash'].flatMap((name) => [
    `  mailbox ${name} {`,
    `    special_use = \\${name}`,
    '    auto = subscribe',
    '  }',
  ]);
  const listener = (name: string, port: number) => [
    `  inet_listener ${name} {`,
    '    address = 127.0.0.1',
    `    port = ${port}`,
    ...(name === 'imaps' ? ['    ssl = yes'] : []),
    '  }',
  ];
  return [
    `base_dir = ${folder}/run`,
    `state_dir = ${folder}/run`,
    `log_path = ${folder}/dovecot.log`,
    'protocols = imap',
    'listen = 127.0.0.1',
    'ssl = yes',
    `ssl_cert = <${files.cert}`,
    `ssl_key = <${files.key}`,
    'ssl_dh =',
    'disable_plaintext_auth = no',
    // The tests' many sessions all come from one address, and wrong passwords are part of them.
    'mail_max_userip_connections = 1000',
    'auth_failure_delay = 0',
    // Otherwise each wrong password from an address makes the next login from there wait longer, up to 15 s.
    'service anvil {',
    '  unix_listener anvil-auth-penalty {',
    '    mode = 0',
    '  }',
    '}',
    // Nothing here must survive a power cut.
    'mail_fsync = never',
    'mail_location = maildir:~/Maildir',
    'passdb {',
    '  driver = passwd-file',
    `  args = scheme=PLAIN username_format=%u ${folder}/users`,
    '}',
    'namespace inbox {',
    '  inbox = yes',
    '  separator = /',
    ...special,
    '}',
    'service imap-login {',
    '  service_count = 0',
    ...listener('imap', ports.imap),
    ...listener('imaps', ports.imaps),
    '}',
    'userdb {',
    '  driver = static',
    `  args = home=${folder}/mail/%u`,
    '}',
  ];
}

/** As root Dovecot uses its own users and `nobody` for mail; as somebody else, everything runs as that user. */
function identityOfServer(): { readonly root: boolean; readonly settings: readonly string[] } {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid === 0) return { root: true, settings: [`mail_uid = ${nobody}`, `mail_gid = ${nobody}`] };
  const user = userInfo().username;
  const services = ['anvil', 'imap-login'].flatMap((name) => [`service ${name} {`, '  chroot =', '}']);
  return {
    root: false,
    settings: [
      `mail_uid = ${uid}`,
      `mail_gid = ${gid}`,
      `first_valid_uid = ${uid}`,
      `default_internal_user = ${user}`,
      `default_internal_group = ${groupName(gid)}`,
      `default_login_user = ${user}`,
      ...services,
    ],
  };
}

function groupName(gid: number): string {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(gid));
  return line?.split(':')[0] ?? String(gid);
}

function readMessage(response: string): Message[] {
  const found = /^\* \d+ FETCH \(UID (\d+) BODY\[\] \{(\d+)\}\r\n/.exec(response);
  if (found === null) return [];
  const start = found[0].length;
  return [
    { uid: Number(found[1]), body: Buffer.from(response.slice(start, start + Number(found[2])), 'latin1') },
  ];
}

async function copyAll(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true });
  if (process.getuid?.() === 0) await ownAll(to);
}

async function ownAll(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true });
  await Promise.all(['', ...entries].map((entry) => chown(join(path, entry), nobody, nobody)));
}

async function end(master: ChildProcess, ended: Promise<void>): Promise<void> {
  master.kill('SIGTERM');
  const timer = setTimeout(() => master.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}
