/** `imapveil hook --from`: folders and capabilities of a real server go through the script. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../../support/child.ts';
import { command } from '../../support/command.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { without } from '../../support/required.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

describe('hook --from a real server', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
    await writeFile(
      join(folder, 'script.lua'),
      `function DoCapability(ip, caps) return (string.gsub(caps, " IDLE ", " ")) end
function DoListResult(f, a, e) return f ~= "Entw\u00fcrfe", a, e end`,
    );
    dovecot = await startDovecot();
    await dovecot.createFolders('alice', ['Entw&APw-rfe', 'O"p"']);
  });
  after(async () => {
    await dovecot?.stop();
    await removeFolder(folder);
  });

  const call = (args: readonly string[], env: Record<string, string> = {}, accept = [0]) =>
    run(process.execPath, [command, 'hook', ...args, '--script', 'script.lua'], { cwd: folder, env, accept });
  const known = () => ({
    IMAPVEIL_PASSWORD: dovecot.account('alice').password,
    NODE_EXTRA_CA_CERTS: dovecot.certificates.ca,
  });

  for (const scheme of ['imaps', 'imap'] as const) {
    const url = (user: string) => `${scheme}://${user}localhost:${dovecot.ports[scheme]}`;

    test(`${scheme}: the folders of the user, as the server lists them`, async () => {
      const { stdout } = await call(['list', '--from', url('alice@')], known());
      const lines = stdout.toString().split('\n');
      assert.ok(lines.includes('Entwürfe  hidden'));
      assert.ok(
        lines.some((line) => /^O"p" \(.*\) {2}unchanged$/.test(line)),
        lines.join(),
      );
      // Asked for special uses alone, it would tell nothing of children, which a plain LIST of a client does.
      assert.ok(lines.includes('Sent (\\HasNoChildren \\Sent)  unchanged'), lines.join());
    });

    test(`${scheme}: capabilities, before login without a user and after login with one`, async () => {
      const read = async (user: string) =>
        JSON.parse((await call(['capability', '--json', '--from', url(user)], known())).stdout.toString());
      const [nobody, alice] = [await read(''), await read('alice@')];
      assert.match(nobody.input, /\bAUTH=PLAIN\b/);
      assert.match(alice.input, /\bIDLE\b.*\bNOTIFY\b/);
      assert.equal(alice.output, alice.input.replace(' IDLE', ''));
    });

    test(`${scheme}: a certificate that nobody vouches for is refused before the password, or taken by --insecure`, async () => {
      const { IMAPVEIL_PASSWORD } = known();
      const args = ['list', '--from', url('alice@')];
      const refused = await call(args, { IMAPVEIL_PASSWORD }, [1]);
      assert.match(refused.stderr, /certificate that cannot be verified \(.*\); --insecure/);
      assert.equal(refused.stdout.length, 0);
      assert.match((await call([...args, '--insecure'], { IMAPVEIL_PASSWORD })).stdout.toString(), /INBOX/);
    });
  }

  test('a wrong password is said in the words of the server, without it', async () => {
    const from = `imaps://alice@localhost:${dovecot.ports.imaps}`;
    const wrong = await call(['list', '--from', from], { ...known(), IMAPVEIL_PASSWORD: 'wr0ng-one' }, [1]);
    assert.match(wrong.stderr, /refused AUTHENTICATE PLAIN: \[AUTHENTICATIONFAILED\]/);
    assert.doesNotMatch(wrong.stderr, /wr0ng|d3IwbmctO/);
  });
});
