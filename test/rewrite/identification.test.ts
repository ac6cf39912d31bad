import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { identification, withoutForwardedFields } from '../../src/rewrite/identification.ts';

test('P28: the fields that tell who the client is are the proxy\u2019s to write, in whatever case and spelling', () => {
  const table: readonly (readonly [given: string, expected: string | undefined])[] = [
    ['NIL', 'NIL'],
    ['nil', 'nil'],
    ['()', '()'],
    ['("name" "x" "version"  NIL)', '("name" "x" "version"  NIL)'],
    ['("x-originating-ip" "1.2.3.4")', 'NIL'],
    ['("X-Originating-IP" "1.2.3.4" "name" "a \\"b\\"")', '("name" "a \\"b\\"")'],
    [
      '(x-session-ext-id "1" "x-connected-port" "1" x-proxy-ttl "9" "x-client-transport" "t" name nil)',
      '("name" nil)',
    ],
    ['("x-forward-foo" "1" "x-multiplex" "1" "x-sessionid" "1" "name" "x")', '("name" "x")'],
    ['("x\\\\-originating-ip" "1")', '("x\\\\-originating-ip" "1")'],
    ['("name")', undefined],
    ['("name" "x"', undefined],
    ['name x', undefined],
    ['("name" ("x" "y"))', undefined],
    ['("name""x")', undefined],
  ];
  for (const [given, expected] of table) {
    const written = withoutForwardedFields(fromLatin1(`a ID ${given}\r\n`), 5);
    assert.equal(
      written && latin1(written),
      expected === undefined ? undefined : `a ID ${expected}\r\n`,
      given,
    );
  }
});

test('who the client is: every field that the proxy writes is one that a client may not', () => {
  const line = identification('t', {
    session: 'bae739fe1b17',
    client: '2001:db8::7',
    clientport: 56324,
    server: '10.0.0.5',
    serverport: 993,
  });
  const fields =
    '"x-originating-ip" "2001:db8::7" "x-originating-port" "56324" "x-connected-ip" "10.0.0.5" "x-connected-port" "993" "x-session-id" "bae739fe1b17"';
  assert.equal(latin1(line), `t ID (${fields})\r\n`);
  assert.equal(latin1(withoutForwardedFields(line, 't ID '.length)!), 't ID NIL\r\n');
});
