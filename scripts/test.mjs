/**
 * Compiles sources and tests to build/ and runs the tests: all of them, or those whose path contains one of the
 * words given (`npm test -- test/session`). Words that begin with a dash go to Node's test runner as they are.
 *
 * Always holds: a type error fails, a run in which no test was found fails, and what was left out is said last.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, filesUnder, root } from './compile.mjs';

/** Longer than the slowest file should ever take: a test that hangs must fail, not hold up the rest. */
const millisecondsPerFile = 300_000;

const words = process.argv.slice(2);
const runnerFlags = words.filter((word) => word.startsWith('-'));
const filters = words.filter((word) => !word.startsWith('-')).map((word) => word.replace(/^\.\//, ''));

function announce(line) {
  console.error(`imapveil: ${line}`);
}

const compiled = await compile({
  project: 'tsconfig.test.json',
  folder: 'build',
  sources: ['src', 'test'],
  flags: ['--sourceMap'],
  announce,
});
if (!compiled) {
  announce('the tests do not compile; the faults are above');
  process.exit(1);
}

const sources = filesUnder('test').filter((path) => path.endsWith('.test.ts'));
const chosen = sources.filter(
  (path) => filters.length === 0 || filters.some((filter) => path.includes(filter)),
);
if (chosen.length === 0) {
  announce(
    filters.length === 0 ? 'there is no test under test/' : `no test file matches ${filters.join(' or ')}`,
  );
  process.exit(2);
}

const leftOutFile = join(root, 'build', 'left-out.jsonl');
const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${millisecondsPerFile}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/left-out.mjs',
    `--test-reporter-destination=${leftOutFile}`,
    ...runnerFlags,
    ...chosen.map((path) => join('build', path.replace(/\.ts$/, '.js'))),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
if (result.error) throw result.error;

const leftOut = existsSync(leftOutFile) ? readFileSync(leftOutFile, 'utf8').split('\n').filter(Boolean) : [];
if (leftOut.length > 0) {
  console.log(`\nLeft out because a program they need is not on this machine (${leftOut.length}):`);
  for (const line of leftOut) console.log(`  ${JSON.parse(line)}`);
}
if (result.signal) announce(`the test runner was ended by ${result.signal}`);
process.exit(result.status ?? 1);
