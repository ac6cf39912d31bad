/** What must not go up does not go up in two halves either: a line of more than 64 KiB is passed on in parts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutScript } from '../../src/hooks/answers.ts';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';

const held = 64 * 1024;
/** The first part is as long as this, the next one begins behind it. */
const part = held - 64;

const hidesFolders: SessionSettings = {
  ...sessionSettings,
  enforce: true,
  hooks: { defines: { ...noHooks, list: true } },
};
const hidesCapabilities: SessionSettings = {
  ...sessionSettings,
  enforce: true,
  hooks: { defines: { ...noHooks, capability: true } },
};

/** A session behind login that sends `line`, to a server whose CONDSTORE and BINARY the script hides. */
function sent(settings: SessionSettings, line: string): { upstream: string; ends: readonly string[] } {
  const upstream: string[] = [];
  const ends: string[] = [];
  const session = new Session(settings);
  const take = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'write-upstream') upstream.push(latin1(effect.bytes));
      if (upstream.at(-1)?.endsWith('}\r\n')) {
        upstream.push('');
        take(session.fromUpstream(fromLatin1('+ go on\r\n')));
      }
      if (effect.kind === 'end') ends.push(effect.cause.code);
      if (effect.kind !== 'ask') continue;
      const answer = withoutScript(effect.question, 'pass');
      const shown = answer.kind === 'capability' ? { ...answer, capabilities: ' IMAP4rev1 ' } : answer;
      take(session.answered(shown));
    }
  };
  take(session.start());
  take(session.fromUpstream(fromLatin1('* OK ready\r\n')));
  take(session.fromClient(fromLatin1('l LOGIN joe secret\r\n')));
  take(session.fromUpstream(fromLatin1('l OK [CAPABILITY IMAP4rev1 CONDSTORE BINARY] in\r\n')));
  const bytes = fromLatin1(line);
  for (let at = 0; at < bytes.length; at += held) take(session.fromClient(bytes.slice(at, at + held)));
  return { upstream: upstream.join(''), ends };
}

const words: readonly (readonly [
  settings: SessionSettings,
  command: string,
  word: string,
  behind: string,
])[] = [
  [hidesFolders, 'UID FETCH 1', 'X-GM-LABELS', ''],
  [hidesCapabilities, 'FETCH 1', 'BINARY[', '1]'],
  [hidesCapabilities, 'UID STORE 1', '(UNCHANGEDSINCE', ' 5) FLAGS (\\Seen)'],
];

for (const [settings, command, word, behind] of words) {
  test(`P9, P29: ${word} is found wherever a long line is cut`, () => {
    for (let cut = 0; cut <= word.length; cut++) {
      const before = `a ${command}`.padEnd(part - cut - 1, ',1');
      const { upstream, ends } = sent(settings, `${before} ${word}${behind}${' '.repeat(2 * held)}\r\n`);
      // Refused at once where the first part has all of it.
      assert.deepEqual(ends, cut === word.length ? [] : ['client-refused'], `cut behind ${cut}`);
      assert.ok(!upstream.includes(word), `cut behind ${cut}`);
    }
  });
}

test('P9: a string that is cut in two hides nothing behind its end, and what is in it is no word', () => {
  const before = 'a SEARCH SUBJECT "'.padEnd(part - 1, 'x');
  const spaces = ' '.repeat(held);
  for (const cut of ['xx', '\\"', '\\\\']) {
    const hiding = sent(hidesCapabilities, `${before}${cut}" MODSEQ 1 SUBJECT "x"${spaces}\r\n`);
    assert.deepEqual(hiding.ends, ['client-refused'], cut);
    const harmless = sent(hidesCapabilities, `${before}${cut} MODSEQ 1 \\" MODSEQ 2" SUBJECT x${spaces}\r\n`);
    assert.deepEqual(harmless.ends, [], cut);
    assert.match(harmless.upstream, /MODSEQ 2/);
  }
});

test('P9: behind a literal, of a command that is never long nothing goes up in parts', () => {
  const { upstream, ends } = sent(
    hidesCapabilities,
    `a STATUS {5+}\r\nINBOX (${' '.repeat(2 * held)}MESSAGES)\r\n`,
  );
  assert.deepEqual(ends, ['client-refused']);
  assert.match(upstream, /STATUS \{5\}\r\nINBOX$/);
});
