/**
 * What a call loads before its first line runs. Every package costs its part of each start, so that what only some
 * calls need is loaded by those (`await import`). It reads compiled files, which show what Node would load.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const compiled = new URL('../../src/', import.meta.url);

/** Everything that importing `entry` (a path below src/) loads: our files as paths below src/, packages by name. */
function loadedBy(entry: string): Set<string> {
  const loaded = new Set([entry]);
  // A set is walked in the order of insertion, and so are those that are added on the way.
  for (const file of loaded) {
    if (!file.endsWith('.js')) continue;
    for (const specifier of staticImports(readFileSync(new URL(file, compiled), 'utf8'))) {
      const own = specifier.startsWith('.');
      loaded.add(
        own ? new URL(specifier, new URL(file, compiled)).href.slice(compiled.href.length) : specifier,
      );
    }
  }
  return loaded;
}

/** The compiler puts each at the start of a line, and leaves no other line that begins so. */
function staticImports(source: string): string[] {
  const statement = /^(?:import|export)\s*(?:[^'"`;()]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
  return [...source.matchAll(statement)].map(([, specifier = '']) => specifier);
}

function packagesOf(loaded: ReadonlySet<string>): string[] {
  return [...loaded].filter((name) => !name.endsWith('.js') && !name.startsWith('node:')).sort();
}

test('--help, --version and a mistyped command load no package', () => {
  const loaded = loadedBy('cli/main.js');
  assert.ok(loaded.has('config/nearest-word.js'), 'the walk has found what dispatch imports');
  assert.deepEqual(packagesOf(loaded), []);
});

test('check loads what reads a configuration, and neither Lua nor a log', () => {
  assert.deepEqual(packagesOf(loadedBy('cli/check.js')), ['yaml', 'zod']);
});

test('run and its workers load one package, the log: what reads a configuration lives in a thread that ends', () => {
  const loaded = new Set(
    ['cli/run.js', 'cli/serve-config.js', 'process/workers.js', 'cli/worker.js'].flatMap((entry) => [
      ...loadedBy(entry),
    ]),
  );
  assert.deepEqual(packagesOf(loaded), ['pino']);
  assert.deepEqual(packagesOf(loadedBy('config/load.js')), ['yaml', 'zod']);
});

test('run loads no Lua of its own, no mail client, no log for people, no demo mailbox, no maker of certificates', () => {
  const loaded = new Set([...loadedBy('cli/run.js'), ...loadedBy('cli/serve-config.js')]);
  assert.ok(loaded.has('net/connection.js'), 'the walk has found what serves');
  for (const name of ['fengari', 'imapflow', 'pino-pretty', 'demo/server.js', 'selfsigned']) {
    assert.ok(!loaded.has(name), name);
  }
});
