/**
 * The rewriting of one folder and one capability list, alone: every spelling of a name, and scripts that answer
 * whatever they like.
 */
import {
  capabilityWords,
  decodeMailboxName,
  encodeMailboxName,
  findCapabilities,
  readResponseHead,
} from '../../src/imap-parser-lite/index.ts';
import { honestCapabilities, isCapabilityWord, writeCapabilities } from '../../src/rewrite/capability.ts';
import { namedMailbox, nameKey, readFolder, writeFolder } from '../../src/rewrite/list.ts';
import { refusedByDefault } from '../../src/rewrite/refused.ts';
import { broken, bytesOf, shown, textOf } from './broken.ts';
import type { Random } from './random.ts';
import { spell } from './world.ts';

type Note = (line: string) => void;

const characters = [
  'a',
  'Z',
  ' ',
  '"',
  '\\',
  '&',
  '-',
  '{3}',
  '/',
  '(',
  ')',
  'é',
  '日',
  '😀',
  '*',
  '%',
  ']',
  '\x7f',
  '+',
];

/** One input. */
export function rewriterInput(random: Random, note: Note): void {
  const choice = random.below(4);
  if (choice === 0) folder(random, note);
  else if (choice === 1) capabilities(random, note);
  else if (choice === 2) name(random, note);
  else anything(random, note);
}

function someText(random: Random): string {
  let text = '';
  for (let left = 1 + random.below(6); left > 0; left--) text += random.pick(characters);
  return text;
}

const latin1OfUtf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** A spelling of modified UTF-7 that servers use: any run may be in base64, also what need not be. */
function liberalUtf7(random: Random, text: string): string {
  return [...text]
    .map((character) => {
      if (character === '&') return random.pick(['&-', '&ACY-']);
      const printable = character >= ' ' && character <= '~';
      if (printable && !random.chance(20)) return character;
      const units = Buffer.from(character, 'utf16le').swap16().toString('base64');
      return `&${units.replace(/=+$/, '').replaceAll('/', ',')}-`;
    })
    .join('');
}

