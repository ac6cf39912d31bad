/**
 * The commands of the generated sessions: every one of IMAP4rev1 and of Dovecot's extensions, in valid and in
 * broken forms. Whether a command makes sense where it stands is left to chance, for so it is with clients.
 */
import { asPieces, literal, type Part, quotedText, spelled } from './generated-strings.ts';
import type { Random } from './random.ts';
import type { Step } from './session-generator.ts';

type Maker = (random: Random, tag: string) => Step;
type Words = (random: Random) => readonly Part[];

const message = (subject: string, body: string) =>
  `From: <a@example.org>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x>\r\n\r\n${body}`;

const messages: readonly [string, ...string[]] = [
  message('plain', 'text\r\n'),
  message('tempting', '* LIST () "/" Secret\r\nA1 OK {99}\r\n+ \r\n'),
  message('parts', '--x\r\n\r\n{5+}\r\n'),
  message('eight', 'Gr\xfc\xdfe \xff\r\n'),
  '',
];

const names: readonly [string, ...string[]] = [
  'INBOX',
  'inBoX',
  'Drafts',
  'Sent',
  'new',
  'new/child',
  'M&APw-nchen',
  '&AGE-',
  'Te&-st',
  'M\xc3\xbcnchen',
  'with space',
  'q"uo\\te',
  'no such folder',
  '',
  '{3}',
  '&!',
];

const sets: readonly [string, ...string[]] = ['1', '1:*', '*', '2,1', '9', '0', '1:', 'x', '$', '4294967296'];

const name = (random: Random): Part => spelled(random, random.pick(names));
const set = (random: Random): string => random.pick(sets);

