/** LIST in its forms, LSUB and STATUS: what a proxy in front has to rewrite. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern } from '../../src/demo/pattern.ts';
import { serve } from './served.ts';

test('LIST names every folder with its attributes, in modified UTF-7, quoted where needed (P27)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  assert.deepEqual((await imap.ok('LIST "" "*"')).untagged, [
    '* LIST (\\HasNoChildren) "/" INBOX\r\n',
    '* LIST (\\HasChildren \\Archive) "/" Archive\r\n',
    '* LIST (\\HasNoChildren) "/" Archive/2025\r\n',
    '* LIST (\\HasNoChildren \\Drafts) "/" Drafts\r\n',
    '* LIST (\\HasNoChildren) "/" Entw&APw-rfe\r\n',
    '* LIST (\\HasNoChildren) "/" Hidden\r\n',
    '* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n',
    '* LIST (\\HasNoChildren) "/" "Team Notes"\r\n',
    '* LIST (\\HasNoChildren \\Trash) "/" Trash\r\n',
  ]);
});

test('LIST "" "" answers with the delimiter (P23)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  assert.deepEqual((await imap.ok('LIST "" ""')).untagged, ['* LIST (\\Noselect) "/" ""\r\n']);
  assert.deepEqual((await imap.ok('LSUB "" ""')).untagged, ['* LSUB (\\Noselect) "/" ""\r\n']);
});

test('patterns: levels, reference, names in every spelling, INBOX in any case', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  const names = async (command: string): Promise<string[]> =>
    (await imap.ok(command)).untagged.map((line) => line.replace(/^\S+ \S+ \(.*?\) "\/" (.*)\r\n$/, '$1'));
  assert.deepEqual(await names('LIST "" "Archive%"'), ['Archive']);
  assert.deepEqual(await names('LIST "Archive/" %'), ['Archive/2025']);
  assert.deepEqual(await names('LIST "" inbox'), ['INBOX']);
  assert.deepEqual(await names('LIST "" "Team Notes"'), ['"Team Notes"']);
  assert.deepEqual(await names('LIST "" Entw&APw-*'), ['Entw&APw-rfe']);
  assert.deepEqual(await names('LIST "" {10+}\r\nTeam Notes'), ['"Team Notes"']);
  assert.deepEqual(await names('LIST "" ("Sent" "T%" "S*")'), ['Sent', '"Team Notes"', 'Trash']);
  assert.deepEqual(await names('LIST "" Nowhere'), []);
});

test('a pattern of many wildcards takes no time', () => {
  assert.equal(matchesPattern('a'.repeat(200), `${'*a%'.repeat(200)}b`), false);
  assert.equal(matchesPattern('a/b', '%/%'), true);
  assert.equal(matchesPattern('a/b', '%'), false);
  assert.equal(matchesPattern('abc', '*b*'), true);
  assert.equal(matchesPattern('Grüße/😀', 'Gr%/*😀'), true);
  assert.equal(matchesPattern('abc', ''), false);
});

test('LIST-STATUS: each folder is followed by its counts, and other RETURN options go with it (P24)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  const { untagged } = await imap.ok(
    'LIST "" ("INBOX" "Hidden") RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))',
  );
  assert.deepEqual(untagged, [
    '* LIST (\\HasNoChildren \\Subscribed) "/" INBOX\r\n',
    '* STATUS INBOX (MESSAGES 3 UNSEEN 2)\r\n',
    '* LIST (\\HasNoChildren \\Subscribed) "/" Hidden\r\n',
    '* STATUS Hidden (MESSAGES 0 UNSEEN 0)\r\n',
  ]);
});

test('selection options: special use, and a parent listed for its subscribed child', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  assert.equal((await imap.ok('LIST (SPECIAL-USE) "" *')).untagged.length, 4);
  const { untagged } = await imap.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "A%"');
  assert.deepEqual(untagged, [
    '* LIST (\\HasChildren \\Archive) "/" Archive ("CHILDINFO" ("SUBSCRIBED"))\r\n',
  ]);
  assert.deepEqual((await imap.ok('LIST (SUBSCRIBED) "" "A%"')).untagged, []);
});

test('options that the server does not know are refused (RFC 5258 §3)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  for (const command of [
    'LIST (RECURSIVEMATCH) "" *',
    'LIST (COLOURFUL) "" *',
    'LIST "" * RETURN (MYRIGHTS)',
    'LIST "" * RETURN (STATUS)',
    'LIST "" * RETURN',
    'LIST "" * BACK ()',
    'LIST ""',
  ])
    assert.match((await imap.command(command)).tagged, /^t\d+ BAD LIST takes/, command);
});

test('LSUB: a parent that only leads to a subscribed child is \\Noselect (P26)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  assert.deepEqual((await imap.ok('LSUB "" "A%"')).untagged, ['* LSUB (\\Noselect) "/" Archive\r\n']);
  assert.deepEqual((await imap.ok('LSUB "" "A*"')).untagged, ['* LSUB () "/" Archive/2025\r\n']);
});

test('STATUS', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  const { untagged } = await imap.ok('STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)');
  assert.match(
    untagged.join(''),
    /^\* STATUS INBOX \(MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY [1-9]\d* UNSEEN 2\)\r\n$/,
  );
  assert.match((await imap.command('STATUS Nowhere (MESSAGES)')).tagged, /NO \[NONEXISTENT\]/);
});
