import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { readFolder } from '../../src/rewrite/list.ts';
import { oldName, withoutOldName } from '../../src/rewrite/old-name.ts';

test('P22: OLDNAME is found among other extended data, in every spelling, and taken out alone', () => {
  const table: readonly (readonly [extended: string, old: string | undefined, without: string])[] = [
    [' ("OLDNAME" ("was"))', 'was', ''],
    [' (oldname (was))', 'was', ''],
    [' (OLDNAME ({3}\r\nw"s))', 'w"s', ''],
    [
      ' ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("&AOk-") X y)',
      '\xc3\xa9',
      ' ("CHILDINFO" ("SUBSCRIBED") X y)',
    ],
    [' ("CHILDINFO" ("OLDNAME"))', undefined, ' ("CHILDINFO" ("OLDNAME"))'],
    ['', undefined, ''],
  ];
  for (const [extended, old, without] of table) {
    const folder = readFolder(fromLatin1(`* LIST () "/" now${extended}\r\n`), 'modified-utf7')!;
    const found = oldName(folder, 'modified-utf7');
    assert.equal(found && latin1(found), old, extended);
    assert.equal(latin1(withoutOldName(folder.extended)), without, extended);
  }
});
