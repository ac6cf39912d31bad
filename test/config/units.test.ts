import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, parseSize } from '../../src/config/units.ts';

const durations: readonly (readonly [written: string, milliseconds: number])[] = [
  ['1ms', 1],
  ['500ms', 500],
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['31m', 1_860_000],
  ['576h', 2_073_600_000],
];

test('a duration is milliseconds', () => {
  for (const [written, value] of durations) {
    assert.deepEqual(parseDuration(written), { kind: 'measured', value }, written);
  }
});

const sizes: readonly (readonly [written: string, bytes: number])[] = [
  ['512B', 512],
  ['64KiB', 65_536],
  ['8MiB', 8_388_608],
  ['1GiB', 1_073_741_824],
];

test('a size is bytes', () => {
  for (const [written, value] of sizes) {
    assert.deepEqual(parseSize(written), { kind: 'measured', value }, written);
  }
});

test('a number without a unit is refused with the two ways to write it', () => {
  const expected = '10 has no unit; write 10s for seconds or 10ms for milliseconds';
  assert.deepEqual(parseDuration(10), { kind: 'fault', message: expected });
  assert.deepEqual(parseDuration('10'), { kind: 'fault', message: expected });
  assert.deepEqual(parseSize(8192), {
    kind: 'fault',
    message: '8192 has no unit; write 8192B for bytes or 8192KiB for kibibytes',
  });
});

test('what is nearly a duration or a size is refused', () => {
  const nearlyDurations = [
    '',
    's',
    '10 s',
    '1.5h',
    '-1s',
    '+1s',
    '10S',
    '10sec',
    '1h30m',
    '1e3ms',
    '10toString',
    1.5,
    true,
    null,
    [],
    {},
  ];
  for (const written of nearlyDurations) {
    const result = parseDuration(written);
    assert.ok(result.kind === 'fault' && result.message.startsWith('must be a duration'), String(written));
  }
  for (const written of ['64KB', '64K', '64kib', '64 KiB', '1TiB', '0x10B', '10s']) {
    const result = parseSize(written);
    assert.ok(result.kind === 'fault' && result.message.startsWith('must be a size'), written);
  }
});

test('a timer that Node would fire at once, and a wait of nothing, are refused', () => {
  for (const written of ['0ms', '0s', '577h', '999999999999999h']) {
    assert.deepEqual(parseDuration(written), { kind: 'fault', message: 'must be from 1ms to 576h' }, written);
  }
  for (const written of ['511B', '2GiB', '0KiB']) {
    assert.deepEqual(parseSize(written), { kind: 'fault', message: 'must be from 512B to 1GiB' }, written);
  }
});
