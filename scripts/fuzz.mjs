/**
 * Throws random conversations at the pure rooms and checks what must hold for all of them:
 * `npm run fuzz -- --time 10m`. See test/fuzz/README.md.
 *
 * Always holds: it exits with 0 only when every input held, and a failure names the invariant and its seed.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, root } from './compile.mjs';

const usage = 'npm run fuzz -- [--time 10m] [--seed N] [--target NAME] [--inputs N]';

function announce(line) {
  console.error(`imapveil: ${line}`);
}

function refuse(sentence) {
  announce(`${sentence}; usage: ${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        time: { type: 'string', default: '1m' },
        seed: { type: 'string', default: String((Math.random() * 2 ** 31) | 0) },
        target: { type: 'string' },
        inputs: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

function milliseconds(time) {
  const [, number, unit] =
    /^(\d+)(s|m|h)$/.exec(time) ?? refuse(`--time ${time} is no time such as 30s or 10m`);
  return Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[unit];
}

function wholeNumber(name, text) {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : refuse(`--${name} ${text} is no whole number`);
}

const { time, seed, target, inputs } = readOptions();
const options = {
  time: milliseconds(time),
  seed: wholeNumber('seed', seed),
  inputs: wholeNumber('inputs', inputs),
  target,
};

const compiled = await compile({
  project: 'tsconfig.test.json',
  folder: 'build',
  sources: ['src', 'test'],
  flags: ['--sourceMap'],
  announce,
});
if (!compiled) {
  announce('the fuzzer does not compile; the faults are above');
  process.exit(1);
}

const { fuzz, targetNames } = await import(pathToFileURL(join(root, 'build', 'test', 'fuzz', 'run.js')).href);
if (target !== undefined && !targetNames.includes(target))
  refuse(`--target is one of ${targetNames.join(', ')}`);

console.log(`seed ${options.seed}, ${time}`);
const { tried, failure } = fuzz(options);
for (const [name, number] of tried) console.log(`${name.padEnd(12)} ${number} inputs`);
if (failure !== undefined) {
  console.log(`\nBROKEN: ${failure.invariant} (target ${failure.target}, seed ${failure.seed})`);
  console.log(`${failure.seen}\n`);
  for (const line of failure.transcript) console.log(line);
  console.log(`\nonce more: npm run fuzz -- --target ${failure.target} --seed ${failure.seed} --inputs 1`);
  process.exit(1);
}
console.log('every invariant held');
