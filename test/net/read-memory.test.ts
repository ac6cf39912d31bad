/** How the memory that servers are read into is shared by those that read messages (decision 9). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageShare } from '../../src/net/read-memory.ts';

const KIB = 1024;

/** The lengths of the pieces, in KiB, that so many connections get in the last of some turns. */
function inOneTurn(connections: number): number[] {
  const shares = Array.from({ length: connections }, () => new MessageShare());
  const turn = (): number[] => shares.map((share) => Math.floor(share.next().length / KIB));
  turn();
  return turn();
}

describe('a piece of a message', () => {
  for (const [connections, length] of [
    [1, 512],
    [2, 512],
    [3, 341],
    [8, 128],
    [16, 64],
    [1000, 64],
  ] as const) {
    test(`is ${length} KiB long where ${connections} read one`, () => {
      assert.deepEqual(inOneTurn(connections), Array(connections).fill(length));
    });
  }

  test('grows at once when the others have ended, and of one that begins it is short', () => {
    const [first, second] = [new MessageShare(), new MessageShare()];
    for (let turn = 0; turn < 20; turn++) first.next();
    assert.equal(second.next().length, 64 * KIB);
    second.next();
    assert.equal(second.next().length, 512 * KIB);
  });

  test('is short for who reads seldom while others read much', () => {
    const [slow, quick] = [new MessageShare(), new MessageShare()];
    slow.next();
    for (let turn = 0; turn < 10; turn++) quick.next();
    assert.equal(slow.next().length, Math.floor((1024 * KIB) / 11));
  });
});