const forms: readonly [Words, ...Words[]] = [
  (r) => [r.pick(['CAPABILITY', 'capability', 'NOOP', 'CHECK', 'NAMESPACE', 'EXPUNGE', 'CLOSE', 'UNSELECT'])],
  (r) => [r.pick(['SELECT ', 'EXAMINE ', 'select ']), name(r)],
  (r) => [
    'SELECT ',
    name(r),
    r.pick([' (CONDSTORE)', ' (QRESYNC (1 2))', ' (NONSENSE)', ' (CONDSTORE', ' x']),
  ],
  (r) => [r.pick(['CREATE ', 'DELETE ', 'SUBSCRIBE ', 'UNSUBSCRIBE ']), name(r)],
  (r) => ['CREATE ', name(r), r.pick(['', ' (USE (\\Archive))', ' (USE (\\Nonsense))'])],
  (r) => ['RENAME ', name(r), ' ', name(r)],
  (r) => [
    'STATUS ',
    name(r),
    ' ',
    r.pick(['(MESSAGES UIDNEXT UNSEEN)', '(SIZE HIGHESTMODSEQ)', '(X)', '()', '']),
  ],
  (r) => [r.pick(['LIST ', 'LSUB ']), spelled(r, ''), ' ', r.pick<Part>(['*', '%', '"*"', '%/%', name(r)])],
  (r) => ['LIST ', name(r), ' ', r.pick(['""', '%', '"*"', '{0+}\r\n'])],
  (r) => [
    r.pick(['LIST (SUBSCRIBED) ', 'LIST (SUBSCRIBED RECURSIVEMATCH) ', 'LIST (SPECIAL-USE) ', 'LIST (X) ']),
    '"" ',
    r.pick(['*', '("INBOX" Drafts)', '(%', '(new/* Se%)']),
    r.pick(['', ' RETURN (CHILDREN)', ' RETURN (STATUS (MESSAGES) SPECIAL-USE)', ' RETURN (X)']),
  ],
  (r) => ['LIST "" (', name(r), ' ', spelled(r, 'Sen%'), ') RETURN (SUBSCRIBED)'],
  (r) => [r.pick(['XLIST "" *', 'RLIST "" *', 'RLSUB "" *', 'LIST', 'LIST ""', 'LSUB "" * x'])],
  (r) => [
    r.pick(['FETCH ', 'UID FETCH ', 'fetch ']),
    set(r),
    ' ',
    r.pick([
      'ALL',
      'FAST',
      'FULL',
      '(UID FLAGS RFC822.SIZE)',
      '(ENVELOPE BODYSTRUCTURE)',
      'BODY.PEEK[]',
      'BODY[HEADER.FIELDS (SUBJECT)]',
      'BODY.PEEK[TEXT]<1.7>',
      '(MODSEQ PREVIEW)',
      'BINARY.PEEK[1]',
      'BINARY.SIZE[1]',
      'FLAGS (CHANGEDSINCE 1)',
      'RFC822.HEADER',
      '(FLAGS',
      'NONSENSE',
      '',
    ]),
  ],
  (r) => ['FETCH 1 BODY.PEEK[HEADER.FIELDS (', spelled(r, 'Subject'), ')]'],
  (r) => [
    r.pick(['STORE ', 'UID STORE ']),
    set(r),
    ' ',
    r.pick([
      '+FLAGS (\\Seen)',
      'FLAGS.SILENT \\Deleted',
      '-FLAGS ($x y)',
      '+FLAGS',
      '(UNCHANGEDSINCE 1) FLAGS ()',
      'FLAGS (\\Nonsense)',
    ]),
  ],
  (r) => [r.pick(['COPY ', 'MOVE ', 'UID COPY ', 'UID MOVE ']), set(r), ' ', name(r)],
  (r) => ['UID EXPUNGE ', set(r)],
  (r) => [
    r.pick([
      'SEARCH ',
      'UID SEARCH ',
      'SEARCH CHARSET UTF-8 ',
      'SEARCH RETURN (MIN COUNT) ',
      'SEARCH CHARSET X ',
    ]),
    r.pick(['ALL ', 'NOT DELETED ', 'OR SEEN UNSEEN ', '1:* ', 'MODSEQ 1 ', 'RETURN ']),
    r.pick(['SUBJECT ', 'BODY ', 'FROM ', 'HEADER Message-ID ']),
    spelled(r, r.pick(['plain', 'te xt', 'Gr\xc3\xbc', ''])),
  ],
  (r) => [
    'SEARCH OR (SUBJECT ',
    spelled(r, 'plain'),
    ' FROM ',
    spelled(r, 'a'),
    ') TEXT ',
    spelled(r, 'x y'),
  ],
  (r) => [
    r.pick([
      'SEARCH RETURN (SAVE) ALL',
      'SEARCH RETURN (ALL) YOUNGER 86400',
      'SEARCH',
      'SEARCH (',
      'SEARCH SINCE 1-Jan-2020',
      'SEARCH FUZZY SUBJECT x',
    ]),
  ],
  (r) => [
    r.pick([
      'SORT (SUBJECT) UTF-8 ALL',
      'UID SORT RETURN (COUNT) (REVERSE DATE) US-ASCII ALL',
      'SORT (X) UTF-8 ALL',
    ]),
  ],
  (r) => [
    r.pick(['THREAD REFERENCES UTF-8 ALL', 'UID THREAD ORDEREDSUBJECT US-ASCII ALL', 'THREAD X UTF-8 ALL']),
  ],
  (r) => ['APPEND ', name(r), ...appended(r)],
  (r) => ['APPEND ', name(r), ...appended(r), ...appended(r)],
  (r) => ['APPEND Drafts', ...appended(r), ...appended(r), ...appended(r)],
  (r) => [
    'APPEND ',
    name(r),
    ' CATENATE (TEXT ',
    literal('A: b\r\n\r\n', r.pick(['{n}', 'non-synchronising'] as const)),
    ')',
  ],
  () => ['APPEND INBOX CATENATE (URL "/INBOX/;UID=99" TEXT ', literal('x', 'non-synchronising'), ')'],
  (r) => [r.pick(['APPEND INBOX', 'APPEND', 'APPEND INBOX ()', 'APPEND INBOX (\\Seen) "x" y'])],
  (r) => ['ID ', r.pick<Part>(['NIL', '("name" "x")', '(x', '("name")', '("name" {1+}\r\nx)'])],
  (r) => ['ENABLE ', r.pick(['CONDSTORE', 'QRESYNC', 'UTF8=ACCEPT', 'IMAP4rev2', 'X Y', ''])],
  (r) => [
    'NOTIFY ',
    r.pick(['NONE', 'SET (selected (MessageNew (UID FLAGS) MessageExpunge))', 'SET (x)', 'X']),
  ],
  (r) => [
    r.pick(['GETQUOTAROOT INBOX', 'GETACL INBOX', 'MYRIGHTS INBOX', 'GETMETADATA INBOX /private/comment']),
  ],
  (r) => [
    r.pick(['LOGIN a b', 'AUTHENTICATE PLAIN', 'STARTTLS', 'COMPRESS DEFLATE', 'COMPRESS', 'COMPRESS X']),
  ],
  (r) => ['NONSENSE', r.pick<Part>(['', ' ', ' x', ' (', ' "x', ' "a b" {', ' {n}'])],
  (r) => ['NONSENSE ', name(r), ' ', name(r)],
  (r) => [r.pick(['CAPABILITY ', 'NOOP ', 'UID ', 'UID NONSENSE ', 'CLOSE ', 'XLIST ']), name(r)],
];

