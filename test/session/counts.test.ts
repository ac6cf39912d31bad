/** What is counted for the log: the client's commands once each, and what the client was not shown. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../../src/imap-parser-lite/index.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';
import { hidingScript } from '../support/transcript.ts';

const settings: SessionSettings = {
  ...sessionSettings,
  hooks: { defines: { ...noHooks, capability: true, list: true } },
};

/** Plays lines of a client (C) and a server (S) and gives the counts at the end. */
function counted(lines: readonly string[], changes: Partial<SessionSettings> = {}): Session['counts'] {
  const session = new Session({ ...settings, ...changes });
  const take = (effects: readonly Effect[]): void => {
    for (const effect of effects)
      if (effect.kind === 'ask') take(session.answered(hidingScript(effect.question)));
  };
  take(session.start());
  for (const line of lines) {
    const bytes = fromLatin1(`${line.slice(3)}\r\n`);
    take(line.startsWith('C') ? session.fromClient(bytes) : session.fromUpstream(bytes));
  }
  return session.counts;
}

const loggedIn = ['S: * OK ready', 'C: a LOGIN joe secret', 'S: a OK welcome'];

test('a command counts once: one that is none, a refused one, one with literals, those that wait for each other', () => {
  const { commands } = counted([
    'S: * OK ready',
    'C: nonsense',
    'C: a COMPRESS DEFLATE',
    'C: b LOGIN {3}',
    'S: + go on',
    'C: joe {6}',
    'S: + go on',
    'C: secret',
    'S: b OK welcome',
    'C: c ID {4}',
    'C: name NIL',
    'C: d STATUS {5}',
    'S: + go on',
    'C: INBOX (MESSAGES)',
    'C: e LIST "" "*"',
    'S: d OK done',
    'S: e OK done',
    'C: f IDLE',
    'S: + idling',
    'C: DONE',
    'S: f OK done',
  ]);
  assert.equal(commands, 7);
});

test('with enforce a command that waits until its folder is known counts once, and our own not at all', () => {
  const { commands, foldersHidden } = counted(
    [
      ...loggedIn,
      'C: b SELECT Hidden',
      'S: * LIST () "/" Hidden',
      'S: imapveil-1 OK done',
      'S: b NO no such folder',
      'C: c NOOP',
    ],
    { enforce: true },
  );
  assert.deepEqual({ commands, foldersHidden }, { commands: 3, foldersHidden: 0 });
});

test('a hidden folder counts each time that it is left out, one that comes alone and one of many', () => {
  const many = Array.from(
    { length: 600 },
    (_, at) => `S: * LIST () "/" ${at % 10 === 0 ? `${at}Hidden` : at}`,
  );
  const { foldersHidden } = counted([
    ...loggedIn,
    'C: b LIST "" "*"',
    ...many,
    'S: b OK done',
    'C: c LSUB "" "*"',
    'S: * LSUB () "/" Hidden',
    'S: * LSUB () "/" Work',
    'S: c OK done',
  ]);
  assert.equal(foldersHidden, 61);
});

test('without a script no folder is hidden, and what the proxy refuses is not shown', () => {
  const { foldersHidden, capabilitiesRemoved } = counted(
    [
      'S: * OK [CAPABILITY IMAP4rev1 IDLE COMPRESS=DEFLATE] ready',
      'C: a LOGIN joe secret',
      'S: a OK [CAPABILITY IMAP4rev1 IDLE COMPRESS=DEFLATE AUTH=GSSAPI] welcome',
      'C: b LIST "" "*"',
      'S: * LIST () "/" Hidden',
      'S: b OK done',
    ],
    { hooks: { defines: noHooks } },
  );
  assert.deepEqual({ foldersHidden, capabilitiesRemoved }, { foldersHidden: 0, capabilitiesRemoved: 2 });
});

test('removed capabilities are those of the last list, what the script took with what the proxy took', () => {
  const before = ['S: * OK [CAPABILITY IMAP4rev1 IDLE COMPRESS=DEFLATE AUTH=GSSAPI] ready'];
  assert.equal(counted(before).capabilitiesRemoved, 3);
  const after = ['C: a LOGIN joe secret', 'S: a OK [CAPABILITY IMAP4rev1 IDLE] welcome'];
  assert.equal(counted([...before, ...after]).capabilitiesRemoved, 1);
});

test('what the proxy adds to a list takes nothing from the number of removed words', () => {
  const { capabilitiesRemoved } = counted(['S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready'], {
    defaultMode: 3,
    hooks: { defines: noHooks },
  });
  assert.equal(capabilitiesRemoved, 2);
});
