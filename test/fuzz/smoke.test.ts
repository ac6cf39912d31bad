/** A short run of the fuzzer, always the same, so that it cannot rot. `npm run fuzz` is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, targetNames } from './run.ts';

const inputsOf: ReadonlyMap<string, number> = new Map([
  ['flood', 40],
  ['session', 2000],
  ['transparent', 1000],
]);

for (const target of targetNames) {
  test(`fuzz: ${target}, the first inputs`, () => {
    const inputs = inputsOf.get(target) ?? 400;
    const { tried, failure } = fuzz({ seed: 1, time: 60_000, inputs, target });
    assert.equal(failure, undefined, failure && [failure.seen, ...failure.transcript].join('\n'));
    assert.equal(tried.get(target), inputs);
  });
}
