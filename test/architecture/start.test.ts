/**
 * What a call loads before its first line runs. Everything costs its part of each start, so that what only some calls
 * need is loaded by those (`await import`). It reads the program as users have it, in which the bundler names, above
 * each part of a file, the source that the part was made of.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const program = new URL('../../../dist/', import.meta.url);

const textOf = (file: string): string => readFileSync(new URL(file, program), 'utf8');

interface Loaded {
  /** Paths below src/. */
  readonly own: ReadonlySet<string>;
  /** By name: those that were put into the program, and those that Node looks for. */
  readonly packages: readonly string[];
}

/** Everything that is loaded with `entry`, a path below dist/. */
function loadedBy(entry: string): Loaded {
  const files = new Set([entry]);
  const own = new Set<string>();
  const packages = new Set<string>();
  // A set is walked in the order of insertion, and so are those that are added on the way.
  for (const file of files) {
    const text = textOf(file);
    for (const [, source = ''] of text.matchAll(/^\/\/ (\S+\.js)$/gm)) {
      const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
      if (packaged === undefined) own.add(source);
      else packages.add(packaged);
    }
    for (const specifier of staticImports(text)) {
      if (specifier.startsWith('.')) {
        files.add(new URL(specifier, new URL(file, program)).href.slice(program.href.length));
      } else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  }
  return { own, packages: [...packages].sort() };
}

/** The bundler puts each at the start of a line, and leaves no other line that begins so. */
function staticImports(source: string): string[] {
  const statement = /^(?:import|export)\s*(?:[^'"`;()]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
  return [...source.matchAll(statement)].map(([, specifier = '']) => specifier);
}

/** The file with the source `path`, for what is loaded by `await import`. */
function fileOf(path: string): string {
  const name = `chunks/${path.replace(/^.*\//, '').replace(/\.js$/, '')}-`;
  const found = readdirSync(new URL('chunks/', program)).filter((file) => `chunks/${file}`.startsWith(name));
  const [file] = found.filter((each) => textOf(`chunks/${each}`).includes(`// ${path}\n`));
  assert.ok(file, `a file of its own for ${path}`);
  return `chunks/${file}`;
}

const ofTheLog = ['pino', 'pino-std-serializers', 'sonic-boom'];

test('--help, --version and a mistyped command load no package', () => {
  const { own, packages } = loadedBy('cli/main.js');
  assert.ok(own.has('config/nearest-word.js'), 'the walk has found what dispatch imports');
  assert.deepEqual(packages, []);
});

test('check loads what reads a configuration, and neither Lua nor a log', () => {
  assert.deepEqual(loadedBy(fileOf('cli/check.js')).packages, ['yaml', 'zod']);
});

test('a worker loads one package, the log', () => {
  const { own, packages } = loadedBy('cli/worker.js');
  assert.ok(own.has('net/connection.js'), 'the walk has found what serves');
  for (const name of ofTheLog) assert.ok(packages.includes(name), name);
  for (const name of ['yaml', 'zod', 'fengari', 'undici', 'prom-client'])
    assert.ok(!packages.includes(name), name);
});

test('run loads no Lua of its own, no mail client, no log for people, no demo mailbox, no maker of certificates', () => {
  const parts = ['cli/run.js', 'cli/serve-config.js', 'process/workers.js'].map((path) =>
    loadedBy(fileOf(path)),
  );
  const own = new Set(parts.flatMap((part) => [...part.own]));
  const packages = parts.flatMap((part) => part.packages);
  assert.ok(own.has('net/connection.js'), 'the walk has found what serves');
  for (const name of [
    'fengari',
    'imapflow',
    'pino-pretty',
    'selfsigned',
    'undici',
    'prom-client',
    '@redis/client',
  ])
    assert.ok(!packages.includes(name), name);
  assert.ok(!own.has('demo/server.js'));
});

test('of zod only what checks a configuration is in the program, and not its texts in 60 languages', () => {
  const texts = readdirSync(new URL('chunks/', program)).map((file) => textOf(`chunks/${file}`));
  const languages = texts.flatMap((text) =>
    [...text.matchAll(/zod\/v4\/locales\/(\w+)\.js$/gm)].map(([, name]) => name),
  );
  assert.deepEqual(languages, ['en']);
});
