/** Pages and headings that the project's pages link to are there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { root } from '../support/cases.ts';
import { anchorsOf, relativeLinks } from '../support/links.ts';

const folders = ['', 'docs/', 'docs/decisions/', 'bench/', 'src/imap-parser-lite/', 'test/fuzz/'];
const pages = folders.flatMap((folder) =>
  readdirSync(new URL(`./${folder}`, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name),
);
const read = (page: string): string => readFileSync(new URL(page, root), 'utf8');

for (const page of pages) {
  test(page, () => {
    const missing = relativeLinks(page, read(page)).filter(
      ({ path, anchor }) =>
        !existsSync(new URL(path, root)) || (anchor !== undefined && !anchorsOf(read(path)).includes(anchor)),
    );
    assert.deepEqual(
      missing.map(({ written }) => written),
      [],
    );
  });
}
