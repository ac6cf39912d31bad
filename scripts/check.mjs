/**
 * Everything about the code that can be judged without running the product: format, lint, types, dead code,
 * direction of imports.
 *
 * Always holds: every step runs, whatever the ones before it said, and the last lines name the result of each.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './compile.mjs';

const tool = (...path) => join(root, 'node_modules', ...path);

const steps = [
  ['format and lint', tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'],
  ['types of the program', tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json'],
  ['types of the tests', tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'],
  ['types of the benchmark', tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.bench.json'],
  ['dead code', tool('knip', 'bin', 'knip.js'), '--no-progress'],
  ['direction of imports', join(root, 'scripts', 'test.mjs'), 'test/architecture/'],
];

const results = steps.map(([name, ...call]) => {
  console.log(`== ${name}`);
  const { status } = spawnSync(process.execPath, call, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return { name, passed: status === 0 };
});

console.log('');
for (const { name, passed } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`);
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
