/**
 * What docs/enforcement.md promises (P29, P27, P25, P9): with hooks.enforce a hidden folder answers every command, in
 * every spelling of its name, exactly as a folder that does not exist: the answers of Dovecot itself are the measure.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { quoted, RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideFolders, hideIdle } from '../../support/scripts.ts';

/** A hidden name, and one as long that does not exist: as written on the wire, and as the script sees it. */
interface Pair {
  readonly hidden: string;
  readonly decoded: string;
  readonly missing: string;
}

const pairs: readonly Pair[] = [
  { hidden: 'Secret', decoded: 'Secret', missing: 'Absent' },
  { hidden: 'Secret papers', decoded: 'Secret papers', missing: 'Absent papers' },
  { hidden: 'Secret "q" \\b', decoded: 'Secret "q" \\b', missing: 'Absent "q" \\b' },
  { hidden: 'Geheim f&APw-r', decoded: 'Geheim für', missing: 'Abwesn f&APw-r' },
  { hidden: 'Open/Secret', decoded: 'Open/Secret', missing: 'Open/Absent' },
];

type Spelling = 'atom' | 'quoted' | 'literal' | 'literal+';
const spellings: readonly Spelling[] = ['atom', 'quoted', 'literal', 'literal+'];

/** What is sent around the name. A literal of its own, if any, comes behind the name. */
const commands: readonly (readonly [before: string, behind: string, data?: string])[] = [
  ['SELECT ', ''],
  ['EXAMINE ', ''],
  ['SELECT ', ' (CONDSTORE)'],
  ['STATUS ', ' (MESSAGES UIDNEXT)'],
  ['DELETE ', ''],
  ['RENAME ', ' Renamed'],
  ['SUBSCRIBE ', ''],
  ['UNSUBSCRIBE ', ''],
  ['APPEND ', ' ', 'Subject: x\r\n\r\nx'],
  ['APPEND ', ' (\\Seen) "01-Jan-2026 00:00:00 +0000" ', 'Subject: x\r\n\r\nx'],
  ['COPY 1 ', ''],
  ['MOVE 1 ', ''],
  ['UID COPY 1:* ', ''],
  ['UID MOVE 1:* ', ''],
  ['GETACL ', ''],
  ['MYRIGHTS ', ''],
  ['LISTRIGHTS ', ' bob'],
  ['SETACL ', ' bob lr'],
  ['DELETEACL ', ' bob'],
  ['GETQUOTAROOT ', ''],
  ['GETMETADATA ', ' /private/comment'],
  ['GETMETADATA (DEPTH 1) ', ' (/private/comment)'],
  ['SETMETADATA ', ' (/private/comment "x")'],
];

const settings = [
  'mail_plugins = acl quota',
  'protocol imap {',
  '  mail_plugins = acl quota imap_acl imap_quota',
  '  imap_metadata = yes',
  '  imap_client_workarounds = tb-extra-mailbox-sep',
  '}',
  'mail_attribute_dict = file:%h/attributes',
  'plugin {',
  '  acl = vfile',
  '  quota = count:User quota',
  '  quota_vsizes = yes',
  '}',
];

