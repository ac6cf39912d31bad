import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from '../../src/config/nearest-word.ts';

const KEYS = ['listen', 'tls', 'upstream', 'hooks', 'limits', 'workers', 'log', 'admin'];

test('a slip of the pen is recognised: a letter missing, doubled, wrong, swapped, or in capitals', () => {
  for (const [written, meant] of [
    ['upstram', 'upstream'],
    ['upstreeam', 'upstream'],
    ['uqstream', 'upstream'],
    ['psutream', 'upstream'],
    ['Upstream', 'upstream'],
    ['hook', 'hooks'],
    ['listne', 'listen'],
    ['lgo', 'log'],
  ] as const) {
    assert.equal(nearestWord(written, KEYS), meant, written);
  }
});

test('what resembles nothing gets no advice', () => {
  for (const written of ['', 'x', 'certificates', 'database', 'u'.repeat(5000)]) {
    assert.equal(nearestWord(written, KEYS), undefined, written);
  }
});
