/**
 * Measures the proxy side by side with others: `npm run bench -- --quick`. See bench/README.md.
 *
 * Always holds: what is measured was compiled from the sources as they are now.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compile, root } from './compile.mjs';

function announce(line) {
  console.error(`imapveil: ${line}`);
}

const folder = 'build-benchmark';
const project = 'tsconfig.bench.json';
const sources = ['src', 'bench', 'test/support'];

if (!(await compile({ project, folder, sources, announce }))) {
  announce('the benchmark does not compile; the faults are above');
  process.exit(1);
}
await import(pathToFileURL(join(root, folder, 'bench', 'run.js')).href);
