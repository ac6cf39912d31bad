/** `imapveil test`: runs the tests beside scripts, and says what failed and where. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { whyUnreadable } from '../config/unreadable.ts';
import { isTestFile, runTestFile, type TestReport } from '../hooks/test-file.ts';
import { help } from './help.ts';
import type { Io } from './io.ts';

/** Exit code 0: every test passed; 1: one failed; 2: there is none, or the call is wrong. */
export async function test(argv: readonly string[], io: Io): Promise<number> {
  const wrong = (sentence: string): number => {
    io.stderr.write(`imapveil test: ${sentence}; see imapveil test --help\n`);
    return 2;
  };
  const paths = readPaths(argv);
  if (typeof paths === 'string') return wrong(paths);
  if (paths.help) {
    io.stdout.write(help('test'));
    return 0;
  }
  const files: string[] = [];
  for (const path of paths.named) {
    const found = await testFiles(path);
    if (typeof found === 'string') return wrong(found);
    files.push(...found);
  }
  if (files.length === 0) return wrong('name a folder with *_test.lua files, or such files');
  return await runAll([...new Set(files)], io);
}

function readPaths(argv: readonly string[]): { help: boolean; named: readonly string[] } | string {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { help: values.help, named: positionals };
  } catch (error) {
    return (error as Error).message.split('. ')[0] ?? 'the call cannot be read';
  }
}

/** Folders that hold what others have written, or nothing for people to see. */
const passedOver = /(^|[\\/])(node_modules|\.[^\\/]+)[\\/]/;

/** A folder's test files, those of its folders too, in the order of their names; or a sentence that says what is wrong. */
async function testFiles(path: string): Promise<readonly string[] | string> {
  let all: readonly string[];
  try {
    if (!(await stat(path)).isDirectory()) {
      return isTestFile(path) ? [path] : `${path} is no test file: its name must end in _test.lua`;
    }
    all = await readdir(path, { recursive: true });
  } catch (error) {
    const { code, path: refused = path } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no ${path}` : `${refused} cannot be read: ${whyUnreadable(error)}`;
  }
  const names = all.filter((name) => isTestFile(name) && !passedOver.test(name)).sort();
  return names.length === 0 ? `there is no *_test.lua in ${path}` : names.map((name) => join(path, name));
}

async function runAll(files: readonly string[], io: Io): Promise<0 | 1> {
  let [tests, failed] = [0, 0];
  for (const file of files) {
    const report = await runTestFile(file, (line) => io.stderr.write(`${line}\n`));
    io.stdout.write(describe(file, report));
    tests += report.tests;
    failed += report.failures.length;
  }
  const outcome = failed === 0 ? 'all passed' : `${failed} failed`;
  io.stdout.write(`${count(tests, 'test')} in ${count(files.length, 'file')}: ${outcome}\n`);
  return failed === 0 ? 0 : 1;
}

function describe(file: string, { tests, failures }: TestReport): string {
  if (failures.length === 0) return `ok      ${file}  ${count(tests, 'test')}\n`;
  const lines = failures.flatMap(({ test, message }) => [
    ...(test === undefined ? [] : [`  ${test}`]),
    `    ${message}`,
  ]);
  return `FAILED  ${file}\n${lines.join('\n')}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
