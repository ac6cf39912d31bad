import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/cases.ts';

const { quickened } = (await import(new URL('scripts/quick-fengari.mjs', root).href)) as {
  quickened(source: string): string;
};

const folder = dirname(createRequire(import.meta.url).resolve('fengari'));
const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
const texts = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
/** fengari 0.1.5 has as many; another version has to be looked at. */
const REMOVALS = 29;

test('every removal from the stack and the copy of strings are made quick, and nothing else is touched', () => {
  let removals = 0;
  let copies = 0;
  for (const [name, text] of texts) {
    const lines = text.split('\n');
    for (const [at, line] of quickened(text).split('\n').entries()) {
      assert.doesNotMatch(line, /delete \w+\.stack/, `${name}:${at + 1}`);
      if (line === lines[at]) continue;
      if (line.includes('new Uint8Array')) {
        copies++;
        continue;
      }
      removals++;
      assert.match(
        lines[at] ?? '',
        /^\s*delete (L|from)\.stack\[.*\];|^.* delete L\.stack\[--L\.top\];/,
        name,
      );
    }
  }
  assert.equal(copies, 1);
  assert.equal(removals, REMOVALS);
});

test('the fengari in the program is the quick one', () => {
  const chunks = new URL('dist/chunks/', root);
  const texts = readdirSync(chunks).map((file) => readFileSync(new URL(file, chunks), 'utf8'));
  const [fengari = '', ...others] = texts.filter((text) => text.includes('fengari/src/ldo.js'));
  assert.deepEqual(others, []);
  assert.equal(fengari.match(/\b(?:L|from)\.stack\[[^\]]*\] = void 0;/g)?.length, REMOVALS);
  assert.doesNotMatch(fengari, /\bdelete \w+\.stack|Uint8Array\.from\.bind/);
});
