/**
 * The direction of imports: which room of src/ may reach into which, and that the pure rooms reach for nothing.
 * It reads source text, because a compiled file no longer shows its type-only imports.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../support/cases.ts';

const sourceFolder = fileURLToPath(new URL('src/', root));

interface Room {
  /** Rooms, or single files of them, that it may import values and types from, besides itself. */
  readonly values: readonly string[];
  /** Rooms, or single files of them, that it may import types from and nothing else. */
  readonly types: readonly string[];
  /** Whether Node's own modules may be imported. */
  readonly node: boolean;
  /** Packages that may be imported; `any` is for the rooms where a choice of package is their own affair. */
  readonly packages: 'any' | readonly string[];
}

const handedIn = [
  'config/config.ts',
  'hooks/hook-host.ts',
  'observe/log.ts',
  'observe/metrics.ts',
  'observe/admin.ts',
];
const notFengari = 'any';

const rooms: Readonly<Record<string, Room>> = {
  'imap-parser-lite': { values: [], types: [], node: false, packages: [] },
  rewrite: { values: ['imap-parser-lite'], types: [], node: false, packages: [] },
  session: { values: ['rewrite', 'imap-parser-lite'], types: [], node: false, packages: [] },
  hooks: {
    values: ['rewrite', 'imap-parser-lite', 'observe/printable.ts'],
    types: ['config'],
    node: true,
    packages: ['fengari', 'undici'],
  },
  config: { values: ['rewrite'], types: [], node: true, packages: notFengari },
  observe: { values: [], types: ['config', 'hooks'], node: true, packages: notFengari },
  demo: { values: ['imap-parser-lite'], types: [], node: true, packages: [] },
  net: {
    values: ['session', 'rewrite', 'imap-parser-lite'],
    types: handedIn,
    node: true,
    packages: notFengari,
  },
  guard: {
    values: ['net/address.ts'],
    types: ['config/config.ts', 'net/login-guard.ts'],
    node: true,
    packages: ['@redis/client', 'rate-limiter-flexible'],
  },
  process: {
    values: ['net', 'guard', 'session', 'rewrite'],
    types: handedIn,
    node: true,
    packages: notFengari,
  },
  cli: {
    values: [
      'process',
      'guard',
      'net',
      'session',
      'rewrite',
      'imap-parser-lite',
      'hooks',
      'config',
      'observe',
      'demo',
    ],
    types: [],
    node: true,
    packages: notFengari,
  },
};

