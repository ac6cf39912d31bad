/** Greeting, login, states and idling, byte for byte on a socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './served.ts';

const plain = Buffer.from('\0demo\0demo').toString('base64');
const before = 'IMAP4rev1 LITERAL+ SASL-IR ID IDLE AUTH=PLAIN';
const after =
  'IMAP4rev1 LITERAL+ SASL-IR ID IDLE NAMESPACE CHILDREN UNSELECT UIDPLUS SPECIAL-USE LIST-EXTENDED LIST-STATUS';

test('the greeting says that this is a demo, and capabilities stand in all three places', async (context) => {
  const imap = await (await serve(context)).greeted();
  assert.equal(
    imap.transcript,
    `* OK [CAPABILITY ${before}] imapveil demo mailbox: for trying things, keeps nothing\r\n`,
  );
  assert.deepEqual((await imap.ok('CAPABILITY')).untagged, [`* CAPABILITY ${before}\r\n`]);
  assert.equal(
    (await imap.ok('login "demo" demo')).tagged,
    `t2 OK [CAPABILITY ${after}] Logged in to the demo mailbox\r\n`,
  );
  assert.deepEqual((await imap.ok('CAPABILITY')).untagged, [`* CAPABILITY ${after}\r\n`]);
});

test('LOGIN takes atoms, quoted strings and both kinds of literals', async (context) => {
  const served = await serve(context);
  for (const [line, rest] of [
    ['LOGIN demo {4}\r\n', 'demo\r\n'],
    ['LOGIN {4+}\r\ndemo {4+}\r\ndemo\r\n', ''],
  ] as const) {
    const imap = await served.greeted();
    imap.send(`a ${line}`);
    if (rest !== '') assert.match(await imap.response(), /^\+ /);
    imap.send(rest);
    assert.match((await imap.reply('a')).tagged, /^a OK /);
  }
});

test('a wrong password is refused, and names the right one', async (context) => {
  const imap = await (await serve(context)).greeted();
  const { tagged } = await imap.command('LOGIN demo wrong');
  assert.equal(tagged, 't1 NO [AUTHENTICATIONFAILED] The user is demo and so is the password\r\n');
  await imap.ok('LOGIN demo demo');
});

test('AUTHENTICATE PLAIN works with and without an initial response, and can be cancelled (P11)', async (context) => {
  const served = await serve(context);
  const first = await served.greeted();
  assert.match((await first.ok(`AUTHENTICATE PLAIN ${plain}`)).tagged, /^t1 OK \[CAPABILITY /);

  const second = await served.greeted();
  second.send('a AUTHENTICATE PLAIN\r\n');
  assert.equal(await second.response(), '+ \r\n');
  second.send('*\r\n');
  assert.match((await second.reply('a')).tagged, /^a BAD .*cancelled/);
  second.send('b AUTHENTICATE PLAIN\r\n');
  assert.equal(await second.response(), '+ \r\n');
  second.send(`${plain}\r\n`);
  assert.match((await second.reply('b')).tagged, /^b OK /);
  assert.match((await second.command('AUTHENTICATE PLAIN')).tagged, /BAD You are logged in already/);
});

test('a SASL answer that reads like a command is none', async (context) => {
  const imap = await (await serve(context)).greeted();
  imap.send('a AUTHENTICATE PLAIN\r\n');
  await imap.response();
  imap.send('b LOGOUT {5}\r\n');
  assert.match(await imap.response(), /^a BAD .*not base64/);
  await imap.ok('NOOP');
});

test('commands in the wrong state, unknown ones and broken ones are refused and do no harm', async (context) => {
  const served = await serve(context);
  const imap = await served.greeted();
  assert.match((await imap.command('LIST "" *')).tagged, /BAD Log in first/);
  assert.match((await imap.command('STARTTLS')).tagged, /BAD .* does not know this command/);
  imap.send('GET / HTTP/1.1\r\n');
  assert.match(await imap.response(), /^GET BAD /);
  await imap.ok('LOGIN demo demo');
  for (const broken of [
    'FETCH 1 FLAGS',
    'LIST (',
    'LIST "" "unclosed',
    'STATUS INBOX (SIZE)',
    'NOOP now',
    'ID',
  ])
    assert.match((await imap.command(broken)).tagged, /^t\d+ BAD /, broken);
  await imap.ok('NOOP');
});

test('what cannot be framed ends the connection with a reason (P5, P7)', async (context) => {
  const served = await serve(context);
  for (const bytes of ['a LOGIN {99999999999999999999}\r\n', 'a NOOP\rb', `a ${'x'.repeat(40_000)}`]) {
    const imap = await served.greeted();
    imap.send(bytes);
    assert.match(await imap.rest(), /^\* BYE .+\r\n$/);
  }
});

test('NAMESPACE, ID, NOOP, CHECK, UNSELECT and LOGOUT', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  assert.deepEqual((await imap.ok('NAMESPACE')).untagged, ['* NAMESPACE (("" "/")) NIL NIL\r\n']);
  assert.deepEqual((await imap.ok('ID ("name" "test")')).untagged, [
    '* ID ("name" "imapveil demo mailbox")\r\n',
  ]);
  await imap.ok('NOOP');
  await imap.ok('CHECK');
  await imap.ok('UNSELECT');
  assert.match((await imap.command('CHECK')).tagged, /BAD Select a mailbox first/);
  imap.send('z LOGOUT\r\n');
  assert.equal(await imap.rest(), '* BYE The demo mailbox says goodbye\r\nz OK LOGOUT completed\r\n');
});

test('IDLE tells of a message that another connection appended, and ends with DONE (P13)', async (context) => {
  const served = await serve(context);
  const idler = await served.selected('INBOX');
  const other = await served.loggedIn();
  idler.send('i IDLE\r\n');
  assert.equal(await idler.response(), '+ idling\r\n');
  await other.append('INBOX', Buffer.from('Subject: new\r\n\r\nhello\r\n'));
  assert.equal(await idler.response(), '* 4 EXISTS\r\n');
  await other.ok('SELECT INBOX');
  await other.ok('STORE 4 +FLAGS.SILENT (\\Deleted)');
  assert.equal(await idler.response(), '* 4 FETCH (UID 4 FLAGS (\\Deleted))\r\n');
  await other.ok('EXPUNGE');
  assert.equal(await idler.response(), '* 4 EXPUNGE\r\n');
  idler.send('done\r\n');
  assert.equal(await idler.response(), 'i OK IDLE completed\r\n');
  idler.send('j IDLE\r\n');
  await idler.response();
  idler.send('k NOOP\r\n');
  assert.match(await idler.response(), /^j BAD IDLE ends with DONE/);
});

test('two servers share nothing', async (context) => {
  const [one, other] = [await serve(context), await serve(context)];
  await (await one.loggedIn()).append('Sent', Buffer.from('Subject: x\r\n\r\n'));
  const { untagged } = await (await other.loggedIn()).ok('STATUS Sent (MESSAGES)');
  assert.deepEqual(untagged, ['* STATUS Sent (MESSAGES 0)\r\n']);
});