describe('hooks.enforce in front of Dovecot', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  let directly: RawImap;
  let through: RawImap;
  before(async () => {
    dovecot = await startDovecot({ settings });
    const names = [
      ...pairs.map(({ hidden }) => hidden),
      'Visible',
      'Both',
      'Both/Secret',
      'Both/Seen',
      'Lone',
      'Lone/Secret',
    ];
    await dovecot.createFolders('alice', names);
    for (const name of [...pairs.map(({ hidden }) => hidden), 'Visible']) {
      await dovecot.deliver('alice', name, temptingMessages.slice(0, 2));
    }
    proxy = await startProxy({
      listen: ['tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
      script: hideFolders([...pairs.map(({ decoded }) => decoded), 'Both/Secret', 'Lone/Secret']) + hideIdle,
      hooks: { enforce: true },
    });
    const account = dovecot.account('alice');
    directly = await RawImap.open(dovecot.endpoint('none'), account);
    through = await RawImap.open(proxy.endpoint(0, 'tls'), account);
  });
  after(async () => {
    directly?.close();
    through?.close();
    await proxy?.stop();
    await dovecot?.stop();
  });

  for (const spelling of spellings) {
    for (const pair of pairs) {
      if (spelling === 'atom' && /[ "\\]/.test(pair.hidden)) continue;
      test(`P29, P27: ${pair.decoded} as ${spelling}`, async () => {
        for (const [before, behind, data] of commands) {
          const ask = async (client: RawImap, name: string): Promise<string> => {
            await client.ok('SELECT Visible');
            const answer = await exchange(client, spelled(before, name, spelling, behind, data));
            return normalised(answer, name);
          };
          const missing = await ask(directly, pair.missing);
          assert.doesNotMatch(missing, /BAD/, `${before}: the test asks something sensible: ${missing}`);
          assert.equal(
            await ask(through, pair.missing),
            missing,
            `${before}${behind}: a missing folder through the proxy`,
          );
          assert.equal(await ask(through, pair.hidden), missing, `${before}${behind}: the hidden folder`);
        }
      });
    }
  }

  test('P29: nothing happened to the hidden folders', async () => {
    for (const { hidden } of pairs) {
      const { untagged } = await directly.ok(`STATUS ${quoted(hidden)} (MESSAGES)`);
      assert.match(untagged.join(''), /MESSAGES 2/, hidden);
    }
    assert.doesNotMatch((await directly.ok('LSUB "" *')).untagged.join(''), /imapveil/);
    assert.doesNotMatch((await directly.ok('LIST "" *')).untagged.join(''), /imapveil|Renamed/);
  });

  test('P29: CREATE of a hidden name, and RENAME to it, are refused; of any other they work', async () => {
    assert.match((await through.command('CREATE Secret')).tagged, / NO \[CANNOT\] /);
    assert.match((await through.command('RENAME Visible "Secret papers"')).tagged, / NO \[CANNOT\] /);
    await through.ok('CREATE Fresh');
    await through.ok('RENAME Fresh Fresher');
    await through.ok('DELETE Fresher');
  });

  test('P29: the ways around the names are closed: NOTIFY, URLAUTH, CATENATE', async () => {
    const shown = (await through.ok('CAPABILITY')).untagged.join('');
    assert.doesNotMatch(shown, /NOTIFY|URLAUTH|CATENATE/);
    assert.match((await through.command('NOTIFY SET (MAILBOXES Secret (MessageNew))')).tagged, / BAD /);
    assert.match((await through.command('APPEND Visible CATENATE (URL "/Secret/;UID=1")')).tagged, / BAD /);
    assert.match(
      (await through.command('GENURLAUTH "imap://alice@localhost/Secret/;uid=1;urlauth=anonymous" INTERNAL'))
        .tagged,
      / BAD /,
    );
  });

  test('P29: ways around that were found once and are closed', async () => {
    await directly.ok('CREATE Bystander');
    const fresh = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'));
    // Dovecot opens `Secret/` as `Secret` for Thunderbird's sake.
    assert.match((await directly.command('SELECT Secret/')).tagged, / OK /);
    assert.match((await fresh.command('SELECT Secret/')).tagged, / NO /);
    assert.match((await fresh.command('RENAME Both Boths')).tagged, / NO \[CANNOT\] /);
    assert.match((await fresh.command('RENAME Both/ Boths')).tagged, / NO \[CANNOT\] /);
    // Dovecot says `+ idling` to the literal of an IDLE, and would run it.
    fresh.send('i IDLE {24}\r\n');
    assert.match(await fresh.response(), /^i BAD /);
    // What is judged by its parts is judged by none of them.
    const spaces = ' '.repeat(65_472 - 'b APPEND Bystander CATE'.length);
    fresh.send(`b APPEND Bystander ${spaces}CATE`);
    fresh.send(`NATE (URL "/Secret/;UID=1"${' '.repeat(100)})\r\n`);
    assert.match(await fresh.response(), /^b BAD /);
    fresh.send(`c ENABLE IDLE ${'Y'.repeat(65_472 - 'c ENABLE IDLE '.length)}`);
    fresh.send(`${'x'.repeat(60)} SELECT Secret\r\n`);
    assert.match(await fresh.response(), /^c BAD /);
    await fresh.ok('NOOP');
    await fresh.logout();
  });

  test('P29: what is listed for its hidden children only answers as one that does not exist', async () => {
    // Dovecot answers otherwise for `Open`, which it lists for `Open/Secret`.
    for (const [before, behind, data] of commands) {
      const ask = async (client: RawImap, name: string): Promise<string> => {
        await client.ok('SELECT Visible');
        return normalised(await exchange(client, spelled(before, name, 'quoted', behind, data)), name);
      };
      if (/SUBSCRIBE/.test(before)) continue;
      assert.equal(await ask(through, 'Open'), await ask(directly, 'Gone'), `${before}${behind}`);
    }
    await directly.ok('STATUS Open/Secret (MESSAGES)');
  });

  test('P29: what does not exist still says that it could be made, and can be', async () => {
    await through.ok('SELECT Visible');
    assert.match((await through.command('COPY 1 Unmade')).tagged, / NO \[TRYCREATE\] .*: Unmade/);
    const answer = await exchange(through, spelled('APPEND ', 'Unmade', 'atom', ' ', 'Subject: x\r\n\r\nx'));
    assert.match(answer, / NO \[TRYCREATE\] .*: Unmade/);
    for (const command of [
      'CREATE Unmade',
      'COPY 1 Unmade',
      'SUBSCRIBE Unmade',
      'DELETE Unmade',
      'UNSUBSCRIBE Unmade',
    ])
      await through.ok(command);
    assert.doesNotMatch((await directly.ok('LSUB "" *')).untagged.join(''), /Unmade|imapveil/);
  });

  test('a folder that is shown opens in every spelling that Dovecot takes', async () => {
    for (const name of ['Starry*', 'Nowhere/Work', 'Gr&APw-n']) await directly.ok(`CREATE "${name}"`);
    const names = [
      'inbox',
      'InBox',
      '"INBOX"',
      'Visible/',
      'Nowhere/Work',
      'Nowhere/Work/',
      '"Starry*"',
      'Gr&APw-n',
    ];
    for (const name of [...names, 'Gr&AHIA,A-n', '"Gr\xc3\xbcn"', 'Nowhere', 'visible']) {
      for (const command of [`SELECT ${name}`, `STATUS ${name} (MESSAGES)`, `MYRIGHTS ${name}`]) {
        const direct = (await directly.command(command)).tagged;
        assert.ok(names.includes(name) ? / OK /.test(direct) : true, `${command}: ${direct}`);
        assert.equal(word((await through.command(command)).tagged), word(direct), command);
      }
    }
    await through.ok('RENAME Nowhere Somewhere');
    for (const name of ['Starry*', 'Somewhere/Work', 'Gr&APw-n']) await through.ok(`DELETE "${name}"`);
  });

  test('P29: RENAME of a folder with a wildcard in its name tells nothing of others', async () => {
    await through.ok('CREATE "Bot*"');
    await through.ok('RENAME "Bot*" Renamed');
    await through.ok('DELETE Renamed');
  });

  test('P29: METADATA of all folders at once, as Dovecot answers it, is refused', async () => {
    for (const name of ['"*"', 'Secre%', '"Both/*"']) {
      const question = `GETMETADATA ${name} /private/comment`;
      const { untagged } = await directly.ok(question);
      assert.match(untagged.join(''), /METADATA .*Secret/, `${question}: Dovecot names hidden folders`);
      const answer = await through.command(question);
      assert.match(answer.tagged, / BAD /, question);
      assert.deepEqual(answer.untagged, [], question);
    }
    await through.ok('GETMETADATA "" /shared/comment');
    await through.ok('GETMETADATA Visible /private/comment');
    await through.ok('GETQUOTA "User quota"');
  });

  test('P25: a parent says that it has children only where one is visible', async () => {
    for (const question of [
      'LIST "" *',
      'LIST "" %',
      'LIST "" (Open Both Lone) RETURN (CHILDREN)',
      'LIST "" * RETURN (CHILDREN)',
    ]) {
      const lines = (await through.ok(question)).untagged;
      const attributesOf = (name: string): string =>
        lines.find((line) => line.endsWith(` ${name}\r\n`)) ?? '';
      // Dovecot lists `Open`, which is no mailbox itself, as \Noselect or as \NonExistent.
      assert.doesNotMatch(attributesOf('Open'), /\\HasChildren|\\NonExistent/, question);
      assert.match(attributesOf('Lone'), /\\HasNoChildren/, question);
      assert.match(attributesOf('Both'), /\\HasChildren/, question);
      assert.doesNotMatch(lines.join(''), /Secret/, question);
    }
  });

  test('P9: IDLE, taken from the list, is refused, seen the list or not', async () => {
    const fresh = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'));
    assert.match((await fresh.command('IDLE')).tagged, / BAD /);
    await fresh.ok('CAPABILITY');
    assert.match((await fresh.command('IDLE')).tagged, / BAD /);
    await fresh.ok('NOOP');
    await fresh.logout();
  });
});

/** OK, NO or BAD. */
function word(tagged: string): string | undefined {
  return tagged.split(' ')[1];
}

/** The parts of a command, each but the last ending in a literal that is waited for. */
function spelled(
  before: string,
  name: string,
  spelling: Spelling,
  behind: string,
  data: string | undefined,
): string[] {
  const tail = data === undefined ? [behind] : [`${behind}{${data.length}}`, data];
  switch (spelling) {
    case 'atom':
      return [`${before}${name}${tail[0]}`, ...tail.slice(1)];
    case 'quoted':
      return [`${before}${quoted(name)}${tail[0]}`, ...tail.slice(1)];
    case 'literal':
      return [`${before}{${name.length}}`, `${name}${tail[0]}`, ...tail.slice(1)];
    case 'literal+':
      return [`${before}{${name.length}+}\r\n${name}${tail[0]}`, ...tail.slice(1)];
  }
}

/** Sends a command part by part, each after the `+` for it, and gives all answers but those. */
async function exchange(client: RawImap, parts: readonly string[]): Promise<string> {
  const tag = client.nextTag();
  client.send(`${tag} ${parts[0]}\r\n`);
  let next = 1;
  let answers = '';
  for (;;) {
    const response = await client.response();
    if (response.startsWith('+')) {
      client.send(`${parts[next++]}\r\n`);
      continue;
    }
    answers += response;
    if (response.startsWith(`${tag} `)) return answers.replaceAll(`${tag} `, 'TAG ');
  }
}

/** Without the name, in the forms in which Dovecot writes it, and without times. */
function normalised(answer: string, name: string): string {
  const decoded = name.replace('&APw-', '\xc3\xbc');
  let text = answer;
  for (const form of [quoted(name), name, decoded, decoded.replace(/["\\]/g, '\\$&')])
    text = text.replaceAll(form, 'NAME');
  return text.replace(/ \(\d+\.\d+ \+ [^)]*\)/g, '');
}
