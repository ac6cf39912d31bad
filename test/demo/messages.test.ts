/** SELECT, FETCH, SEARCH, and what changes messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './served.ts';

test('SELECT and EXAMINE say what a client needs to know', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  const { untagged, tagged } = await imap.ok('SELECT "INBOX"');
  assert.match(
    untagged.join(''),
    /^\* FLAGS \(.*\* 3 EXISTS\r\n\* 0 RECENT\r\n\* OK \[UNSEEN 2\].*\[UIDNEXT 4\]/s,
  );
  assert.match(tagged, /OK \[READ-WRITE\]/);
  assert.match((await imap.ok('EXAMINE {10+}\r\nTeam Notes')).tagged, /OK \[READ-ONLY\]/);
  assert.match((await imap.command('SELECT Nowhere')).tagged, /NO \[NONEXISTENT\]/);
  assert.match((await imap.command('CHECK')).tagged, /BAD Select a mailbox first/);
});

test('FETCH: the attributes of a message', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const { untagged } = await imap.ok('FETCH 3 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)');
  const person = (name: string, local: string) => `(${name} NIL "${local}" "imapveil.example")`;
  const from = `(${person('"=?utf-8?q?Gr=C3=BC=C3=9Fe?="', 'greetings')})`;
  assert.equal(
    untagged.join(''),
    `* 3 FETCH (UID 3 FLAGS () INTERNALDATE " 9-Jul-2025 09:30:00 +0000" RFC822.SIZE 447 ` +
      `ENVELOPE ("Wed, 09 Jul 2025 09:30:00 +0000" "=?utf-8?q?Gr=C3=BC=C3=9Fe?= from a folded header" ` +
      `${from} ${from} ${from} (${person('"You"', 'you')}${person('"Second, The"', 'second')}) ` +
      `(${person('NIL', 'third')}) NIL "<1@imapveil.example>" "<3@imapveil.example>") ` +
      `BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" 18 1 NIL NIL NIL NIL))\r\n`,
  );
});

test('FETCH: whole, header, text, fields and parts of them, each as a literal of its true size', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const only = async (item: string): Promise<string> => {
    const { untagged } = await imap.ok(`FETCH 1 (${item})`);
    const match = /^\* 1 FETCH \((\S+(?: \([^)]*\)\S+)?) \{(\d+)\}\r\n(.*)\)\r\n$/s.exec(untagged.join(''));
    assert.ok(match, untagged.join(''));
    assert.equal(match[3]?.length, Number(match[2]));
    return `${match[1]}: ${match[3]}`;
  };
  const text =
    'It lives in memory and is gone when the proxy stops.\r\nName your own server under "upstream" in proxy.yaml.\r\n';
  const whole = (await only('BODY.PEEK[]')).replace('BODY[]: ', '');
  assert.match(whole, /^From: imapveil .*\r\n\r\nIt lives/s);
  assert.equal(await only('RFC822'), `RFC822: ${whole}`);
  assert.equal(await only('BODY[TEXT]'), `BODY[TEXT]: ${text}`);
  assert.equal(await only('BODY.PEEK[1]'), `BODY[1]: ${text}`);
  assert.equal(await only('BODY.PEEK[HEADER]'), `BODY[HEADER]: ${whole.replace(text, '')}`);
  assert.equal(
    await only('BODY.PEEK[HEADER.FIELDS (subject "TO")]'),
    'BODY[HEADER.FIELDS (SUBJECT TO)]: To: You <you@imapveil.example>\r\nSubject: This is the demo mailbox\r\n\r\n',
  );
  assert.doesNotMatch(await only('BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]'), /\nSubject:/);
  assert.equal(await only('BODY.PEEK[]<0.100>'), `BODY[]<0>: ${whole.slice(0, 100)}`);
  assert.equal(await only('BODY.PEEK[TEXT]<3.5>'), 'BODY[TEXT]<3>: lives');
  assert.equal(await only('BODY.PEEK[TEXT]<9999.5>'), 'BODY[TEXT]<9999>: ');
});

test('FETCH: a body that looks like protocol comes as it is (P2)', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const { untagged } = await imap.ok('UID FETCH 2 BODY.PEEK[TEXT]');
  assert.equal(untagged.length, 1);
  assert.match(untagged[0] ?? '', /\r\nA1 OK \[CAPABILITY .*\r\n\+ idling\r\n.*\{99\}\r\n\)\r\n$/s);
});

test('BODY[] marks a message as seen and says so, except by PEEK or after EXAMINE', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  assert.doesNotMatch((await imap.ok('FETCH 2 BODY.PEEK[TEXT]')).untagged.join(''), /\\Seen/);
  assert.match(
    (await imap.ok('FETCH 2 BODY[TEXT]')).untagged.join(''),
    /^\* 2 FETCH \(FLAGS \(\\Seen\) BODY/,
  );
  await imap.ok('EXAMINE INBOX');
  await imap.ok('FETCH 3 BODY[]');
  assert.deepEqual((await imap.ok('FETCH 2:3 FLAGS')).untagged, [
    '* 2 FETCH (FLAGS (\\Seen))\r\n',
    '* 3 FETCH (FLAGS ())\r\n',
  ]);
});

test('sets of messages: ranges, the last one, and what does not exist', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const uids = async (set: string): Promise<string> =>
    (await imap.ok(`UID FETCH ${set} UID`)).untagged.join('').replace(/\* \d FETCH \(UID (\d)\)\r\n/g, '$1');
  assert.equal(await uids('1,3'), '13');
  assert.equal(await uids('*'), '3');
  assert.equal(await uids('3:2'), '23');
  assert.equal(await uids('9:*'), '3');
  assert.equal(await uids('9:12,1'), '1');
  for (const set of ['0', '1:', 'x', '1:2:3'])
    assert.match((await imap.command(`FETCH ${set} UID`)).tagged, /BAD/, set);
  assert.match((await imap.command('FETCH 1 (BODY[2.MIME])')).tagged, /BAD/);
});

test('SEARCH by flags, sets and text', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const found = async (criteria: string): Promise<string> =>
    (await imap.ok(criteria)).untagged.join('').trimEnd();
  assert.equal(await found('SEARCH ALL'), '* SEARCH 1 2 3');
  assert.equal(await found('UID SEARCH UNSEEN 1:2'), '* SEARCH 2');
  assert.equal(await found('SEARCH CHARSET UTF-8 NOT SUBJECT "looks like"'), '* SEARCH 1 3');
  assert.equal(await found('SEARCH OR (FROM mallory) HEADER In-Reply-To 1@'), '* SEARCH 2 3');
  assert.equal(await found('SEARCH BODY {5+}\r\nlives UID 1:*'), '* SEARCH 1');
  assert.equal(await found('SEARCH DELETED'), '* SEARCH');
  assert.match((await imap.command('SEARCH LARGER 5')).tagged, /NO \[CANNOT\]/);
});

test('APPEND: flags and date are kept, its UID is told, and the bytes come back', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  const message = 'Subject: mine\r\n\r\n* LIST () "/" x {5}\r\n';
  imap.send(
    `a APPEND "Team Notes" (\\seen Label) "17-Jul-2025 02:44:25 +0200" {${message.length}+}\r\n${message}\r\n`,
  );
  assert.match((await imap.reply('a')).tagged, /^a OK \[APPENDUID [1-9]\d* 1\] /);
  await imap.ok('SELECT "Team Notes"');
  assert.deepEqual((await imap.ok('FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])')).untagged, [
    `* 1 FETCH (FLAGS (\\Seen Label) INTERNALDATE "17-Jul-2025 00:44:25 +0000" BODY[] {${message.length}}\r\n${message})\r\n`,
  ]);
});

test('an APPEND that cannot work is refused before its literal, and what follows is a command (P3)', async (context) => {
  const imap = await (await serve(context)).loggedIn();
  imap.send('a APPEND Nowhere {26}\r\n');
  assert.match(await imap.response(), /^a NO \[TRYCREATE\]/);
  assert.match((await imap.command('APPEND Sent {99999999}')).tagged, /NO \[LIMIT\]/);
  await imap.ok('NOOP');
  // One that does not wait is read and thrown away.
  imap.send('b APPEND Nowhere {8+}\r\nc LOGOUT\r\n');
  assert.match(await imap.response(), /^b NO \[TRYCREATE\]/);
  await imap.ok('NOOP');
});

test('STORE, COPY, EXPUNGE and CLOSE', async (context) => {
  const served = await serve(context);
  const imap = await served.selected('INBOX');
  const other = await served.selected('INBOX');
  assert.deepEqual((await imap.ok('STORE 1 -FLAGS (\\Seen)')).untagged, ['* 1 FETCH (FLAGS ())\r\n']);
  assert.deepEqual((await imap.ok('UID STORE 2 FLAGS \\Flagged')).untagged, [
    '* 2 FETCH (UID 2 FLAGS (\\Flagged))\r\n',
  ]);
  assert.match((await imap.command('STORE 1 +FLAGS (\\Recent)')).tagged, /BAD/);
  assert.match((await imap.ok('COPY 1:2 Trash')).tagged, /OK \[COPYUID \d+ 1,2 1,2\]/);
  assert.match((await imap.command('COPY 1 Nowhere')).tagged, /NO \[TRYCREATE\]/);

  assert.deepEqual((await imap.ok('STORE 1,3 +FLAGS.SILENT (\\Deleted)')).untagged, []);
  assert.deepEqual((await imap.ok('UID EXPUNGE 3')).untagged, ['* 3 EXPUNGE\r\n']);
  assert.deepEqual((await imap.ok('EXPUNGE')).untagged, ['* 1 EXPUNGE\r\n']);
  // The other connection's numbers hold until it is told.
  assert.match((await other.ok('FETCH 3 UID')).untagged.join(''), /\* 3 FETCH \(UID 3\)/);
  assert.deepEqual((await other.ok('NOOP')).untagged, [
    '* 3 EXPUNGE\r\n',
    '* 1 EXPUNGE\r\n',
    '* 1 FETCH (UID 2 FLAGS (\\Flagged))\r\n',
  ]);
  await imap.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
  assert.deepEqual((await imap.ok('CLOSE')).untagged, []);
  assert.deepEqual((await imap.ok('STATUS INBOX (MESSAGES)')).untagged, ['* STATUS INBOX (MESSAGES 0)\r\n']);

  await imap.ok('EXAMINE Trash');
  assert.match((await imap.command('STORE 1 +FLAGS (\\Deleted)')).tagged, /NO \[READ-ONLY\]/);
  assert.match((await imap.command('EXPUNGE')).tagged, /NO \[READ-ONLY\]/);
});
