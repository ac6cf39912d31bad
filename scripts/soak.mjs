/**
 * Hundreds of users work while the proxy is reloaded, killed and cut off: `npm run soak -- --time 15m`. See
 * test/soak/run.ts.
 *
 * Always holds: it exits with 0 only when no session was lost that did not have to be.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, root } from './compile.mjs';

const usage = 'npm run soak -- [--time 1m] [--sessions 500]';

function announce(line) {
  console.error(`imapveil: ${line}`);
}

function refuse(sentence) {
  announce(`${sentence}; usage: ${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    const text = { type: 'string' };
    return parseArgs({
      options: { time: { ...text, default: '1m' }, sessions: { ...text, default: '500' } },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

const { time, sessions } = readOptions();
const [, number, unit] =
  /^(\d{1,6})(s|m|h)$/.exec(time) ?? refuse(`--time ${time} is no time such as 90s or 15m`);
if (!/^[1-9]\d{0,4}$/.test(sessions)) refuse(`--sessions ${sessions} is no number of sessions`);

const compiled = await compile({
  project: 'tsconfig.test.json',
  folder: 'build',
  sources: ['src', 'test'],
  flags: ['--sourceMap'],
  announce,
});
if (!compiled) {
  announce('the soak does not compile; the faults are above');
  process.exit(1);
}

const { soak } = await import(pathToFileURL(join(root, 'build', 'test', 'soak', 'run.js')).href);
const held = await soak({
  time: Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[unit],
  sessions: Number(sessions),
  say: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
});
console.log(held ? 'everything held' : 'NOT everything held');
process.exit(held ? 0 : 1);
