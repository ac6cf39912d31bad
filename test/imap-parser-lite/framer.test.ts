import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, Framer, type Segment } from '../../src/imap-parser-lite/index.ts';
import { escapeBytes, everySplit, readCases, unescapeBytes } from '../support/cases.ts';

/** What a framer says about chunks, one line a segment; the parts of one literal are joined. */
function framed(framer: Framer, chunks: readonly Uint8Array[]): string[] {
  const said: string[] = [];
  let literal: Uint8Array[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
      if (segment.kind === 'literal') {
        literal.push(segment.bytes);
        if (!segment.complete) continue;
        said.push(`literal ${escapeBytes(concat(literal))}`);
        literal = [];
        continue;
      }
      said.push(describe(segment));
      if (segment.kind === 'fault') return said;
    }
  }
  if (literal.length > 0) said.push(`literal so far ${escapeBytes(concat(literal))}`);
  return said;
}

function describe(segment: Exclude<Segment, { kind: 'literal' }>): string {
  if (segment.kind === 'fault') return `fault ${segment.fault.code}`;
  const { bytes, first, literal } = segment;
  const mark = literal
    ? ` -> ${literal.binary ? '~' : ''}${literal.size}${literal.synchronising ? '' : '+'}`
    : '';
  return `${first ? 'first' : 'line'} ${escapeBytes(bytes)}${mark}`;
}

for (const { name, settings, blocks } of readCases('framing')) {
  test(name, () => {
    const input = unescapeBytes(blocks.get('input')!.replaceAll('\n', ''));
    const expected = blocks
      .get('expected')!
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '');
    const sender = settings.get('sender') as 'client' | 'server';
    for (const chunks of everySplit(input)) {
      const framer = new Framer(sender);
      const longest = settings.get('longest');
      if (longest !== undefined) framer.longestLine = Number(longest);
      assert.deepEqual(
        framed(framer, chunks),
        expected,
        `in ${chunks.length} chunks, the first of ${chunks[0]!.length}`,
      );
    }
  });
}

test('it is known that the next byte belongs to a literal, from the announcing line to its last byte', () => {
  const input = '* 1 FETCH (BODY[] {3}\r\nabc X {0}\r\n)\r\n';
  const inside = new Set(
    ['* 1 FETCH (BODY[] {3}\r\n', 'a', 'b'].map((_, at, all) => all.slice(0, at + 1).join('')),
  );
  for (const takes of ['next', 'skip'] as const) {
    const framer = new Framer('server');
    for (let at = 1; at <= input.length; at++) {
      const byte = Buffer.from(input.slice(at - 1, at));
      if (takes === 'next' || framer.skip(byte, new Uint8Array(256)) === 0) framer.push(byte);
      while (framer.next() !== undefined);
      assert.equal(
        framer.inLiteral,
        inside.has(input.slice(0, at)),
        `${takes}, behind ${input.slice(0, at)}`,
      );
    }
  }
});

test('P3: after abandonMessage the bytes that would have been a literal are a command', () => {
  const framer = new Framer('client');
  framer.push(new TextEncoder().encode('a APPEND x {10}\r\nb LOGOUT\r\n'));
  assert.equal(framer.next()?.kind, 'line');
  framer.abandonMessage();
  const next = framer.next();
  assert.ok(next?.kind === 'line' && next.first);
  assert.equal(escapeBytes(next.bytes), 'b LOGOUT\\r\\n');
});

test('P11: an opaque line is no command, whatever it looks like', () => {
  const framer = new Framer('client');
  framer.push(new TextEncoder().encode('a LOGIN "x {5}\r\nnext\r\n'));
  const line = framer.next('opaque');
  assert.ok(line?.kind === 'line' && line.complete && line.literal === undefined);
  assert.equal(escapeBytes(line.bytes), 'a LOGIN "x {5}\\r\\n');
});

test('a line too long to hold goes on in parts, and its literal is still seen', () => {
  const line = new TextEncoder().encode(`* SEARCH ${'12345 '.repeat(40_000)}{3}\r\nabc\r\n`);
  for (const size of [1000, 65_536, line.length]) {
    const framer = new Framer('server');
    const parts: Uint8Array[] = [];
    let literal = '';
    for (let at = 0; at < line.length; at += size) {
      framer.push(line.slice(at, at + size));
      for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
        assert.notEqual(segment.kind, 'fault');
        if (segment.kind === 'fault') return;
        parts.push(segment.bytes);
        if (segment.kind === 'literal') literal += escapeBytes(segment.bytes);
      }
    }
    assert.deepEqual(concat(parts), line);
    assert.equal(literal, 'abc');
    assert.ok(size === line.length || parts.length > 4, `the line was not held whole (${parts.length})`);
    assert.ok(framer.atBoundary);
  }
});

test('P7: quotes that are not closed are the fault of a line that may go on in parts, however it comes', () => {
  const held = 65_536;
  for (const length of [held, held + 1, 3 * held]) {
    const line = Buffer.from(`a X "${'x'.repeat(length - 7)}\r\n`);
    for (const size of [1, 1000, held, length]) {
      const framer = new Framer('client');
      let code: string | undefined;
      for (let at = 0; at < length && code === undefined; at += size) {
        framer.push(line.subarray(at, at + size));
        for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
          if (segment.kind !== 'fault') continue;
          code = segment.fault.code;
          break;
        }
      }
      assert.equal(code, length > held ? 'quotes-not-closed' : undefined, `${length} in pieces of ${size}`);
    }
  }
});

test('what is held of an unfinished line does not keep the chunks alive that it came in', () => {
  const framer = new Framer('client');
  for (let count = 0; count < 8000; count++) framer.push(new Uint8Array(65_536).fill(0x61).subarray(0, 1));
  assert.equal(framer.next(), undefined);
  assert.equal(framer.pending, 8000);
});

test('what is held of a line without an end is always less than a full buffer: its reader may stop at one', () => {
  for (const sender of ['client', 'server'] as const) {
    for (const size of [1, 1000, 65_535, 65_536, 65_537]) {
      const framer = new Framer(sender);
      for (let pushed = 0; pushed < 3 * 65_536; pushed += size) {
        framer.push(new Uint8Array(size).fill(0x61));
        while (framer.next() !== undefined);
        assert.ok(framer.pending < 65_536, `${framer.pending} bytes of ${sender} in chunks of ${size}`);
      }
    }
  }
});
