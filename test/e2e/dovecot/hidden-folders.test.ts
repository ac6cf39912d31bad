/**
 * A hidden folder is in no answer that lists folders, however its name is written
 * on the wire, and every other folder still is, in the server's own order (P22, P23, P24, P27).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideFolders } from '../../support/scripts.ts';

/** Pairs that are written alike: decoded, and in modified UTF-7. Dovecot sends a name with five quotes as a literal. */
const spellings = [
  { kind: 'an atom', decoded: 'Secret', wire: 'Secret' },
  { kind: 'a space', decoded: 'Secret papers', wire: 'Secret papers' },
  { kind: 'a quote', decoded: 'Secret "quoted"', wire: 'Secret "quoted"' },
  { kind: 'a backslash', decoded: 'Secret\\path', wire: 'Secret\\path' },
  { kind: 'non-ASCII letters', decoded: 'Geheimnis für Jürgen', wire: 'Geheimnis f&APw-r J&APw-rgen' },
  { kind: 'a literal', decoded: 'S"e"c"r"e"t', wire: 'S"e"c"r"e"t' },
];
const visible = ['Open', 'Open papers', 'Open "quoted"', 'Open\\path', 'Offen f&APw-r alle', 'O"p"e"n"ed"'];
const questions = [
  'LIST "" *',
  'LIST "" %',
  'LSUB "" *',
  'XLIST "" *',
  'LIST (SUBSCRIBED) "" *',
  'LIST "" * RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)',
  'LIST "" * RETURN (STATUS (MESSAGES UIDNEXT UNSEEN))',
  'LIST "" ("*" "%") RETURN (STATUS (MESSAGES))',
];

describe('folders hidden by a script', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  let directly: RawImap;
  let through: RawImap;
  before(async () => {
    dovecot = await startDovecot();
    const names = [...spellings.map(({ wire }) => wire), ...visible];
    await dovecot.createFolders('alice', names);
    await dovecot.subscribe('alice', names);
    for (const name of names) await dovecot.deliver('alice', name, temptingMessages.slice(0, 1));
    proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
      script: hideFolders(spellings.map(({ decoded }) => decoded)),
    });
    const account = dovecot.account('alice');
    directly = await RawImap.open(dovecot.endpoint('none'), account);
    through = await RawImap.open(proxy.endpoint(1, 'tls'), account);
  });
  after(async () => {
    directly?.close();
    through?.close();
    await proxy?.stop();
    await dovecot?.stop();
  });

  test('Dovecot really writes the names in every way', async () => {
    const text = (await directly.ok('LIST "" *')).untagged.join('');
    assert.match(text, /"\/" Secret\r\n/);
    assert.match(text, /"\/" "Secret papers"\r\n/);
    assert.match(text, /"\/" "Secret \\"quoted\\""\r\n/);
    assert.match(text, /"\/" \{11\}\r\nS"e"c"r"e"t\r\n/);
    assert.match(text, /"\/" \{11\}\r\nO"p"e"n"ed"\r\n/);
  });

  for (const question of questions) {
    test(question, async () => {
      // The first answer may still change the folders' \UnMarked; the second is the one that is compared.
      await directly.ok(question);
      const expected = (await directly.ok(question)).untagged.filter((line) => !isHidden(line));
      const seen = (await through.ok(question)).untagged;
      assert.deepEqual(seen, expected);
      for (const name of visible)
        assert.ok(
          seen.some((line) => wireName(line) === name),
          name,
        );
    });
  }

  for (const { kind, wire } of spellings) {
    test(`asked for by its own name: ${kind}`, async () => {
      const quoted = `"${wire.replace(/["\\]/g, '\\$&')}"`;
      assert.notEqual((await directly.ok(`LIST "" ${quoted}`)).untagged.length, 0);
      assert.deepEqual((await through.ok(`LIST "" ${quoted}`)).untagged, []);
      const literal = `{${Buffer.byteLength(wire, 'latin1')}+}\r\n${wire}`;
      assert.deepEqual((await through.ok(`LIST "" ${literal}`)).untagged, []);
    });
  }

  test('questions sent at once keep their answers apart', async () => {
    through.send('x1 LIST "" *\r\nx2 NOOP\r\nx3 LSUB "" *\r\n');
    const { untagged, tagged } = await through.replies(['x1', 'x2', 'x3']);
    assert.ok(tagged.every((line) => /^x\d OK /.test(line)));
    assert.ok(!untagged.some(isHidden));
    for (const name of visible) {
      const lines = untagged.filter((line) => wireName(line) === name).map((line) => line.slice(0, 7));
      assert.deepEqual(lines, ['* LIST ', '* LSUB '], name);
    }
  });

  test('imapflow sees neither the folders nor their status', async () => {
    await withImapFlow(proxy.endpoint(1, 'tls'), dovecot.account('alice'), async (client, { received }) => {
      const folders = await client.list({ statusQuery: { messages: true } });
      const paths = folders.map(({ path }) => path);
      for (const { decoded } of spellings) assert.ok(!paths.includes(decoded), decoded);
      assert.ok(paths.includes('Offen für alle') && paths.includes('O"p"e"n"ed"'));
      assert.doesNotMatch(received.join('\n'), /Secret|Geheimnis|S"e"c"r"e"t/);
    });
  });

  test('a hidden folder can still be opened: hiding is cosmetic unless enforced', async () => {
    await through.ok('STATUS "Secret" (MESSAGES)');
    const { untagged } = await through.ok('EXAMINE "Secret papers"');
    assert.ok(untagged.includes('* 1 EXISTS\r\n'));
  });
});

describe('a script that hides every folder', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    dovecot = await startDovecot();
    proxy = await startProxy({
      listen: ['starttls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imaps, encryption: 'tls' },
      script: 'function DoListResult() return false end',
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
  });

  test('hides INBOX too, but not the answer to LIST "" "" (P23)', async () => {
    const client = await RawImap.open(proxy.endpoint(0, 'starttls'), dovecot.account('bob'));
    assert.deepEqual((await client.ok('LIST "" *')).untagged, []);
    assert.deepEqual((await client.ok('LIST "" INBOX RETURN (STATUS (MESSAGES))')).untagged, []);
    assert.deepEqual((await client.ok('LIST "" ""')).untagged, ['* LIST (\\Noselect) "/" ""\r\n']);
    await client.logout();
  });
});

/** The name in a LIST, LSUB, XLIST or STATUS response, unquoted; undefined for any other response. */
function wireName(response: string): string | undefined {
  const rest = /^\* (?:(?:X?LIST|LSUB) \([^)]*\) "\/"|STATUS) (.*)$/s.exec(response)?.[1];
  if (rest === undefined) return undefined;
  const literal = /^\{(\d+)\}\r\n/.exec(rest);
  if (literal !== null) return rest.slice(literal[0].length, literal[0].length + Number(literal[1]));
  const quotedName = /^"((?:[^"\\]|\\.)*)"/.exec(rest)?.[1];
  return quotedName?.replace(/\\(.)/g, '$1') ?? /^[^ \r]*/.exec(rest)?.[0];
}

function isHidden(response: string): boolean {
  const name = wireName(response);
  return spellings.some(({ wire }) => wire === name);
}
