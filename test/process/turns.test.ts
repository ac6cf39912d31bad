/** The pace at which sessions are asked to end: never all in one moment, always done in time, never slow for few. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inTurns, type Pace, turnsDue } from '../../src/process/turns.ts';

describe('turns', () => {
  const pace: Pace = { within: 22_500, atLeast: 100 };

  for (const [total, elapsed, due, why] of [
    [5, 0, 1, 'the first at once'],
    [5, 9, 1, 'the second not yet'],
    [5, 10, 2, 'a hundred a second where that is enough'],
    [5, 40, 5, 'a handful is done within a moment'],
    [5, 60_000, 5, 'and no more than there are'],
    [9000, 0, 1, 'the first of many at once, and no other'],
    [9000, 11_250, 4501, 'half of many in half of the time'],
    [9000, 22_500, 9000, 'all of them in time'],
    [0, 0, 0, 'nobody'],
  ] as const) {
    test(`${due} of ${total} after ${elapsed} ms: ${why}`, () => {
      assert.equal(turnsDue(total, elapsed, pace), due);
    });
  }

  test('no time at all: everybody at once', () => {
    assert.equal(turnsDue(7, 0, { within: 0, atLeast: 100 }), 7);
  });

  test('each has one turn, in order', async () => {
    const all = [1, 2, 3, 4, 5];
    const had: number[] = [];
    await new Promise<void>((resolve) => {
      inTurns(all, pace, (one) => {
        had.push(one);
        if (had.length === all.length) resolve();
      });
      assert.deepEqual(had, [1], 'only the first before anything else happens');
    });
    assert.deepEqual(had, all);
  });

  test('whoever has no turn yet when it is stopped gets none', async () => {
    const had: number[] = [];
    await new Promise<void>((resolve) => {
      const stop = inTurns([1, 2, 3, 4], pace, (one) => {
        had.push(one);
        if (one !== 2) return;
        stop();
        inTurns([1, 2, 3, 4, 5, 6, 7, 8], pace, (other) => {
          if (other === 8) resolve();
        });
      });
    });
    assert.deepEqual(had, [1, 2]);
  });
});