/** Options and message of one APPEND; a second one makes it MULTIAPPEND (RFC 3502). */
function appended(random: Random): Part[] {
  const options = random.pick(['', '', ' (\\Seen)', ' (\\Seen $x) "01-Jan-2024 00:00:00 +0000"', ' (\\X']);
  const form = random.pick(['{n}', '{n}', 'non-synchronising', '~{n}', '~non-synchronising'] as const);
  return [`${options} `, literal(random.pick(messages), form)];
}

/** Any command, by itself; a few are IDLE, which is ended by DONE or by something else. */
export const anyCommand: Maker = (random, tag) => {
  if (random.chance(5)) {
    const end = random.pick(['DONE', 'done', 'DONE', 'NOOP', `${tag} DONE`, '', 'DONE ']);
    return { pieces: [`${tag} ${random.pick(['IDLE', 'idle', 'IDLE x'])}\r\n`, `${end}\r\n`], tags: [tag] };
  }
  return { pieces: asPieces(tag, random.pick(forms)(random)), tags: [tag] };
};

/** What may be said, or is said, before login. */
export const loggedOutCommand: Maker = (random, tag) => {
  if (random.chance(15)) return anyCommand(random, tag);
  const words = random.pick<Words>([
    () => ['CAPABILITY'],
    () => ['noop'],
    () => ['NOOP x'],
    () => ['ID NIL'],
    (r) => ['ID ("name" ', spelled(r, 'a client'), ')'],
    (r) => ['ID ("name" "x" "x-originating-ip" ', spelled(r, '1.2.3.4'), ')'],
    () => ['ENABLE CONDSTORE'],
    (r) => ['SELECT ', name(r)],
    () => ['IDLE'],
    () => ['NONSENSE'],
    (r) => ['NONSENSE ', spelled(r, 'x y')],
  ])(random);
  return { pieces: asPieces(tag, words), tags: [tag] };
};

/** Two to four commands in one piece, one of them perhaps with a literal that asks for nothing. */
export const pipelined: Maker = (random, tag) => {
  const count = 2 + random.below(3);
  const tags = Array.from({ length: count }, (_, at) => `${tag}.${at}`);
  const piece = tags.map((each) => {
    const words = random.pick<Words>([
      () => ['NAMESPACE'],
      () => ['UID FETCH 1:* FLAGS'],
      () => ['LIST "" *'],
      () => ['NONSENSE'],
      (r) => ['STATUS ', literal(r.pick(names), 'non-synchronising'), ' (MESSAGES)'],
      (r) => [
        'APPEND ',
        quotedText(r.pick(['Drafts', 'nope'])),
        ' ',
        literal(messages[0], 'non-synchronising'),
      ],
      () => ['SEARCH SUBJECT ', literal('plain', 'non-synchronising')],
    ])(random);
    return asPieces(each, words).join('');
  });
  return { pieces: [piece.join('')], tags };
};

/** What fills the mailbox at the beginning of a session. */
export const preparation: readonly Maker[] = [
  (random, tag) => ({
    pieces: asPieces(tag, ['APPEND INBOX ', literal(random.pick(messages), '{n}')]),
    tags: [tag],
  }),
  (random, tag) => ({
    pieces: asPieces(tag, [
      'APPEND INBOX (\\Flagged) ',
      literal(messages[1] ?? '', 'non-synchronising'),
      ' ',
      literal(random.pick(messages), 'non-synchronising'),
    ]),
    tags: [tag],
  }),
  (random, tag) => ({ pieces: asPieces(tag, ['CREATE ', spelled(random, 'new/child')]), tags: [tag] }),
  (_, tag) => ({ pieces: [`${tag} SELECT INBOX\r\n`], tags: [tag] }),
];