function folder(random: Random, note: Note): void {
  const text = random.pick([someText(random), 'INBOX', 'Hidden']);
  const wire = { spellings: [liberalUtf7(random, text)], utf8: latin1OfUtf8(text), hidden: false };
  const asUtf8 = random.chance(40);
  const names = asUtf8 ? 'utf8' : 'modified-utf7';
  const attributes = random.pick(['', '\\HasNoChildren', '\\Noselect \\Marked $x']);
  const delimiter = random.pick(['"/"', 'NIL', '"\\\\"', '"."', '"\\""']);
  const extended = random.pick([
    '',
    ' ("CHILDINFO" ("SUBSCRIBED"))',
    ' (OLDNAME ("a)b"))',
    ' ("X" {2}\r\n)()',
  ]);
  const spelt = spell(random, wire, asUtf8);
  const line = `* ${random.pick(['LIST', 'lsub', 'XList'])} (${attributes}) ${delimiter} ${spelt}${extended}\r\n`;
  note(`${names}: ${shown(line)}`);
  const read = readFolder(bytesOf(line), names);
  if (read === undefined) broken('every folder is read', shown(line));
  if (textOf(read.name) !== wire.utf8)
    broken('a name is the same in every spelling', `${shown(textOf(read.name))} for ${shown(line)}`);
  if (textOf(read.attributes) !== attributes || textOf(read.extended) !== extended)
    broken('every folder is read', `${shown(textOf(read.attributes))} and ${shown(textOf(read.extended))}`);
  const status = `* STATUS ${spell(random, wire, asUtf8)} (MESSAGES 1)\r\n`;
  if (namedMailbox(bytesOf(status), names) !== nameKey(read.name))
    broken('a name is the same in every spelling', shown(status));

  const hostile = (): string => {
    let answer = '';
    for (let left = random.below(5); left > 0; left--)
      answer += random.pick([
        '\\Seen',
        ' ',
        '(',
        ')',
        '"',
        '{3}',
        '\r\n',
        '* BYE',
        '\0',
        '\xe9',
        '("X" ("Y"))',
        ' ()',
        '\\',
        'Drafts',
      ]);
    return answer;
  };
  const newAttributes = random.chance(60) ? hostile() : undefined;
  const newExtended = random.chance(60) ? hostile() : undefined;
  note(`script: ${shown(newAttributes ?? '-')} and ${shown(newExtended ?? '-')}`);
  const written = writeFolder(
    read,
    newAttributes === undefined ? undefined : bytesOf(newAttributes),
    newExtended === undefined ? undefined : bytesOf(newExtended),
  );
  if (!(written instanceof Uint8Array)) return;
  const out = textOf(written);
  const middle = `) ${delimiter} ${spelt}`;
  const head = line.slice(0, line.indexOf('(') + 1);
  const at = out.indexOf(middle, head.length);
  if (!out.startsWith(head) || at < 0 || !out.endsWith('\r\n'))
    broken('name and delimiter leave as they came', shown(out));
  const newText = `${out.slice(head.length, at)}${newExtended === undefined ? '' : out.slice(at + middle.length, -2)}`;
  if (/[\r\n\0]/.test(newText) && newText !== `${attributes}${extended}`)
    broken('what a script returned stays in its place', shown(out));
  if (/[()"{]/.test(out.slice(head.length, at)))
    broken('what a script returned stays in its place', shown(out));
  const again = readFolder(written, names);
  if (again === undefined || textOf(again.name) !== wire.utf8)
    broken('what is written can be read', shown(out));
}

function capabilities(random: Random, note: Note): void {
  const words: string[] = [];
  const known = [
    'IMAP4rev1',
    'AUTH=PLAIN',
    'COMPRESS=DEFLATE',
    'auth=gssapi',
    'STARTTLS',
    'AUTH=SCRAM-SHA-1-PLUS',
    'AUTH=SCRAM-SHA-1',
    'LOGINDISABLED',
    'SASL-IR',
    'X{5}',
    '{5}',
  ];
  for (let left = random.below(8); left > 0; left--) words.push(random.pick(known));
  const list = words.join(random.pick([' ', '  ']));
  const code = random.chance(50);
  const before = code
    ? random.pick(['* OK [CAPABILITY ', 'a1 OK [capability ', '* BYE [CAPABILITY '])
    : '* CAPABILITY ';
  const line = `${before}${list}${code ? '] ready [CAPABILITY x]' : ''}\r\n`;
  note(shown(line));
  const span = findCapabilities(bytesOf(line), readResponseHead(bytesOf(line)));
  if (span === undefined) broken('every capability list is found', shown(line));
  const found = capabilityWords(bytesOf(line), span);
  if (found.join(' ') !== words.join(' ')) broken('every capability list is found', found.join(' '));
  const view = {
    offersStartTls: random.chance(50),
    refusesLogin: random.chance(50),
    refused: refusedByDefault,
  };
  const honest = honestCapabilities(found, view);
  const bad = honest.find((word) => /^(?:COMPRESS=|AUTH=GSSAPI$|.*-PLUS$)/i.test(word));
  if (bad !== undefined) broken('what cannot work through the proxy is not offered', bad);
  if (found.some((word) => word.endsWith('-PLUS')) && honest.some((word) => word.startsWith('AUTH=SCRAM')))
    broken('with channel binding behind there is no SCRAM', honest.join(' '));
  if (honest.includes('STARTTLS') !== view.offersStartTls)
    broken('STARTTLS is offered when it works', honest.join(' '));
  if (view.refusesLogin && (honest.some((word) => /^AUTH=/i.test(word)) || !honest.includes('LOGINDISABLED')))
    broken('no login is offered where it is refused', honest.join(' '));
  const returned = [...honest, random.pick(['X', 'a]b', 'x\r\n', 'é'])].filter(isCapabilityWord);
  const out = textOf(writeCapabilities(bytesOf(line), span, capabilityWords(bytesOf(line), span), returned));
  const after = code ? '] ready [CAPABILITY x]\r\n' : '\r\n';
  if (!out.startsWith(before) || !out.endsWith(after) || out.indexOf('\n') !== out.length - 1)
    broken('a capability list stays in its place', shown(out));
}

function name(random: Random, note: Note): void {
  const text = someText(random);
  const utf8 = new TextEncoder().encode(text);
  note(JSON.stringify(text));
  const encoded = encodeMailboxName(utf8);
  const decoded = encoded && decodeMailboxName(encoded);
  if (decoded === undefined || Buffer.from(decoded).toString() !== text)
    broken('a name decodes to what was encoded', `${encoded && textOf(encoded)}`);
  if (!/^[ -~]*$/.test(textOf(encoded!))) broken('an encoded name is printable', shown(textOf(encoded!)));
}

/** Nothing is known of what should come of it, but that nothing throws. */
function anything(random: Random, note: Note): void {
  let text = random.pick(['* LIST ', '* STATUS ', '* CAPABILITY ', 'a OK [CAPABILITY ', '']);
  const pieces = [
    '(',
    ')',
    '"',
    '\\',
    ' ',
    '{3}\r\n',
    '{3}',
    'abc',
    '&',
    '-',
    'AOk',
    '\xe9',
    '\r\n',
    '\0',
    'NIL',
    ']',
    '~',
    '{99}\r\n',
    '+',
  ];
  for (let left = random.below(20); left > 0; left--) text += random.pick(pieces);
  note(shown(text));
  const bytes = bytesOf(text);
  const names = random.pick(['modified-utf7', 'utf8'] as const);
  const read = readFolder(bytes, names);
  if (read !== undefined) writeFolder(read, bytesOf('\\X'), bytesOf(' (x)'));
  namedMailbox(bytes, names);
  decodeMailboxName(bytes);
  encodeMailboxName(bytes);
  const span = findCapabilities(bytes, readResponseHead(bytes));
  if (span !== undefined) capabilityWords(bytes, span);
}
