import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, Framer, type Segment, type Sender } from '../../src/imap-parser-lite/index.ts';

/** Pieces that make lines which mean something, so that chance finds more than garbage. */
const pieces = fc.constantFrom(
  'a1 ',
  'LOGIN ',
  '* ',
  'OK ',
  'LIST ',
  '1 FETCH ',
  '+ ',
  '"',
  '\\',
  '\\"',
  '(',
  ')',
  ' ',
  '{3}',
  '{0}',
  '{2+}',
  '~{1}',
  '{9',
  '}',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  'abc',
  '[CAPABILITY',
  ']',
  '\xe9',
  '{-1}',
  '{007}',
  '{99999999999999999999}',
);
const likely = fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''), 'latin1'));
const bytes = fc.oneof(
  likely,
  fc.uint8Array({ maxLength: 200 }).map((random) => Buffer.from(random)),
);
const sender = fc.constantFrom<Sender>('client', 'server');
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 6 });

function run(framer: Framer, chunks: readonly Uint8Array[]): Segment[] {
  const segments: Segment[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
      segments.push(segment);
      if (segment.kind === 'fault') return segments;
    }
  }
  return segments;
}

function cut(input: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.filter((place) => place > 0 && place < input.length))].sort(
    (left, right) => left - right,
  );
  return [...places, input.length].map((end, index) => input.subarray(places[index - 1] ?? 0, end));
}

/** Segments with the parts of each literal joined, comparable across splits. */
function meaning(segments: readonly Segment[]): string[] {
  const meanings: string[] = [];
  let literal = '';
  for (const segment of segments) {
    if (segment.kind === 'fault') meanings.push(segment.fault.code);
    else if (segment.kind === 'line')
      meanings.push(`${segment.first} ${Buffer.from(segment.bytes).toString('latin1')}`);
    else {
      literal += Buffer.from(segment.bytes).toString('latin1');
      if (!segment.complete) continue;
      meanings.push(`literal ${literal}`);
      literal = '';
    }
  }
  return literal === '' ? meanings : [...meanings, `literal so far ${literal}`];
}

test('what is framed, joined, is what came in; what is not framed yet is pending', () => {
  fc.assert(
    fc.property(sender, bytes, cuts, (who, input, at) => {
      const framer = new Framer(who);
      const segments = run(framer, cut(input, at));
      if (segments.at(-1)?.kind === 'fault') return;
      const framed = concat([
        new Uint8Array(0),
        ...segments.flatMap((segment) => (segment.kind === 'fault' ? [] : [segment.bytes])),
      ]);
      assert.deepEqual(Buffer.from(framed), input.subarray(0, framed.length));
      assert.equal(framer.pending, input.length - framed.length);
    }),
    { numRuns: 2000 },
  );
});

test('where the chunks are cut changes nothing about what is framed', () => {
  fc.assert(
    fc.property(sender, bytes, cuts, (who, input, at) => {
      const whole = meaning(run(new Framer(who), [input]));
      assert.deepEqual(meaning(run(new Framer(who), cut(input, at))), whole);
      assert.deepEqual(
        meaning(run(new Framer(who), cut(input, input.length > 0 ? [...input.keys()] : []))),
        whole,
      );
    }),
    { numRuns: 2000 },
  );
});

/** Every chunk offered to `skip` first, as long as it takes something, and all reading by runs where there are any. */
function runInPieces(framer: Framer, chunks: readonly Uint8Array[]): Segment[] {
  const marked = new Uint8Array(256);
  for (const letter of '0123456789LO') marked[letter.charCodeAt(0)] = 1;
  const segments: Segment[] = [];
  const line = (bytes: Uint8Array): void => {
    segments.push({ kind: 'line', bytes, first: true, complete: true, literal: undefined });
  };
  for (const chunk of chunks) {
    let rest = chunk;
    for (let taken = framer.skip(rest, marked); taken > 0; taken = framer.skip(rest, marked)) {
      // Whether it was of a literal or a run is told by what came before.
      const piece = rest.subarray(0, taken);
      const before = segments.at(-1);
      const inLiteral =
        before?.kind === 'line'
          ? before.literal !== undefined
          : before?.kind === 'literal' && !before.complete;
      if (inLiteral)
        segments.push({ kind: 'literal', bytes: piece, complete: framer.unfinished?.kind !== 'literal' });
      else
        for (const text of Buffer.from(piece)
          .toString('latin1')
          .match(/[^\n]*\n/g)!)
          line(Buffer.from(text, 'latin1'));
      rest = rest.subarray(taken);
    }
    framer.push(rest);
    for (;;) {
      const piece = framer.nextRun((bytes, start) => bytes[start + 2] === 0x4c);
      if (piece !== undefined) {
        for (const text of Buffer.from(piece)
          .toString('latin1')
          .match(/[^\n]*\n/g)!)
          line(Buffer.from(text, 'latin1'));
        continue;
      }
      const segment = framer.next();
      if (segment === undefined) break;
      segments.push(segment);
      if (segment.kind === 'fault') return segments;
    }
  }
  return segments;
}

test('what is taken in pieces is what is framed one by one', () => {
  fc.assert(
    fc.property(bytes, cuts, (input, at) => {
      const chunks = cut(input, at);
      assert.deepEqual(
        meaning(runInPieces(new Framer('server'), chunks)),
        meaning(run(new Framer('server'), chunks)),
      );
    }),
    { numRuns: 5000 },
  );
});

test('after a fault there is nothing more to be had', () => {
  const framer = new Framer('client');
  framer.push(Buffer.from('a X {-1}\r\nb NOOP\r\n'));
  const fault = framer.next();
  assert.equal(fault?.kind, 'fault');
  framer.push(Buffer.from('c NOOP\r\n'));
  assert.equal(framer.next(), fault);
});
