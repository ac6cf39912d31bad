/**
 * What a log at `debug` shows of a conversation: never a credential, a SASL message, a literal or what a message
 * says, however a client spells it and however its bytes arrive; and still enough to follow it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromLatin1 } from '../../src/imap-parser-lite/index.ts';
import { Session } from '../../src/session/session.ts';
import { Transcript } from '../../src/session/transcript.ts';
import { sessionSettings } from '../support/session-settings.ts';

const secret = 'Hunter2Marker';
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
/** No piece of the secret, plain or in base64 at any of the three alignments. */
const leaks = new RegExp(
  ['Hunter', 'Marker', ...['', 'x', 'xx'].map((before) => base64(`${before}${secret}`).slice(4, 14))].join(
    '|',
  ),
  'i',
);

type Step = readonly [from: 'C' | 'S', text: string];
type Cut = 'whole' | 'bytes' | number;

const greeting: Step = ['S', '* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+] ready\r\n'];
const login: readonly Step[] = [greeting, ['C', 'l LOGIN joe pass\r\n'], ['S', 'l OK in\r\n']];

/** What is told when the steps are taken, each cut as it says. */
function told(steps: readonly Step[], cut: Cut): string[] {
  const lines: string[] = [];
  const session = new Session(
    sessionSettings,
    new Transcript((from, text) => lines.push(`${from}: ${text}`)),
  );
  session.start();
  for (const [from, text] of steps) {
    const bytes = fromLatin1(text);
    const step = cut === 'whole' ? bytes.length : cut === 'bytes' ? 1 : cut;
    for (let at = 0; at < bytes.length; ) {
      // Cut in two at a place: the first piece, then all the rest.
      const end = cut === 'bytes' || at === 0 ? Math.min(at + step, bytes.length) : bytes.length;
      const piece = bytes.slice(at, end);
      if (from === 'C') session.fromClient(piece);
      else session.fromUpstream(piece);
      at = end;
    }
  }
  return lines;
}

const plain = base64(`\0joe\0${secret}`);