/** A line, or two, that no client should send. */
export const brokenLine: Maker = (random, tag) => {
  const answered = (text: string): Step => ({ pieces: [text], tags: [tag] });
  /** Nobody can tell which tag the answer carries: then the NOOP behind it is waited for. */
  const unanswered = (text: string): Step => ({ pieces: [`${text}${tag} NOOP\r\n`], tags: [tag] });
  return random.pick<() => Step>([
    () => answered(`${tag}  NOOP\r\n`),
    () => answered(`${tag} NOOP \r\n`),
    () => answered(`${tag} NOOP\n`),
    () => answered(`${tag} LIST "" *\n`),
    () => answered(`${tag}\r\n`),
    () => answered(`${tag} \r\n`),
    () => answered(`${tag} "NOOP"\r\n`),
    () => answered(`${tag} (NOOP)\r\n`),
    () => answered(`${tag} N\xf6\xf6p\r\n`),
    () => answered(`${tag} LIST "" "x"y\r\n`),
    () => answered(`${tag} LIST "" x"y\r\n`),
    () => answered(`${tag} LIST "" "x\\y"\r\n`),
    () => answered(`${tag} LIST "" "never closed\r\n`),
    () => answered(`${tag} LIST  "" *\r\n`),
    () => answered(`${tag} LIST ""\t*\r\n`),
    () => answered(`${tag} LIST "" foo{5}\r\n`),
    () => answered(`${tag} ${'V'.repeat(70)}\r\n`),
    () => answered(`${tag} NOOP\0\r\n`),
    () => answered(`${tag} LIST "" {3+}\r\na\0b\r\n`),
    () => answered(`${tag} NOOP\rx\r\n`),
    () => answered(`${tag} LIST "" {-1}\r\n`),
    () => answered(`${tag} LIST "" {abc}\r\n`),
    () => answered(`${tag} LIST "" {}\r\n`),
    () => answered(`${tag} LIST "" {03+}\r\nabc\r\n`),
    () => answered(`${tag} LIST "" { 3}\r\n`),
    () => answered(`${tag} LIST "" {99999999999999999999}\r\n`),
    () => answered(`${tag} LIST "a b" "{3+}\r\n`),
    () => answered(`${tag} LIST "x"y {3+}\r\nabc\r\n`),
    () => answered(`${tag} NONSENSE {${tag.length + 10}+}\r\n${tag}x NOOP y\r\n\r\n`),
    () => answered(`${tag} NOOP {${tag.length + 10}+}\r\n${tag}x NOOP y\r\n\r\n`),
    () => answered(`${tag} AUTHENTICATE PLAIN {${tag.length + 8}+}\r\n${tag}x NOOP\r\n\r\n`),
    () => unanswered('\r\n'),
    () => unanswered('\n'),
    () => unanswered(` ${tag}x NOOP\r\n`),
    () => unanswered(`]${tag} NOOP\r\n`),
    () => unanswered('* NOOP\r\n'),
    () => unanswered('+ NOOP\r\n'),
    () => unanswered(`${tag}+x NOOP\r\n`),
    () => unanswered(`(${tag}x) NOOP\r\n`),
    () => unanswered(`"${tag}x" NOOP\r\n`),
    () => unanswered(`{2+}\r\n${tag}x NOOP\r\n`),
    () => unanswered(`${'t'.repeat(300)} NOOP\r\n`),
    () => unanswered(`${'t'.repeat(4096)} NOOP\r\n`),
    () => unanswered('DONE\r\n'),
    () => unanswered('GET / HTTP/1.0\r\n'),
    () => unanswered('\x16\x03\x01\x02\r\n'),
    () => answered(`${tag} LOGIN ${'x'.repeat(9000)} y\r\n`),
    () => answered(`${tag} LOGIN {70000}\r\n`),
  ])();
};
