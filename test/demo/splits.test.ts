/** One conversation, its bytes arriving in every way that they can: the answers are the same. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { serveConnection } from '../../src/demo/connection.ts';
import { makeStore } from '../../src/demo/seed.ts';

/** As much of a socket as a connection uses; chunks arrive exactly as they are given. */
class ChunkedSocket extends EventEmitter {
  writable = true;
  #written = '';

  write(bytes: Uint8Array): boolean {
    this.#written += Buffer.from(bytes).toString('latin1');
    return true;
  }

  end(): this {
    this.writable = false;
    return this;
  }

  /** UIDVALIDITY is the time of day, and no part of the comparison. */
  get answers(): string {
    return this.#written.replace(/(UIDVALIDITY|APPENDUID) \d+/g, '$1');
  }
}

function answersTo(chunks: readonly string[]): string {
  const socket = new ChunkedSocket();
  serveConnection(socket as unknown as Socket, makeStore());
  for (const chunk of chunks) socket.emit('data', Buffer.from(chunk, 'latin1'));
  socket.emit('close');
  return socket.answers;
}

const message = 'Subject: {5}\r\n\r\n"* BYE\r\n';
const conversation = [
  'a AUTHENTICATE PLAIN\r\n*\r\n',
  'b LOGIN {4}\r\ndemo {4+}\r\ndemo\r\n',
  'c LIST "" {10+}\r\nTeam Notes RETURN (STATUS (MESSAGES))\r\n',
  `d APPEND {4}\r\nSent (\\Seen) {${message.length}}\r\n${message}\r\n`,
  'e APPEND Nowhere {11}\r\nf NOOP\r\n',
  'g SELECT "Sent"\r\nh IDLE\r\nDONE\r\n',
  'i FETCH 1 (FLAGS BODY[HEADER.FIELDS (Subject)]<0.7>)\r\n',
  'j STATUS "a\\"{3}" (MESSAGES)\r\n',
  'k LOGOUT\r\n',
].join('');

test('a conversation with literals is answered the same at every split, and one byte at a time', () => {
  const whole = answersTo([conversation]);
  for (const answer of [
    'a BAD',
    'b OK',
    'c OK',
    'd OK [APPENDUID 1]',
    'e NO [TRYCREATE]',
    'f OK',
    'h OK',
    'i OK',
    'j NO',
    'k OK',
  ])
    assert.ok(whole.includes(`\r\n${answer}`), `${answer} in\n${whole}`);
  for (let at = 1; at < conversation.length; at++)
    assert.equal(answersTo([conversation.slice(0, at), conversation.slice(at)]), whole, `split at ${at}`);
  assert.equal(answersTo([...conversation]), whole);
});
