/**
 * How time and size are written in `proxy.yaml`: a whole number and its unit, nothing between them. A number
 * without a unit is never guessed at, because ten seconds and ten milliseconds are different promises.
 */

export type Measured =
  | { readonly kind: 'measured'; readonly value: number }
  | { readonly kind: 'fault'; readonly message: string };

interface Measure {
  readonly units: Readonly<Record<string, number>>;
  readonly shape: string;
  readonly unitless: (digits: string) => string;
  readonly minimum: number;
  readonly maximum: number;
  readonly range: string;
}

/** Timers hold 31 bits of milliseconds (24.8 days); Node fires a longer one at once. */
const LONGEST = 576 * 3_600_000;

const DURATION: Measure = {
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
  shape: 'a duration: a whole number and ms, s, m or h, such as 500ms, 10s, 5m or 1h',
  unitless: (digits) => `${digits}s for seconds or ${digits}ms for milliseconds`,
  minimum: 1,
  maximum: LONGEST,
  range: 'from 1ms to 576h',
};

/** Below 512 bytes not even an ordinary LOGIN fits; above 1 GiB a limit no longer limits anything. */
const SIZE: Measure = {
  units: { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  shape: 'a size: a whole number and B, KiB, MiB or GiB, such as 512B, 64KiB or 8MiB',
  unitless: (digits) => `${digits}B for bytes or ${digits}KiB for kibibytes`,
  minimum: 512,
  maximum: 1024 ** 3,
  range: 'from 512B to 1GiB',
};

/** `10s` → 10000: milliseconds. A fault is a sentence without its subject (`must be …`). */
export function parseDuration(written: unknown): Measured {
  return parse(written, DURATION);
}

/** `64KiB` → 65536: bytes. A fault is a sentence without its subject (`must be …`). */
export function parseSize(written: unknown): Measured {
  return parse(written, SIZE);
}

function parse(written: unknown, measure: Measure): Measured {
  const text = String(written);
  if (typeof written !== 'string' && typeof written !== 'number') return fault(`must be ${measure.shape}`);
  if (/^\d+$/.test(text)) return fault(`${text} has no unit; write ${measure.unitless(text)}`);

  const [, digits, unit] = /^(\d{1,15})([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit !== undefined && Object.hasOwn(measure.units, unit) ? measure.units[unit] : undefined;
  if (digits === undefined || factor === undefined) return fault(`must be ${measure.shape}`);

  const value = Number(digits) * factor;
  if (value < measure.minimum || value > measure.maximum) return fault(`must be ${measure.range}`);
  return { kind: 'measured', value };
}

function fault(message: string): Measured {
  return { kind: 'fault', message };
}