interface Import {
  /** What stands between the quotes. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/**
 * The imports of a source text: statements (the formatter puts each at the start of a line), dynamic imports,
 * and the files that a worker thread is started from. What is computed at run time comes out as `(computed)`.
 */
function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
  for (const [, type, specifier] of source.matchAll(statement)) {
    if (specifier !== undefined) found.push({ specifier, typeOnly: type !== undefined });
  }
  // Only comments that fill a line are taken away: a quote in a regular expression must not hide code.
  const code = source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  for (const [, specifier] of code.matchAll(
    /(?<![\w.])(?:import|require)\(\s*(?:['"]([^'"\n]+)['"]\s*[,)])?/g,
  )) {
    found.push({ specifier: specifier ?? '(computed)', typeOnly: false });
  }
  for (const [, specifier] of code.matchAll(/\bnew URL\(\s*['"](\.[^'"\n]*\.(?:ts|js))['"]/g)) {
    if (specifier !== undefined) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** Why one import is not allowed in `file` (a path below src/), or undefined when it is. */
function faultOf(file: string, { specifier, typeOnly }: Import): string | undefined {
  const name = file.split('/')[0] ?? '';
  const room = rooms[name];
  if (room === undefined || !file.includes('/')) return `${file} lies in no room that this test knows`;
  if (specifier === '(computed)') return `${file} imports what only running it would tell`;
  if (specifier.startsWith('node:')) {
    return room.node ? undefined : `${file} imports ${specifier}, but ${name} is pure`;
  }
  if (!specifier.startsWith('.')) {
    const packageName = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (packageName === 'fengari' && name !== 'hooks')
      return `${file} imports fengari; Lua lives only in hooks`;
    if (room.packages === 'any' || room.packages.includes(packageName)) return undefined;
    return `${file} imports the package ${packageName}, which ${name} may not`;
  }
  const target = posix.join(posix.dirname(file), specifier);
  const targetRoom = target.split('/')[0] ?? '';
  if (targetRoom === '..') return undefined; // package.json and the like; the compiler keeps sources inside src/.
  if (targetRoom === name || [targetRoom, target].some((each) => room.values.includes(each)))
    return undefined;
  if (!room.types.includes(targetRoom) && !room.types.includes(target)) {
    return `${file} imports ${target}, but ${name} may not reach into ${targetRoom}`;
  }
  return typeOnly ? undefined : `${file} imports more than types from ${target}`;
}

function faultsOf(file: string, source: string): string[] {
  return importsOf(source)
    .map((entry) => faultOf(file, entry))
    .filter((fault) => fault !== undefined);
}

describe('imports point one way', () => {
  const files = readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort();

  test('every file of src/ imports only what its room may', () => {
    assert.ok(files.length > 0, 'no source file was found');
    const faults = files.flatMap((file) => faultsOf(file, readFileSync(`${sourceFolder}${file}`, 'utf8')));
    assert.deepEqual(faults, []);
  });

  test('docs/architecture.md says of each room what it may import values from', () => {
    const page = readFileSync(new URL('docs/architecture.md', root), 'utf8');
    const written = [...page.matchAll(/^\| `([a-z-]+)\/` \|[^|]*\| ([^|]*) \|$/gm)].map(
      ([, room, imports]) => [
        room,
        imports === 'everything'
          ? 'everything'
          : [...imports!.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
      ],
    );
    const expected = Object.entries(rooms).map(([room, { values }]) => [
      room,
      room === 'cli' ? 'everything' : values.map((name) => name.replace(/\.ts$/, '')),
    ]);
    assert.deepEqual(Object.fromEntries(written), Object.fromEntries(expected));
  });
});

describe('the rule sees each kind of violation', () => {
  const refused: readonly (readonly [file: string, source: string])[] = [
    ['imap-parser-lite/framer.ts', "import { isUtf8 } from 'node:buffer';"],
    ['imap-parser-lite/framer.ts', "import type { Question } from '../rewrite/question.ts';"],
    ['imap-parser-lite/deep/framer.ts', "import { rewrite } from '../../rewrite/list.ts';"],
    ['rewrite/list.ts', "import { Session } from '../session/session.ts';"],
    ['rewrite/list.ts', "import { z } from 'zod';"],
    ['rewrite/list.ts', "export { lua } from 'fengari';"],
    ['session/login.ts', "import 'node:net';"],
    ['session/login.ts', "import {\n  one,\n  two,\n} from\n  'node:tls';"],
    ['session/login.ts', "const { Worker } = await import('node:worker_threads');"],
    ['session/login.ts', "import type { Config } from '../config/config.ts';"],
    ['session/login.ts', "type Host = import('../hooks/hook-host.ts').HookHost;"],
    ['hooks/host.ts', "import { connect } from '../net/connection.ts';"],
    ['hooks/host.ts', "import { pino } from 'pino';"],
    ['config/load.ts', "export * from '../session/session.ts';"],
    ['observe/log.ts', "import type { Session } from '../session/session.ts';"],
    ['observe/log.ts', "import fengari from 'fengari';"],
    ['net/connection.ts', "import { drain } from '../process/drain.ts';"],
    ['net/connection.ts', "import { main } from '../cli/main.ts';"],
    ['net/connection.ts', "import { loadConfig } from '../config/load.ts';"],
    ['net/connection.ts', "import { config } from '../config/config.ts';"],
    ['net/connection.ts', "import { openHooks } from '../hooks/host.ts';"],
    ['net/connection.ts', "new Worker(new URL('../hooks/thread.ts', import.meta.url));"],
    ['net/connection.ts', "const lua = require('fengari');"],
    ['net/connection.ts', 'const module = await import("./" + name);'],
    ['net/connection.ts', 'const module = await import(name);'],
    ['guard/guard.ts', "import { Session } from '../session/session.ts';"],
    ['guard/guard.ts', "import { belongsTo } from '../net/networks.ts';"],
    ['net/connection.ts', "import { openGuard } from '../guard/open-guard.ts';"],
    ['process/workers.ts', "import { openHooks, type HookHost } from '../hooks/hook-host.ts';"],
    ['process/workers.ts', "import { run } from '../cli/run.ts';"],
    ['demo/server.ts', "import { Session } from '../session/session.ts';"],
    ['demo/server.ts', "import { connect } from '../net/connection.ts';"],
    ['cli/hook.ts', "import { lua } from 'fengari';"],
    ['utilities/text.ts', "import { join } from 'node:path';"],
    ['main.ts', "import { join } from 'node:path';"],
  ];
  for (const [file, source] of refused) {
    test(`${file}: ${source.replace(/\s+/g, ' ')}`, () => {
      assert.equal(faultsOf(file, source).length, 1);
    });
  }
});

describe('the rule lets pass what is allowed', () => {
  const allowed: readonly (readonly [file: string, source: string])[] = [
    ['imap-parser-lite/framer.ts', "import { limits } from './limits.ts';"],
    ['rewrite/list.ts', "import { readList } from '../imap-parser-lite/index.ts';"],
    ['session/session.ts', "import type { Question } from '../rewrite/question.ts';"],
    ['session/session.ts', "// import('node:net') would be wrong here\n * import('node:tls')\n"],
    ['session/session.ts', 'throw new Error(\'cannot import from "node:net"\');'],
    ['hooks/thread.ts', "import { lua } from 'fengari';"],
    ['hooks/host.ts', "new Worker(new URL('./thread.ts', import.meta.url));"],
    ['net/connection.ts', "import type { HookHost } from '../hooks/hook-host.ts';"],
    ['process/drain.ts', "import type { Config } from '../config/config.ts';"],
    [
      'cli/run.ts',
      "import { openHooks } from '../hooks/host.ts';\nimport { listen } from '../net/listener.ts';",
    ],
    ['cli/main.ts', "new URL('../../package.json', import.meta.url);"],
  ];
  for (const [file, source] of allowed) {
    test(`${file}: ${source.replace(/\s+/g, ' ')}`, () => {
      assert.deepEqual(faultsOf(file, source), []);
    });
  }
});
