/**
 * Which real programs the end-to-end tests need, and what becomes of a test without them. On somebody's own
 * machine it is left out and says so; in CI, where everything is installed, a missing program is a failure.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const packages = {
  dovecot: 'dovecot-imapd',
  openssl: 'openssl',
  curl: 'curl',
  mbsync: 'isync',
  neomutt: 'neomutt',
  script: 'bsdutils',
  'fail2ban-regex': 'fail2ban',
  python3: 'python3',
  jsonschema: 'python3-jsonschema',
  kubectl: 'kubernetes-client',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  'redis-server': 'redis-server',
  promtool: 'prometheus',
  prometheus: 'prometheus',
} as const;

export type Program = keyof typeof packages;

/** The absolute path of a program, or undefined where the machine does not have it. */
export function findProgram(program: Program): string | undefined {
  // Debian keeps servers in /usr/sbin, which is not on the path of ordinary users.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/**
 * For the `skip` option of node:test: false when every program is there, otherwise a sentence that names what
 * was left out and the Debian package to install. Throws that sentence where the environment has `CI` set.
 */
export function without(...programs: readonly Program[]): string | false {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return false;
  const names = missing.join(' and ');
  const install = missing.map((program) => packages[program]).join(' ');
  const sentence = `Left out: this needs ${names}, not installed here (Debian: apt-get install ${install}).`;
  if (process.env.CI) throw new Error(`${sentence} In CI nothing may be left out.`);
  return sentence;
}

/** The absolute path of a program that `without` found. */
export function program(name: Program): string {
  const path = findProgram(name);
  if (path === undefined)
    throw new Error(`${name} is not installed (Debian: apt-get install ${packages[name]}).`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