const hidden: Readonly<Record<string, readonly Step[]>> = {
  'LOGIN with atoms': [greeting, ['C', `a LOGIN joe ${secret}\r\n`], ['S', 'a OK in\r\n']],
  'LOGIN quoted, with an escape': [greeting, ['C', `a login "joe" "\\"${secret}"\r\n`], ['S', 'a NO no\r\n']],
  'LOGIN with the secret for a name': [greeting, ['C', `a LOGIN ${secret} x\r\n`], ['S', 'a NO no\r\n']],
  'LOGIN behind an ID that is none': [
    greeting,
    ['C', `a ID ("x" \x01b LOGIN alice "${secret}"\r\n`],
    ['C', `b ID ("name" "x") LOGIN alice "${secret}"\r\n`],
  ],
  'LOGIN with synchronising literals': [
    greeting,
    ['C', 'a LOGIN {3}\r\n'],
    ['S', '+ go\r\n'],
    ['C', `joe {${secret.length}}\r\n`],
    ['S', '+ go\r\n'],
    ['C', `${secret}\r\n`],
    ['S', 'a OK in\r\n'],
  ],
  'LOGIN with literals that do not wait': [
    greeting,
    ['C', `a LOGIN {3+}\r\njoe {${secret.length}+}\r\n${secret}\r\n`],
    ['S', '+ go\r\n'],
    ['S', '+ go\r\n'],
    ['S', 'a OK in\r\n'],
  ],
  'LOGIN with a name as a literal and a quoted password': [
    greeting,
    ['C', 'a LOGIN {3}\r\n'],
    ['S', '+ go\r\n'],
    ['C', `joe "${secret}"\r\n`],
    ['S', 'a OK in\r\n'],
  ],
  'LOGIN refused after the first literal, the rest sent anyway': [
    greeting,
    ['C', 'a LOGIN {3}\r\n'],
    ['S', 'a NO no\r\n'],
    ['C', `joe ${secret}\r\n`],
  ],
  'LOGIN with a bare LF and with odd spaces': [
    greeting,
    ['C', `a LOGIN  joe  ${secret}\n`],
    ['S', 'a BAD what\r\n'],
    ['C', `a  LOGIN joe ${secret}\r\n`],
  ],
  'LOGIN after login': [...login, ['C', `a LOGIN joe ${secret}\r\n`], ['S', 'a NO in\r\n']],
  'AUTHENTICATE with an initial response': [
    greeting,
    ['C', `a AUTHENTICATE PLAIN ${plain}\r\n`],
    ['S', 'a OK in\r\n'],
  ],
  'AUTHENTICATE and a response': [
    greeting,
    ['C', 'a authenticate plain\r\n'],
    ['S', '+ \r\n'],
    ['C', `${plain}\r\n`],
    ['S', 'a OK in\r\n'],
  ],
  'AUTHENTICATE whose challenges hold it, one without a space': [
    greeting,
    ['C', 'a AUTHENTICATE LOGIN\r\n'],
    ['S', `+ ${base64(secret)}\r\n`],
    ['C', `${base64(secret)}\r\n`],
    ['S', `+${base64(secret)}\r\n`],
    ['S', '+\r\n'],
    ['C', `${secret}\r\n`],
    ['S', 'a NO no\r\n'],
  ],
  'AUTHENTICATE that ends early, the response sent as a command': [
    greeting,
    ['C', 'a AUTHENTICATE PLAIN\r\n'],
    ['S', 'a NO no\r\n'],
    ['C', `${plain}\r\n`],
  ],
  'AUTHENTICATE with the secret for a mechanism, refused, and with a literal': [
    greeting,
    ['C', `a AUTHENTICATE ${secret}\r\n`],
    ['S', 'a NO no\r\n'],
    ['C', `b AUTHENTICATE EXTERNAL ${plain}\r\n`],
    ['C', `c AUTHENTICATE PLAIN {${secret.length}+}\r\n${secret}\r\n`],
  ],
  'a LOGIN that is mistyped, and a server that repeats it': [
    greeting,
    ['C', `a LOGN joe ${secret}\r\n`],
    ['S', `a BAD [PARSE] Unknown: LOGN joe ${secret}\r\n`],
    ['C', `${secret} joe\r\n`],
    ['S', `${secret} BAD what\r\n`],
    ['C', `X-LOGIN joe {${secret.length}+}\r\n${secret}\r\n`],
    ['C', `b X-LOGIN joe {${secret.length}+}\r\n${secret} ${secret}\r\n`],
    ['S', '+ go\r\n'],
    ['S', `* BAD ${secret}\r\nb BAD no\r\n`],
  ],
  'a password alone': [greeting, ['C', `${secret}\r\n`]],
  'a command that takes no arguments, with some': [
    greeting,
    ['C', `a NOOP ${secret}\r\nb CAPABILITY joe ${secret}\r\nc SELECT ${secret}\r\n`],
    ['S', 'a OK\r\n'],
  ],
  'a mistyped LOGIN after login': [...login, ['C', `a LOGN joe ${secret}\r\n`], ['S', 'a BAD what\r\n']],
  'the body of a message, going up and coming down': [
    ...login,
    ['C', `a APPEND INBOX (\\Seen) {${secret.length}}\r\n`],
    ['S', '+ go\r\n'],
    ['C', `${secret}\r\n`],
    ['S', 'a OK in\r\n'],
    [
      'S',
      `* 1 FETCH (BODY[] {${secret.length}}\r\n${secret} BODY[1] "${secret} \\" ${secret}" ENVELOPE ("x" "${secret}"))\r\n`,
    ],
    ['S', `* 2 FETCH (BODY[1] "${secret.repeat(200)}")\r\n`],
  ],
  'notes, and URLs that carry a permission': [
    ...login,
    ['C', `a SETMETADATA INBOX (/private/comment "${secret}")\r\n`],
    ['S', `* METADATA INBOX (/private/comment "${secret}")\r\na OK\r\n`],
    ['C', `b APPEND x CATENATE (URL "imap://joe@h/INBOX/;uid=1;urlauth=anonymous:internal:${secret}")\r\n`],
    ['C', `c URLFETCH "imap://h/;urlauth=anonymous:internal:${secret}"\r\n`],
    ['S', `* URLFETCH imap://h/;urlauth=${secret} "${secret}"\r\n* GENURLAUTH ${secret}\r\nb OK\r\nc OK\r\n`],
  ],
  'a line too long to hold': [...login, ['C', `a X-FOO ${'y'.repeat(70_000)}${secret}\r\n`]],
};

