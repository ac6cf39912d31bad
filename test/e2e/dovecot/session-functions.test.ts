/**
 * DoLogin, DoGreeting, DoId and DoCommand in front of a real Dovecot, with real clients: who is refused has never been
 * heard of by Dovecot, what is refused has not happened there, and whoever is let through works as before.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { curl } from '../../support/clients/curl.ts';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { neomutt } from '../../support/clients/neomutt.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { authenticate, cramMd5, login, plain } from '../../support/sasl.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const script = `
function DoLogin(client, user, context)
  if user == "bob" then return false, "[CONTACTADMIN] bob works elsewhere" end
  return user ~= "carol"
end

function DoGreeting(client, greeting)
  return "Mail of Example Ltd"
end

function DoId(client, fields)
  fields.version = nil
  fields["support-url"] = "https://help.example.org"
  return fields
end

function DoCommand(client, command, arguments, context)
  if client == "127.0.0.2" then return false, "[NOPERM] Read only from " .. client end
  return true
end
`;

/** Commands that change what is in a mailbox. */
const changing = ['STORE', 'EXPUNGE', 'CLOSE', 'MOVE', 'DELETE', 'APPEND', 'ID'];

describe('DoLogin, DoGreeting, DoId, DoCommand', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
    dovecot = await startDovecot({
      users: { alice: 'Zr8-Kuw4-Tq61', bob: 'Vd2-Yhn7-Lx95', carol: 'Wp3-Jmc6-Gs40' },
      settings: ['auth_mechanisms = plain login cram-md5', 'auth_verbose = yes', 'imap_id_log = *'],
    });
    await dovecot.deliver('alice', 'INBOX', temptingMessages.slice(0, 3));
    proxy = await startProxy({
      listen: ['tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none', clientAddress: 'id' },
      script,
      hooks: { commands: changing },
    });
  });
  after(async () => {
    const stopped = await Promise.allSettled([proxy?.stop(), dovecot?.stop()]);
    if (folder !== undefined) await removeFolder(folder);
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });

  const connect = async (from?: string): Promise<RawImap> => {
    const imap = await RawImap.connect(proxy.endpoint(0, 'tls'), from === undefined ? {} : { from });
    assert.match(await imap.response(), /^\* OK \[CAPABILITY IMAP4rev1 .*\] Mail of Example Ltd\r\n$/);
    return imap;
  };

  test('imapflow: greeted by the script, its ID without a version, and let in', async () => {
    const before = (await dovecot.log()).length;
    await withImapFlow(proxy.endpoint(0, 'tls'), dovecot.account('alice'), async (client, { received }) => {
      assert.match(received[0] ?? '', /^\* OK \[CAPABILITY .*\] Mail of Example Ltd$/);
      assert.ok(!received.some((line) => /Dovecot \(|Dovecot ready/.test(line)), received.join('\n'));
      const status = await client.status('INBOX', { messages: true });
      assert.equal((status || undefined)?.messages, 3);
    });
    const told = (await dovecot.log()).slice(before);
    const ids = told.split('\n').filter((line) => line.includes('ID sent'));
    const own = ids.find((line) => line.includes('imapflow'));
    assert.match(own ?? '', /name=imapflow.*support-url=https:\/\/help\.example\.org/, told);
    assert.doesNotMatch(own ?? '', /version=/);
  });

  test('who is refused is told so by imapflow, curl and neomutt, and Dovecot has not heard of him', async () => {
    const before = (await dovecot.log()).length;
    const lines = proxy.log.length;
    const endpoint = proxy.endpoint(0, 'tls');
    for (const user of ['bob', 'carol']) {
      const account = dovecot.account(user);
      await assert.rejects(
        withImapFlow(endpoint, account, async () => {}),
        (error: Error & { authenticationFailed?: boolean; responseText?: string }) => {
          assert.equal(error.authenticationFailed, true);
          assert.match(String(error.responseText), user === 'bob' ? /elsewhere/ : /Authentication failed/);
          return true;
        },
      );
      await assert.rejects(curl(endpoint, account).folders(), /Login denied|67/);
      const logged = proxy.log.slice(lines).filter(({ msg }) => msg === 'login refused');
      assert.ok(logged.length > 0);
      for (const entry of logged) assert.equal(entry.by, 'script');
    }
    assert.doesNotMatch((await dovecot.log()).slice(before), /bob|carol/);
  });

  test('neomutt refused by name logs in nowhere, and as alice it downloads', {
    skip: without('neomutt'),
  }, async () => {
    const before = (await dovecot.log()).length;
    const endpoint = proxy.endpoint(0, 'tls');
    const refused = neomutt(endpoint, dovecot.account('bob'), join(folder, 'bob'));
    await refused.download('INBOX', join(folder, 'bob-mail')).catch(() => {});
    assert.doesNotMatch((await dovecot.log()).slice(before), /bob/);
    const { trace } = await neomutt(endpoint, dovecot.account('alice'), join(folder, 'alice')).download(
      'INBOX',
      join(folder, 'alice-mail'),
    );
    assert.match(trace, /Mail of Example Ltd/);
    assert.match(trace, /OK.*Logged in/);
  });

  for (const [name, client] of Object.entries({ PLAIN: plain, LOGIN: login, 'CRAM-MD5': cramMd5 })) {
    for (const start of ['initial', 'asked'] as const) {
      // There is none, and whoever sends one is refused: see below.
      if (start === 'initial' && name === 'CRAM-MD5') continue;
      test(`P3, P11: ${name}, ${start}: refused, and the same connection logs in as somebody else`, async () => {
        const before = (await dovecot.log()).length;
        const imap = await connect();
        for (const user of ['bob', 'carol', 'bob']) {
          const { tagged } = await authenticate(imap, client(dovecot.account(user)), start);
          assert.match(
            tagged,
            user === 'bob' ? /^\S+ NO \[CONTACTADMIN\] bob/ : /^\S+ NO \[AUTHENTICATIONFAILED\]/,
          );
        }
        assert.doesNotMatch((await dovecot.log()).slice(before), /bob|carol/);
        const { tagged } = await authenticate(imap, client(dovecot.account('alice')), start);
        assert.match(tagged, /^\S+ OK/);
        await imap.ok('NOOP');
        await imap.logout();
      });
    }
  }

  test('P3: CRAM-MD5 with an initial response is refused, whoever is named in it', async () => {
    const before = (await dovecot.log()).length;
    const imap = await connect();
    // Dovecot would pass over it, and ask for the name of which nobody was asked.
    const named = Buffer.from('alice x').toString('base64');
    assert.match((await imap.command(`AUTHENTICATE CRAM-MD5 ${named}`)).tagged, /^\S+ BAD /);
    const { tagged: refused } = await authenticate(imap, cramMd5(dovecot.account('carol')), 'asked');
    assert.match(refused, /^\S+ NO \[AUTHENTICATIONFAILED\]/);
    // What Dovecot has to say of the tests before may come late, in other sessions.
    const told = (await dovecot.log()).slice(before).split('\n');
    const session = told.flatMap((line) => /ID sent: .*(session=<\S+>)/.exec(line)?.[1] ?? []).at(-1);
    assert.ok(session);
    assert.doesNotMatch(told.filter((line) => line.includes(session)).join('\n'), /alice|carol/);
    const { tagged } = await authenticate(imap, cramMd5(dovecot.account('alice')), 'asked');
    assert.match(tagged, /^\S+ OK/);
    await imap.logout();
  });

  test('P12: the password literal of a refused LOGIN is never asked for, however the name is written', async () => {
    const imap = await connect();
    for (const name of ['bob', '"bob"']) {
      const { tagged } = await imap.command(`LOGIN ${name} {16}`);
      assert.match(tagged, /NO \[CONTACTADMIN\]/);
    }
    // Dovecot would read bob in it.
    const { tagged: misspelt } = await imap.command('LOGIN "b\\ob" x');
    assert.match(misspelt, /^\S+ BAD The name/);
    imap.send('x LOGIN {3}\r\n');
    assert.match(await imap.response(), /^\+/);
    imap.send('bob {16}\r\n');
    assert.match(await imap.response(), /^x NO \[CONTACTADMIN\]/);
    imap.send('y LOGIN {5}\r\n');
    assert.match(await imap.response(), /^\+/);
    const { password } = dovecot.account('alice');
    imap.send(`alice {${password.length}}\r\n`);
    assert.match(await imap.response(), /^\+/);
    imap.send(`${password}\r\n`);
    const { tagged } = await imap.reply('y');
    assert.match(tagged, /^y OK/);
    await imap.logout();
  });

  test('what a network may not change stays as it is, and everybody else may', async () => {
    const endpoint = proxy.endpoint(0, 'tls');
    const account = dovecot.account('alice');
    await assert.rejects(
      curl(endpoint, account, '127.0.0.2').upload('INBOX', temptingMessages[0]!),
      /curl|exit|code/i,
    );
    const there = await connect('127.0.0.2');
    await there.login(account);
    await there.ok('SELECT INBOX');
    for (const command of [
      'STORE 1 +FLAGS (\\Deleted)',
      'UID STORE 1 +FLAGS (\\Deleted)',
      'UID EXPUNGE 1',
      'CLOSE',
    ]) {
      const { tagged } = await there.command(command);
      assert.match(tagged, /^\S+ NO \[NOPERM\] Read only from 127\.0\.0\.2\r\n$/);
    }
    // Pipelined: each answer is for its own command.
    there.send('p1 FETCH 1:3 (UID)\r\np2 EXPUNGE\r\np3 APPEND INBOX {7+}\r\nNOOP\r\np\r\np4 NOOP\r\n');
    const { tagged, untagged } = await there.replies(['p1', 'p2', 'p3', 'p4']);
    assert.deepEqual(
      [...tagged].sort().map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['p1 OK', 'p2 NO', 'p3 NO', 'p4 OK'],
    );
    assert.equal(untagged.filter((line) => line.includes('FETCH')).length, 3);
    await there.logout();
    assert.equal((await dovecot.messages('alice', 'INBOX')).length, 3);

    const here = await connect();
    await here.login(account);
    await here.ok('SELECT INBOX');
    await here.ok('STORE 1 +FLAGS (\\Deleted)');
    await here.ok('UID EXPUNGE 1');
    await here.logout();
    assert.equal((await dovecot.messages('alice', 'INBOX')).length, 2);
  });
});
