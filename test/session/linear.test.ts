/**
 * A6: what 200,000 empty literals cost is linear in their bytes, in both directions, in the framer and through the
 * session, and so is what many small chunks cost: four times as many take about four times as long, where rescanning
 * would take sixteen times.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Framer, fromLatin1 } from '../../src/imap-parser-lite/index.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';

const MANY = 200_000;
/** As many bytes of a client may wait. */
const BACKLOG = 64 * 1024;
/** Four is linear, sixteen is quadratic; between them there is room for a busy machine. */
const LINEAR = 9;
/** The size of what a socket hands over, and something small and odd. */
const chunkSizes = [64 * 1024, 1447];

const settings: SessionSettings = {
  ...sessionSettings,
  hooks: { defines: { ...noHooks, capability: true, list: true } },
};

function* chunks(text: string, size: number): Generator<Uint8Array> {
  const bytes = fromLatin1(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

function greetedSession(): Session {
  const session = new Session(settings);
  session.start();
  session.fromUpstream(fromLatin1('* OK ready\r\n'));
  return session;
}

const ways: Readonly<Record<string, (count: number, size: number) => number>> = {
  'the framer, from a client': (count, size) =>
    framed('client', `a X {0+}\r\n${' {0+}\r\n'.repeat(count)}`, size),
  'the framer, from a server': (count, size) =>
    framed('server', `* 1 FETCH ({0}\r\n${' {0}\r\n'.repeat(count)}`, size),
  'the session, from a server': (count, size) => {
    const session = greetedSession();
    let written = 0;
    for (const chunk of chunks(`* 1 FETCH (X {0}\r\n${' {0}\r\n'.repeat(count)})\r\n`, size))
      for (const effect of session.fromUpstream(chunk)) if (effect.kind === 'write-client') written++;
    return written;
  },
  'the session, from a server, in what is collected': (count, size) => {
    const session = greetedSession();
    let seen = 0;
    for (const chunk of chunks(`* LIST () "/" {0}\r\n${' {0}\r\n'.repeat(count)}`, size))
      seen += session.fromUpstream(chunk).length + 1;
    return seen;
  },
  'the session, from a client, asked for one by one': (count, size) => {
    const session = greetedSession();
    let written = 0;
    for (const chunk of chunks(`a X {0+}\r\n${' {0+}\r\n'.repeat(count)}\r\n`, size))
      session.fromClient(chunk);
    const goOn = fromLatin1('+ \r\n');
    for (let asked = 0; asked <= count; asked++)
      for (const effect of session.fromUpstream(goOn)) if (effect.kind === 'write-upstream') written++;
    return written;
  },
  'the session, from a client, read over': (count, size) => {
    const session = greetedSession();
    let seen = 0;
    for (const chunk of chunks(`a COMPRESS {0+}\r\n${' {0+}\r\n'.repeat(count)}\r\n`, size))
      seen += session.fromClient(chunk).length + 1;
    return seen;
  },
};

test('A5, A6: TLS records of one byte, all of which wait for the answer to a login', () => {
  assertLinear((bytes) => {
    const framer = new Framer('client');
    for (const chunk of chunks('b NOOP\r\n'.repeat(bytes / 8), 1)) framer.push(chunk);
    let segments = 0;
    while (framer.next() !== undefined) segments++;
    return segments;
  }, BACKLOG);
});

function framed(sender: 'client' | 'server', text: string, size: number): number {
  const framer = new Framer(sender);
  let segments = 0;
  for (const chunk of chunks(text, size)) {
    framer.push(chunk);
    while (framer.next() !== undefined) segments++;
  }
  return segments;
}

describe('A6: 200,000 empty literals', () => {
  for (const [name, way] of Object.entries(ways)) {
    for (const size of chunkSizes) {
      test(`${name}, in chunks of ${size}`, () => assertLinear((count) => way(count, size)));
    }
  }
});

function assertLinear(way: (count: number) => number, many = MANY): void {
  const few = many / 4;
  // The first run is for the compiler. The machine has other work, so one good measure of five is enough: what is
  // quadratic is sixteen times slower every time.
  way(few);
  const ratios: number[] = [];
  for (let attempt = 0; attempt < 5 && !ratios.some((ratio) => ratio < LINEAR); attempt++) {
    const ofFew = Math.max(
      milliseconds(() => way(few)),
      2,
    );
    ratios.push(milliseconds(() => way(many)) / ofFew);
  }
  assert.ok(Math.min(...ratios) < LINEAR, `${many} took ${ratios.join(', ')} times as long as ${few}`);
}

function milliseconds(work: () => number): number {
  const start = performance.now();
  assert.ok(work() > 0);
  return performance.now() - start;
}
