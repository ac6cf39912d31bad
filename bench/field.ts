/** Who takes part: the builds of imapveil, with which scripts, and the others, as far as they are installed. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entrant } from './contenders/contender.ts';
import { dovecot } from './contenders/dovecot.ts';
import { haproxy } from './contenders/haproxy.ts';
import { built, imapveil } from './contenders/imapveil.ts';
import { nginx } from './contenders/nginx.ts';
import { pipe } from './contenders/pipe.ts';

/** The checkout, from the folder that this file was compiled to. */
export const checkout: string = fileURLToPath(new URL('../../', import.meta.url));

const scripts = {
  none: { suffix: '', path: undefined },
  imap4: { suffix: ' + imap4.lua', path: `${checkout}hooks/imap4.lua` },
  tenth: { suffix: ', hides a tenth', path: `${checkout}bench/hides-a-tenth.lua` },
  loops: { suffix: ', script loops', path: `${checkout}bench/loops.lua` },
} as const;

export type Script = keyof typeof scripts;

/** One build of the product; `command` is its main.js. */
export interface Build {
  readonly name: string;
  readonly command: string;
}

export const own: Build = { name: 'imapveil', command: built };

export function nameOf(build: Build, script: Script): string {
  return build.name + scripts[script].suffix;
}

export function scriptPath(script: Script): string | undefined {
  return scripts[script].path;
}

export function entrantOf(build: Build, script: Script, flags: readonly string[] = []): Entrant {
  return imapveil(nameOf(build, script), scriptPath(script), build.command, flags);
}

export interface Field {
  readonly builds: readonly Build[];
  readonly others: readonly Entrant[];
  /** Sentences about those who are left out. */
  readonly leftOut: readonly string[];
  /** Name and version of each program. */
  readonly versions: readonly string[];
}

export function fieldWith(against: readonly string[]): Field {
  const entries = [nginx(), haproxy(), dovecot()];
  const others = [pipe, ...entries.filter((entry) => 'start' in entry)];
  return {
    builds: [own, ...against.map(otherBuild)],
    others,
    leftOut: entries.flatMap((entry) =>
      'missing' in entry ? [`${entry.name} is not installed (Debian: apt-get install ${entry.missing})`] : [],
    ),
    versions: [
      `imapveil ${ownVersion()}`,
      `Node ${process.version} with OpenSSL ${process.versions.openssl}`,
      ...others.filter((entrant) => entrant !== pipe).map(({ name, version }) => `${name}: ${version}`),
    ],
  };
}

/** Builds are told apart by the folder that dist/cli/main.js is in. */
function otherBuild(command: string, at: number): Build {
  const folder = basename(dirname(dirname(dirname(command))));
  return { name: `against ${at + 1} (${folder})`, command };
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(`${checkout}package.json`, 'utf8')) as { version: string };
  const { stdout, status } = spawnSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  return status === 0 ? `${version} (${stdout.trim()})` : version;
}
