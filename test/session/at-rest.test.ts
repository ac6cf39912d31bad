/**
 * A session that has said something and rests keeps nothing of it: what thousands of them keep, V8 carries along
 * in each small collection, and NOOP costs more the more sessions there are.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fromLatin1 } from '../../src/imap-parser-lite/index.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

const MANY = 5000;

function loggedIn(): Session {
  const session = new Session(sessionSettings);
  session.start();
  session.fromUpstream(fromLatin1('* OK ready\r\n'));
  session.fromClient(fromLatin1('a LOGIN joe secret\r\n'));
  session.fromUpstream(fromLatin1('a OK welcome\r\n'));
  return session;
}

test('a session at rest keeps nothing of its last command', () => {
  const sessions = Array.from({ length: MANY }, loggedIn);
  const sayNoop = (): void => {
    for (const session of sessions) {
      session.fromClient(fromLatin1('b NOOP\r\n'));
      session.fromUpstream(fromLatin1('* 1 EXISTS\r\nb OK done\r\n'));
    }
  };
  sayNoop();
  collect();
  collect();
  const before = process.memoryUsage().heapUsed;
  sayNoop();
  // Small collections only: what they find is what each of them would have to carry. The second one settles it.
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  const each = (process.memoryUsage().heapUsed - before) / MANY;
  assert.ok(each < 150, `${Math.round(each)} bytes of each session`);
});
