/**
 * NeoMutt without a person: the keys to press stand in its configuration, and `script` gives it the terminal
 * that it insists on. Its own debug file shows what it sent and received.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../child.ts';
import type { Account, Endpoint } from '../endpoint.ts';
import { program } from '../required.ts';

export interface NeoMuttRun {
  /** Lines sent and received on the wire, each after its `> ` or `< `. */
  readonly trace: string;
}

interface Keys {
  /** The mailbox that is opened: a folder on the server, or the absolute path of a Maildir. */
  readonly mailbox: string;
  readonly press: string;
}

export interface NeoMutt {
  /** Opens a folder, looks at the folder list, and copies every message into a new local Maildir (absolute path). */
  download(folder: string, maildir: string): Promise<NeoMuttRun>;
  /** Copies every message of a local Maildir (absolute path) into a folder on the server. */
  upload(maildir: string, folder: string): Promise<NeoMuttRun>;
}

/** `home` is an absolute path for NeoMutt's configuration and debug file. Calls with one home must not overlap. */
export function neomutt(endpoint: Endpoint, account: Account, home: string): NeoMutt {
  const scheme = endpoint.security === 'tls' ? 'imaps' : 'imap';
  const root = `${scheme}://${endpoint.host}:${endpoint.port}/`;
  const settings = [
    `set imap_user=${text(account.user)}`,
    `set imap_pass=${text(account.password)}`,
    `set folder=${text(root)}`,
    `set ssl_starttls=${endpoint.security === 'starttls' ? 'yes' : 'no'}`,
    `set ssl_force_tls=${endpoint.security === 'none' ? 'no' : 'yes'}`,
    `set ssl_ca_certificates_file=${text(endpoint.ca)}`,
    `set certificate_file=${text(join(home, 'accepted.pem'))}`,
    // No question may come up that nobody answers.
    'set confirmappend=no confirmcreate=no delete=no move=no quit=yes wait_key=no copy=no',
    `set mbox_type=Maildir header_cache='' message_cachedir='' record='' sleep_time=0 timeout=1`,
    // Makes it ask for subscribed folders at start, as its users mostly do.
    'set imap_check_subscribed=yes imap_idle=yes mark_old=no',
  ];
  const start = async ({ mailbox, press }: Keys): Promise<NeoMuttRun> => {
    await mkdir(home, { recursive: true });
    const rc = join(home, 'neomuttrc');
    const debug = join(home, 'debug');
    await writeFile(rc, [...settings, `push ${text(press)}`, ''].join('\n'), { mode: 0o600 });
    const command = [program('neomutt'), '-n', '-F', rc, '-d', '5', '-l', debug, '-f', mailbox]
      .map(shellWord)
      .join(' ');
    await run(program('script'), ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { TERM: 'xterm', HOME: home, LC_ALL: 'C.UTF-8' },
      group: true,
    });
    return { trace: wireLines(await readFile(`${debug}0`, 'latin1')) };
  };
  return {
    download(folder, maildir) {
      const list = '<change-folder>?<toggle-mailboxes><exit>';
      const copy = `<tag-pattern>~A<enter><tag-prefix><copy-message>${maildir}<enter>`;
      return start({ mailbox: root + folder, press: `${list}${copy}<quit>` });
    },
    upload(maildir, folder) {
      const copy = `<tag-pattern>~A<enter><tag-prefix><copy-message>${root}${folder}<enter>`;
      return start({ mailbox: maildir, press: `${copy}<quit>` });
    },
  };
}

/**
 * In its debug file what NeoMutt sends stands after `4> ` and what it receives after `4< `, 4 being the
 * descriptor; commands that it sends together follow on lines of their own.
 */
function wireLines(debug: string): string {
  const found: string[] = [];
  let sending = false;
  for (const line of debug.split(/\r?\n/)) {
    const wire = /^\[[^\]]*\]<\d> \w+\(\) \d+([<>] .*)$/.exec(line)?.[1];
    if (wire !== undefined) found.push(wire);
    else if (sending && line !== '' && !line.startsWith('[')) found.push(`> ${line}`);
    sending = wire?.startsWith('>') ?? (sending && !line.startsWith('['));
  }
  return found.join('\n');
}

/** A word of its configuration language in single quotes, where nothing is expanded. */
function text(value: string): string {
  if (value.includes("'")) throw new Error(`NeoMutt's configuration cannot carry a single quote: ${value}`);
  return `'${value}'`;
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A message without the lines that NeoMutt adds to its head when it stores one. */
export function withoutOwnHeaders(message: Buffer): Buffer {
  const text = message.toString('latin1');
  const end = text.indexOf('\r\n\r\n') + 2;
  const head = text.slice(0, end).replace(/^(Content-Length|Lines|Status|X-Status): .*\r\n/gm, '');
  return Buffer.from(head + text.slice(end), 'latin1');
}
