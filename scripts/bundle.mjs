/**
 * Puts the compiled program, and the packages that a start loads, together in few files: most of what a start
 * costs is finding and reading files (docs/decisions/0025). With them go the licences of what was put in.
 *
 * Always holds: what one call alone needs stays in files of its own, so that no other call loads it, and the packages
 * in package.json's `dependencies` stay outside.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './compile.mjs';
import { quickened } from './quick-fengari.mjs';

/** What Node is told to run, by the shell or by the program itself. */
const entries = ['cli/main.js', 'cli/worker.js', 'hooks/thread.js', 'hooks/test-thread.js'];

/** esbuild leaves `require` as it is where a CommonJS package asks Node for one of its own modules. */
const requireForPackages =
  "import { createRequire as createRequireForPackages } from 'node:module';\nconst require = createRequireForPackages(import.meta.url);";

const quickFengari = {
  name: 'quick fengari',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/]fengari[\\/]src[\\/].*\.js$/ }, ({ path }) => ({
      contents: quickened(basename(path), readFileSync(path, 'utf8')),
    }));
  },
};

/** Reads the compiled program in the folder `compiled` and writes what is to be run to the folder `target`. */
export async function bundle(compiled, target) {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: compiled,
    entryPoints: entries,
    outbase: '.',
    outdir: target,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: Object.keys({ ...dependencies, ...optionalDependencies }),
    plugins: [quickFengari],
    banner: { js: requireForPackages },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  writeFileSync(join(target, 'licences.txt'), licences(packagesIn(metafile)));
}

/** The folders of the packages that something was taken from, relative to the checkout. */
function packagesIn({ outputs }) {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = inputs.map(
    (path) => /node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  );
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort();
}

function licences(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined)
      throw new Error(`${name} ${version} (${license}) comes without the text of its licence`);
    return `${name} ${version}\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
  });
  return `The program contains these packages, each under its own licence.\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
