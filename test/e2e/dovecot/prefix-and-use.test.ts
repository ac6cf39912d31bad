/**
 * With hooks.enforce, what is hidden stays hidden where it is told of by something other than its name (P29): as the
 * prefix of a namespace, or by what it is used for. Dovecot itself is asked beside the proxy.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startDovecot } from '../../support/dovecot.ts';
import { startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideFolders } from '../../support/scripts.ts';

const skip = without('dovecot', 'openssl');

/** One user twice, with a Dovecot of its own: past a proxy with this script, and through it. All end with the test. */
async function bothWays(
  context: TestContext,
  script: string,
  settings: readonly string[] = [],
): Promise<{ directly: RawImap; through: RawImap }> {
  const dovecot = await startDovecot({ settings });
  context.after(() => dovecot.stop());
  const proxy = await startProxy({
    listen: ['tls'],
    certificates: dovecot.certificates,
    upstream: { port: dovecot.ports.imap, encryption: 'none' },
    script,
    hooks: { enforce: true },
  });
  context.after(() => proxy.stop());
  const account = dovecot.account('alice');
  const directly = await RawImap.open(dovecot.endpoint('none'), account);
  context.after(() => directly.close());
  const through = await RawImap.open(proxy.endpoint(0, 'tls'), account);
  context.after(() => through.close());
  return { directly, through };
}

test('P29: NAMESPACE does not name a hidden one', { skip }, async (context) => {
  const { directly, through } = await bothWays(context, hideFolders(['Secret']), [
    'namespace secret {',
    'type = public',
    'separator = /',
    'prefix = Secret/',
    'location = maildir:%h/public',
    '}',
  ]);
  assert.match((await directly.ok('NAMESPACE')).untagged.join(''), /\(\("Secret\/" "\/"\)\)/);
  const { untagged } = await through.ok('NAMESPACE');
  assert.deepEqual(untagged, ['* NAMESPACE (("" "/")) NIL NIL\r\n']);
});

const hideJunk = `
function DoListResult(foldername, attributes, extended)
  return not string.find(attributes, "\\\\Junk"), attributes, extended
end
`;

test('P29: a folder that is hidden by its special use is in no list, and not to be had', {
  skip,
}, async (context) => {
  const { directly, through } = await bothWays(context, hideJunk);
  const { untagged } = await directly.ok('LIST (SPECIAL-USE) "" *');
  const junk = / "\/" "?(.+?)"?\r\n$/.exec(untagged.find((line) => line.includes('\\Junk')) ?? '')?.[1] ?? '';
  await directly.command(`CREATE ${junk}`);
  await directly.ok(`SUBSCRIBE ${junk}`);
  for (const question of [
    'LIST "" *',
    'LIST "" * RETURN ()',
    'LSUB "" *',
    'LIST (SUBSCRIBED) "" *',
    `LIST "" ${junk}`,
  ]) {
    const shown = (line: string): boolean => line.includes(` ${junk}\r\n`);
    assert.ok((await directly.ok(question)).untagged.some(shown), `${question} directly`);
    assert.ok(!(await through.ok(question)).untagged.some(shown), question);
  }
  assert.match((await through.command(`SELECT ${junk}`)).tagged, / NO /);
});