describe('never in the transcript', () => {
  for (const [name, steps] of Object.entries(hidden)) {
    test(name, () => {
      const longest = Math.min(400, Math.max(...steps.map(([, text]) => text.length)));
      const cuts: Cut[] = name.includes('too long') ? ['whole', 5, 65_000] : ['whole', 'bytes'];
      if (cuts.length === 2) for (let at = 1; at < longest; at++) cuts.push(at);
      for (const cut of cuts) {
        const lines = told(steps, cut);
        assert.ok(lines.length > 1, 'something is told');
        for (const line of lines) {
          assert.doesNotMatch(line, leaks, `cut ${cut}`);
          assert.match(line, /^[\x20-\x7e]{1,320}$/);
        }
      }
    });
  }
});

const shown: readonly (readonly [steps: readonly Step[], lines: readonly string[]])[] = [
  [
    [
      ['C', 'a LOGIN joe {4}\r\n'],
      ['S', '+ go on\r\n'],
      ['C', 'pass\r\n'],
      ['S', 'a NO [AUTHENTICATIONFAILED] wrong\r\n'],
      ['C', 'b AUTHENTICATE PLAIN AGpvZQBw\r\n'],
      ['S', '* CAPABILITY IMAP4rev1 IDLE\r\nb OK in\r\n'],
    ],
    [
      'client: a LOGIN <7 bytes> {4}',
      'server: + <5 bytes>',
      'client: <literal, 4 bytes>',
      'client: <0 bytes>',
      'server: a NO [AUTHENTICATIONFAILED] wrong',
      'client: b AUTHENTICATE PLAIN <8 bytes>',
      'server: * CAPABILITY IMAP4rev1 IDLE',
      'server: b OK in',
    ],
  ],
  [
    [
      ['C', 'a AUTHENTICATE CRAM-MD5\r\n'],
      ['S', '+ PDE+\r\n'],
      ['C', '*\r\n'],
      ['S', 'a BAD cancelled\r\n'],
      ['C', 'nonsense\r\nb LOGN joe pass\r\n'],
    ],
    [
      'client: a AUTHENTICATE CRAM-MD5',
      'server: + <4 bytes>',
      'client: <SASL response, 1 bytes>',
      'server: a BAD <9 bytes>',
      'client: <not a command, 8 bytes>',
      'proxy: <tag> BAD Invalid command',
      'client: <unknown command, 15 bytes>',
    ],
  ],
  [
    [
      ['C', 'l LOGIN joe pass\r\n'],
      ['S', 'l OK in\r\n'],
      ['C', 'a SELECT "Caf\xe9"\r\nb XAPPLEPUSHSERVICE token\r\nc COMPRESS DEFLATE\r\n'],
      ['S', 'a OK\r\nb OK\r\n'],
      ['C', 'd IDLE\r\n'],
      [
        'S',
        '* 3 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen) BODY[1] "hello" X {5}\r\nhello)\r\n* VANISHED 1:2\r\n+ idling\r\n',
      ],
      ['C', 'DONE\r\n'],
      ['S', 'd OK \x1b[2J\r\n'],
    ],
    [
      'client: l LOGIN <8 bytes>',
      'server: l OK in',
      'client: a SELECT "Caf\\xe9"',
      'client: b XAPPLEPUSHSERVICE <5 bytes>',
      'client: c COMPRESS <7 bytes>',
      'proxy: c BAD Unknown command',
      'server: a OK',
      'server: b OK',
      'client: d IDLE',
      'server: * 3 EXISTS',
      'server: * 1 FETCH (FLAGS (\\Seen) BODY[1] "<5 bytes>" X {5}',
      'server: <literal, 5 bytes>',
      'server: )',
      'server: * VANISHED 1:2',
      'server: + <6 bytes>',
      'client: DONE',
      'server: d OK \\x1b[2J',
    ],
  ],
];

describe('the conversation can be followed', () => {
  for (const [index, [steps, lines]] of shown.entries()) {
    test(`conversation ${index + 1}`, () => {
      for (const cut of ['whole', 'bytes', 7] as const)
        assert.deepEqual(told([greeting, ...steps], cut).slice(1), lines, `cut ${cut}`);
    });
  }
});
