/**
 * Compiles one tsconfig into one folder, only when what goes in has changed.
 *
 * Always holds: the folder is either the old result or the whole new one. The compiler writes beside it and
 * the result is renamed into place, so no stale file survives and a compile that failed changes nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: absolute path of the folder that holds package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const stampName = '.built-from';

/** Every file under `folder` (relative to the checkout), sorted, as paths relative to the checkout. */
export function filesUnder(folder) {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesUnder(path));
    else found.push(path);
  }
  return found.sort();
}

/** A hash over names and contents: mtimes lie after a checkout, a copy or a container's COPY. */
function fingerprint(sources, settings) {
  const hash = createHash('sha256');
  const files = sources.flatMap(filesUnder).filter((path) => path.endsWith('.ts'));
  for (const path of [...files, ...settings, 'tsconfig.json', 'package-lock.json']) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Two processes may set up one checkout at once; whoever comes second finds the same result in place. */
function moveIntoPlace(stage, target) {
  const retired = `${stage}-retired`;
  if (existsSync(target)) renameSync(target, retired);
  try {
    renameSync(stage, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
  rmSync(retired, { recursive: true, force: true });
}

/**
 * Compiles `project` into `folder` unless its stamp says that it came from these very sources.
 * `announce` is called with one line before work begins. `finish` is called with the absolute path of the folder with
 * what was compiled, before that is moved into place, and may change what is in it; it and what it reads are among the
 * files of `also`, and it throws when it cannot do its part. Resolves with false when the compiler found faults, which it
 * has then printed.
 */
export async function compile({
  project,
  folder,
  sources,
  flags = [],
  executable,
  also = [],
  finish,
  announce,
}) {
  const target = join(root, folder);
  const stamp = `${fingerprint(sources, [project, ...also])} ${flags.join(' ')}\n`;
  const stampFile = join(target, stampName);
  const built = executable === undefined || existsSync(join(target, executable));
  if (built && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true;

  announce(`compiling ${sources.join(' and ')} to ${folder}/`);
  // The name is one that .gitignore and the linter already leave out.
  const stage = join(root, `build-stage-${process.pid}`);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage);
  try {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const call = [compiler, '-p', project, '--outDir', stage, ...flags];
    const result = spawnSync(process.execPath, call, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.error) throw result.error;
    if (result.status !== 0) return false;
    await finish?.(stage);
    if (executable !== undefined && existsSync(join(stage, executable)))
      chmodSync(join(stage, executable), 0o755);
    writeFileSync(join(stage, stampName), stamp);
    moveIntoPlace(stage, target);
    return true;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
