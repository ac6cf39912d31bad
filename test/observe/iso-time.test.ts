import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoTime } from '../../src/observe/iso-time.ts';

test('the time of a line is that of the clock, in every second anew', (t) => {
  const start = Date.parse('2026-03-01T08:15:30.007Z');
  t.mock.timers.enable({ apis: ['Date'], now: start });
  for (const later of [0, 1, 992, 993, 1993, 60_000, 59_000, 86_400_000]) {
    t.mock.timers.setTime(start + later);
    assert.equal(isoTime(), `,"time":"${new Date(start + later).toISOString()}"`);
  }
});
