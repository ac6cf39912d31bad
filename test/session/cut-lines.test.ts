/** What must not go up does not go up in two halves either: a line of more than 64 KiB is passed on in parts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutScript } from '../../src/hooks/answers.ts';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';

const held = 64 * 1024;
/** The first part is as long as this, the next one begins behind it. */
const part = held - 64;

test('P29: X-GM-LABELS is found wherever a long line is cut', () => {
  const word = 'X-GM-LABELS';
  for (let cut = 0; cut <= word.length; cut++) {
    const upstream: string[] = [];
    const ends: string[] = [];
    const session = new Session({
      ...sessionSettings,
      enforce: true,
      hooks: { defines: { ...noHooks, list: true } },
    });
    const take = (effects: readonly Effect[]): void => {
      for (const effect of effects) {
        if (effect.kind === 'write-upstream') upstream.push(latin1(effect.bytes));
        if (effect.kind === 'end') ends.push(effect.cause.code);
        if (effect.kind === 'ask') take(session.answered(withoutScript(effect.question, 'pass')));
      }
    };
    take(session.start());
    take(session.fromUpstream(fromLatin1('* OK ready\r\n')));
    take(session.fromClient(fromLatin1('l LOGIN joe secret\r\n')));
    take(session.fromUpstream(fromLatin1('l OK in\r\n')));
    const before = 'a UID FETCH 1'.padEnd(part - cut - 1, ',1');
    const line = fromLatin1(`${before} ${word}${' '.repeat(2 * held)}\r\n`);
    for (let at = 0; at < line.length; at += held) take(session.fromClient(line.slice(at, at + held)));
    assert.deepEqual(ends, cut === word.length ? [] : ['client-refused'], `cut behind ${cut}`);
    assert.ok(!upstream.join('').includes(word), `cut behind ${cut}`);
  }
});
