/**
 * Makes the checkout ready to run: packages in node_modules/, the program in dist/, `npx imapveil` working.
 *
 * Always holds: it may be repeated at any time, says a line for each thing it does, and says and does nothing
 * when everything is in place. It needs only Node.js and npm, and no package, for it is what installs them.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { compile, root } from './compile.mjs';

const program = 'cli/main.js';

function announce(line) {
  console.error(`imapveil: ${line}`);
}

function fail(sentence) {
  announce(sentence);
  process.exit(1);
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `this is Node.js ${process.versions.node}, but version 20.19 or newer is needed; see https://nodejs.org`,
  );
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/**
 * Compares package-lock.json with the record that npm itself leaves of what it installed, so that an install by
 * hand counts, and one without the development packages does not. Optional packages may be absent: npm leaves
 * out those of other platforms.
 */
function packagesMatchLock() {
  const recordFile = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, recordFile))) return false;
  let record;
  try {
    record = readJson(recordFile).packages;
  } catch {
    return false; // A record cut short by an interrupted install.
  }
  const wanted = readJson('package-lock.json').packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const installed = record[path];
    if (installed === undefined && (entry.optional || entry.devOptional)) continue;
    if (installed === undefined || installed.version !== entry.version) return false;
    if (entry.integrity !== undefined && installed.integrity !== entry.integrity) return false;
    if (!existsSync(join(root, path))) return false;
  }
  return Object.keys(record).every((path) => path in wanted);
}

function installPackages() {
  if (packagesMatchLock()) return;
  announce('installing packages (npm ci), for node_modules/ does not match package-lock.json');
  // Left to itself npm skips compilers under NODE_ENV=production, and with them everything after this line.
  const words = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...words], options)
    : spawnSync('npm', words, options);
  if (result.error) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) fail('npm ci failed; its own words are above');
}

/** npx finds a package's own command in its own checkout only where an installed package would have put it. */
function linkCommand() {
  const folder = join(root, 'node_modules', '.bin');
  const link = join(folder, 'imapveil');
  const target = `../../dist/${program}`;
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && readlinkSync(link) === target) return;
  mkdirSync(folder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/** The image is built without docs/, and has no use for what editors read. */
const page = 'docs/configuration.md';
const pages = existsSync(join(root, page)) ? [page] : [];

/** Writes proxy.schema.json to `target`. In a process of its own, for what it imports goes away again. */
function writeSchema(compiled, target) {
  if (pages.length === 0) return;
  const call = [join(root, 'scripts', 'schema.mjs'), compiled, join(root, page), target];
  const { status } = spawnSync(process.execPath, call, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail('proxy.schema.json could not be made; the reason is above');
}

/** Puts what is run in the place of what was compiled. */
async function finish(compiled) {
  // Its package may just have been installed.
  const { bundle } = await import('./bundle.mjs');
  const bundled = `${compiled}-bundled`;
  try {
    await bundle(compiled, bundled);
    writeSchema(compiled, bundled);
    rmSync(compiled, { recursive: true });
    renameSync(bundled, compiled);
  } finally {
    rmSync(bundled, { recursive: true, force: true });
  }
}

async function buildProgram() {
  const settings = {
    project: 'tsconfig.json',
    folder: 'dist',
    sources: ['src'],
    executable: program,
    also: [
      ...['bundle', 'prepare', 'quick-fengari', 'schema'].map((name) => `scripts/${name}.mjs`),
      'package.json',
      ...pages,
    ],
    finish,
    announce,
  };
  if (!(await compile(settings))) fail('the program does not compile; the faults are above');
}

checkNodeVersion();
installPackages();
await buildProgram();
linkCommand();
