import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { Family } from '../../src/rewrite/children.ts';

/** A family of `attributes name` lines; a name in brackets is hidden. */
function family(...folders: readonly string[]): Family {
  const all = new Family();
  for (const folder of folders) {
    const [, attributes = '', mark, name = ''] = /^\((.*)\) (\[?)([^\]]*)/.exec(folder) ?? [];
    all.add(fromLatin1(`* LIST (${attributes}) "/" ${name}\r\n`), 'utf8', mark === '[');
  }
  return all;
}

function corrected(all: Family, response: string): string | undefined {
  const answer = all.correct(fromLatin1(`${response}\r\n`), 'utf8');
  return answer && latin1(answer).trimEnd();
}

test('P29: what is hidden once stays hidden in answers that tell other attributes of it', () => {
  const all = family('(\\Junk) [Spam]', '() [inbox/x]', '() Work', '() [Inbox]');
  for (const answer of ['* LIST () "/" Spam', '* LSUB () "." "Spam"', '* XLIST (\\Inbox) "/" INBOX'])
    assert.equal(corrected(all, answer), undefined, answer);
  assert.equal(corrected(all, '* LSUB () "/" Work'), '* LSUB () "/" Work');
  assert.equal(corrected(all, '* LIST () "/" Unheard'), '* LIST () "/" Unheard');
});

test('P25: what is no mailbox itself counts for its parents as it is shown', () => {
  const hasNone = '* LIST (\\HasNoChildren) "/" P';
  const table: readonly (readonly [folders: readonly string[], answer: string | undefined])[] = [
    // Shown, with nothing below it, or with something that is shown.
    [['() [P/Hidden]', '(\\Noselect) P/Q'], '* LIST (\\HasChildren) "/" P'],
    [['() [P/Hidden]', '(\\Noselect) P/Q', '() [P/Q/x]', '() P/Q/y'], '* LIST (\\HasChildren) "/" P'],
    [
      ['() [P/Hidden]', '(\\NonExistent) P/Q', '() [P/Q/x]', '(\\Noselect) P/Q/R'],
      '* LIST (\\HasChildren) "/" P',
    ],
    // Left out with all that is below it, however deep, or hidden itself.
    [['(\\Noselect) P/Q', '() [P/Q/x]'], hasNone],
    [['(\\Noselect) P/Q', '(\\NonExistent) P/Q/R', '() [P/Q/R/x]'], hasNone],
    [['(\\Noselect) [P/Q]'], hasNone],
  ];
  for (const [folders, answer] of table) {
    for (const given of [folders, folders.toReversed()])
      assert.equal(corrected(family(...given), '* LIST (\\HasChildren) "/" P'), answer, given.join(', '));
  }
});

test('P25: a folder that is listed for what matches below it is left out where all of that is hidden', () => {
  const all = family('() P', '() [P/Hidden]', '() Q', '() [Q/Hidden]', '() Q/x');
  const childInfo = '("CHILDINFO" ("SUBSCRIBED"))';
  assert.equal(corrected(all, `* LIST () "/" P ${childInfo}`), undefined);
  assert.equal(corrected(all, '* LIST (\\HasChildren) "/" P (CHILDINFO (SUBSCRIBED))'), undefined);
  // It matches itself as well.
  assert.equal(corrected(all, `* LIST (\\Subscribed) "/" P ${childInfo}`), '* LIST (\\Subscribed) "/" P');
  assert.equal(corrected(all, '* LIST (\\Junk) "/" P (CHILDINFO (SPECIAL-USE))'), '* LIST (\\Junk) "/" P');
  const shown = `* LIST () "/" Q ${childInfo}`;
  assert.equal(corrected(all, shown), shown);
});
