/** Real clients, directly: what they can do here, they must be able to do through the proxy. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderWith } from '../config/temporary.ts';
import { run } from '../support/child.ts';
import { withImapFlow } from '../support/clients/imapflow.ts';
import { mbsync, readMaildir, withoutOwnHeader } from '../support/clients/mbsync.ts';
import { neomutt, withoutOwnHeaders } from '../support/clients/neomutt.ts';
import { program, without } from '../support/required.ts';
import { account, serve } from './served.ts';

test('imapflow lists, reads, searches, appends, flags and deletes', async (context) => {
  const { endpoint } = await serve(context);
  await withImapFlow(endpoint, account, async (client) => {
    const folders = await client.list({ statusQuery: { messages: true, unseen: true } });
    assert.deepEqual(folders.map(({ path }) => path).sort(), [
      'Archive',
      'Archive/2025',
      'Drafts',
      'Entwürfe',
      'Hidden',
      'INBOX',
      'Sent',
      'Team Notes',
      'Trash',
    ]);
    const inbox = folders.find(({ path }) => path === 'INBOX');
    assert.equal(inbox?.status?.unseen, 2);
    assert.equal(folders.find(({ path }) => path === 'Sent')?.specialUse, '\\Sent');

    await client.mailboxOpen('INBOX');
    const third = await client.fetchOne('3', { envelope: true, bodyStructure: true, source: true });
    assert.ok(third);
    assert.equal(third.envelope?.subject, 'Grüße from a folded header');
    assert.equal(third.envelope?.from?.[0]?.name, 'Grüße');
    assert.equal(third.bodyStructure?.type, 'text/plain');
    const { content } = await client.download('3', '1');
    const chunks: Buffer[] = [];
    assert.ok(content);
    for await (const chunk of content) chunks.push(Buffer.from(chunk));
    assert.equal(Buffer.concat(chunks).toString('utf8').trim(), 'Schöne Grüße.');

    assert.deepEqual(await client.search({ seen: false }, { uid: true }), [2, 3]);
    const appended = await client.append('INBOX', 'Subject: from imapflow\r\n\r\nhello\r\n', ['\\Seen']);
    assert.ok(appended);
    assert.equal(appended.uid, 4);
    await client.messageFlagsAdd('4', ['\\Flagged'], { uid: true });
    const flagged = await client.fetchOne('4', { flags: true }, { uid: true });
    assert.ok(flagged);
    assert.deepEqual([...(flagged.flags ?? [])].sort(), ['\\Flagged', '\\Seen']);
    assert.equal(await client.messageDelete('4', { uid: true }), true);
    assert.equal((await client.mailboxOpen('INBOX')).exists, 3);
  });
});

test('curl lists, fetches and uploads', { skip: without('curl') }, async (context) => {
  const { endpoint } = await serve(context);
  const curl = async (path: string, ...more: string[]): Promise<string> => {
    const url = `imap://127.0.0.1:${endpoint.port}/${path}`;
    return (await run(program('curl'), ['--silent', '--user', 'demo:demo', url, ...more])).stdout.toString(
      'latin1',
    );
  };
  assert.match(await curl(''), /\* LIST \(\\HasNoChildren\) "\/" Hidden\r\n/);
  assert.match(await curl('INBOX;MAILINDEX=2'), /\{99\}\r\n$/);
  assert.equal(await curl('INBOX?SUBJECT%20folded'), '* SEARCH 3\r\n');
  const file = join(folderWith(context, {}), 'message.eml');
  const message = 'Subject: from curl\r\n\r\nhello\r\n';
  await writeFile(file, message);
  await curl('Team%20Notes', '--upload-file', file);
  assert.equal(await curl('Team%20Notes;UID=1'), message);
});

test('mbsync brings everything down, and a message up', { skip: without('mbsync') }, async (context) => {
  const served = await serve(context);
  const folder = folderWith(context, {});
  const job = { local: join(folder, 'mail'), state: join(folder, 'state') };
  await mbsync(served.endpoint, account, { ...job, direction: 'pull' });
  assert.deepEqual((await readdir(job.local)).filter((name) => !name.startsWith('.')).sort(), [
    'Archive',
    'Drafts',
    'Entw&APw-rfe',
    'Hidden',
    'INBOX',
    'Sent',
    'Team Notes',
    'Trash',
  ]);
  const imap = await served.selected('INBOX');
  const { untagged } = await imap.ok('FETCH 1:3 BODY.PEEK[]');
  const stored = await readMaildir(job.local, 'INBOX');
  assert.deepEqual(
    stored.map((message) => withoutOwnHeader(message).toString('latin1')).sort(),
    untagged.map((response) => response.slice(response.indexOf('\n') + 1, -3)).sort(),
  );

  await writeFile(join(job.local, 'Sent', 'new', '1.mine'), 'Subject: up\n\nhello\n');
  await mbsync(served.endpoint, account, { ...job, direction: 'push' });
  await imap.ok('SELECT Sent');
  assert.match((await imap.ok('FETCH 1 BODY.PEEK[TEXT]')).untagged.join(''), /\r\nhello\r\n\)/);
});

test('NeoMutt reads a folder', { skip: without('neomutt', 'script') }, async (context) => {
  const { endpoint } = await serve(context);
  const folder = folderWith(context, {});
  await neomutt(endpoint, account, folder).download('INBOX', join(folder, 'mail', 'INBOX'));
  const bodies = (await readMaildir(join(folder, 'mail'), 'INBOX')).map((message) =>
    withoutOwnHeaders(message).toString('latin1'),
  );
  assert.equal(bodies.length, 3);
  assert.ok(bodies.some((body) => body.endsWith('* 1 FETCH (BODY[] {99}\r\n{99}\r\n')));
});
