/** Why a session ended, as the log tells it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../../src/imap-parser-lite/index.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';

/** Plays lines of a client (C) and a server (S), then one side closes. */
function causeOf(lines: readonly string[], closes: 'client' | 'server'): string | undefined {
  const session = new Session(sessionSettings);
  session.start();
  for (const line of lines) {
    const bytes = fromLatin1(`${line.slice(3)}\r\n`);
    if (line.startsWith('C')) session.fromClient(bytes);
    else session.fromUpstream(bytes);
  }
  const effects = closes === 'client' ? session.clientClosed() : session.upstreamClosed();
  const end = effects.find(({ kind }) => kind === 'end');
  return end?.kind === 'end' ? end.cause.code : undefined;
}

const logout = ['S: * OK ready', 'C: a LOGOUT', 'S: * BYE bye', 'S: a OK done'];

for (const closes of ['client', 'server'] as const) {
  test(`behind the OK to LOGOUT it is a logout, though the ${closes} closes first`, () => {
    assert.equal(causeOf(logout, closes), 'logout');
  });
}

test('a LOGOUT that the server has not answered is none yet', () => {
  assert.equal(causeOf(logout.slice(0, 2), 'client'), 'client-closed');
  assert.equal(causeOf(logout.slice(0, 2), 'server'), 'upstream-closed');
});
