/**
 * 500 generated sessions, valid and broken, held with Dovecot directly and through
 * the proxy without a script, at the same time, each side as a user of its own. What Dovecot says must reach the
 * client; every difference must be of one of the classes below, which docs/differences.md explains to operators.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy, uncounted } from '../../support/proxy.ts';
import { type Heard, holdSession } from '../../support/recorded-session.ts';
import { without } from '../../support/required.ts';
import { type GeneratedSession, generateSession, type Step } from '../../support/session-generator.ts';

const sessions = 500;
const firstSeed = 2000;
const atOnce = 16;
const password = 'pa ss"1\\';

/** One step that was answered differently. */
interface Difference {
  readonly step: Step;
  /** What was sent before this step. */
  readonly before: string;
  readonly tags: ReadonlySet<string>;
  readonly direct: Heard;
  readonly relayed: Heard;
}

interface DifferenceClass {
  readonly name: string;
  readonly why: string;
  readonly recognise: (difference: Difference) => boolean;
  /** Whether the session can still be compared behind it. */
  readonly rest: 'is compared' | 'is left';
}

/** Encryption is the proxy's, referrals would lead round it, compression would blind it (P18, P20). */
const ownWords = / ?\b(STARTTLS|LOGINDISABLED|LOGIN-REFERRALS|COMPRESS=DEFLATE)\b(?=[^\r\n]*\])/g;

/** The proxy's own answers to single commands. */
const ownAnswer =
  /^\S+ (BAD|NO) (Invalid command|Unknown command|Unsupported authentication mechanism|TLS is already active|STARTTLS is not possible now|AUTHENTICATE needs the name of a mechanism|Unexpected arguments)\r\n$/;

const classes: readonly DifferenceClass[] = [
  {
    name: 'capability words',
    why: 'The proxy takes away what cannot work through it and adds its own STARTTLS.',
    recognise: ({ direct, relayed }) =>
      same(mapped(direct, withoutOwnWords), mapped(relayed, withoutOwnWords)),
    rest: 'is compared',
  },
  {
    name: 'answered by the proxy',
    why: 'No command, or one that cannot work through the proxy: the same refusal in other words.',
    recognise: ({ direct, relayed }) => {
      const theirs = withoutText(direct, relayed);
      return relayed.ending === 'goes on' && same(theirs, withoutText(relayed, relayed));
    },
    rest: 'is compared',
  },
  {
    name: 'a line end in a literal that is no message',
    why: 'Dovecot repeats some of them in its answers, which would then be of the making of the client.',
    recognise: ({ relayed }) =>
      relayed.ending === 'closed' &&
      relayed.untagged.at(-1) === '* BYE A line end in a literal that is no message\r\n',
    rest: 'is left',
  },
  {
    name: 'quotes that are not closed',
    why: 'Dovecot may take what is behind the fault for another command, and answers that as well.',
    recognise: ({ direct, relayed }) =>
      relayed.ending === 'goes on' &&
      / BAD A quoted string is not closed\r\n$/.test(relayed.tagged[0] ?? '') &&
      / BAD /.test(direct.tagged[0] ?? ''),
    rest: 'is compared',
  },
  {
    name: 'STARTTLS',
    why: "TLS towards the client is the proxy's own, and so are the words that begin it.",
    recognise: ({ step, relayed }) =>
      /STARTTLS\r\n$/.test(joined(step)) &&
      / OK Begin TLS negotiation now\r\n$/.test(relayed.tagged[0] ?? ''),
    rest: 'is left',
  },
  {
    name: 'ID',
    why: 'The proxy reads ID itself, for a client must not name the address it comes from (P28).',
    recognise: ({ step, tags, relayed }) =>
      /^\S+ ID /.test(joined(step)) &&
      relayed.ending === 'goes on' &&
      !hasForeignAnswers(relayed, tags) &&
      /^\S+ (OK ID completed|BAD (Invalid|Error in IMAP command ID|Missing))/.test(relayed.tagged.join('')),
    rest: 'is compared',
  },
  {
    name: 'another reason for the same BAD',
    why: 'Which of two mistakes Dovecot names depends on where chunks end; the proxy sends whole lines.',
    recognise: ({ direct, relayed }) => same(mapped(direct, withoutReason), mapped(relayed, withoutReason)),
    rest: 'is compared',
  },
  {
    name: 'long tag',
    why: 'A tag of more than 255 bytes is none for the proxy; Dovecot takes up to its whole buffer.',
    recognise: ({ step, relayed }) =>
      /^\S{256}/.test(joined(step)) && relayed.untagged[0] === '* BAD Invalid command\r\n',
    rest: 'is left',
  },
  {
    name: 'too many bad commands',
    why: 'Before login the third command that is none ends the connection; Dovecot counts a little differently.',
    recognise: ({ direct, relayed }) =>
      saysGoodbye(relayed, /^Too many invalid/) || saysGoodbye(direct, /^Too many invalid/),
    rest: 'is left',
  },
  {
    name: 'another protocol',
    why: 'The first line of an HTTP request before login ends the connection (A3); to Dovecot it is one bad command.',
    recognise: ({ step, relayed }) => /^GET \//.test(joined(step)) && saysGoodbye(relayed, /^This is IMAP$/),
    rest: 'is left',
  },
  {
    name: 'bytes that two readers would read differently',
    why: 'A bare CR, a NUL, or what could be taken for a literal and is none ends the session; Dovecot answers BAD or makes a guess.',
    recognise: ({ step, relayed }) =>
      /\0|\r(?!\n)|\{(?!(0|[1-9]\d{0,14})\+?\}\r\n)|"\S[^\r\n]*\{|[")]\{/.test(joined(step)) &&
      saysGoodbye(relayed, /^(a line contains|a literal size is|a line ends in a literal)/),
    rest: 'is left',
  },
  {
    name: 'limits before login',
    why: 'Before login a line is at most limits.preLoginLine and a literal limits.preLoginLiteral; Dovecot has limits of its own.',
    recognise: ({ step, relayed, direct }) =>
      (/\{70000\}/.test(joined(step)) &&
        /BAD Literal too large before login/.test(relayed.tagged.join(''))) ||
      (direct.ending === 'closed' && saysGoodbye(relayed, /^a line is too long$/)),
    rest: 'is left',
  },
  {
    name: 'answered in the middle',
    why: 'Dovecot refused a command before its last literal: nobody can tell what it takes that literal for.',
    recognise: ({ step, before, relayed }) =>
      /\{\d+\+?\}\r\n[\s\S]*\{\d+\+?\}\r\n/.test(before + joined(step)) &&
      saysGoodbye(relayed, /^The server answered too early$/),
    rest: 'is left',
  },
  {
    name: 'data run as commands',
    why: 'Dovecot runs the data of a literal that it did not expect as commands; through the proxy they are data.',
    recognise: ({ step, before, tags, direct, relayed }) =>
      /\{\d+\+\}\r\n/.test(before + joined(step)) &&
      (hasForeignAnswers(direct, tags) || direct.untagged.some(isInvalidTag)) &&
      !hasForeignAnswers(relayed, tags) &&
      (direct.ending === 'closed' ||
        same(withoutForeign(direct, relayed, tags), withoutForeign(relayed, relayed, tags))),
    rest: 'is left',
  },
  {
    name: 'pipelined commands at other moments',
    why: 'The proxy asks before every literal, so commands behind one reach Dovecot later, and its news of the mailbox come elsewhere.',
    recognise: ({ step, direct, relayed }) =>
      step.tags.length > 1 && same(inAnyOrder(direct), inAnyOrder(relayed)),
    rest: 'is compared',
  },
  {
    name: 'a literal that Dovecot waits for unasked',
    why: 'Behind a bad list of flags Dovecot takes a literal without ever asking for it, and what follows with it.',
    recognise: ({ step, before, direct, relayed }) =>
      (direct.ending === 'silent' || relayed.ending === 'silent') && /\(\\X ~?\{/.test(before + joined(step)),
    rest: 'is left',
  },
];

describe('the same sessions, directly and through the proxy', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    const users = Array.from({ length: sessions }, (_, at) => [`direct${at}`, `behind${at}`]).flat();
    dovecot = await startDovecot({
      users: Object.fromEntries(users.map((user) => [user, password])),
      // Processes that serve one user after the other, as in a busy installation.
      settings: ['service imap {', '  service_count = 100', '}'],
    });
    proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
      limits: uncounted,
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
  });

  test('answers differ only as explained', async (context) => {
    const counts = new Map(classes.map(({ name }) => [name, 0]));
    const unexplained: string[] = [];
    let steps = 0;
    let next = 0;
    const compareOne = async (at: number) => {
      const seed = firstSeed + at;
      const direct = generateSession(seed, { user: `direct${at}`, password });
      const relayed = generateSession(seed, { user: `behind${at}`, password });
      const [theirs, ours] = await Promise.all([
        holdSession(direct, dovecot.endpoint(direct.security), seed),
        // Cut at the same places in one half of the sessions, at others in the other half.
        holdSession(
          relayed,
          proxy.endpoint(relayed.security === 'tls' ? 1 : 0, relayed.security),
          seed + (seed % 2),
        ),
      ]);
      const result = compare(relayed, theirs, ours, counts);
      steps += result.compared;
      if (result.unexplained !== undefined) unexplained.push(`seed ${seed}: ${result.unexplained}`);
    };
    const work = async () => {
      while (next < sessions) await compareOne(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, work));

    context.diagnostic(`${sessions} sessions, ${steps} steps compared`);
    for (const [name, count] of counts) context.diagnostic(`${name}: ${count}`);
    assert.deepEqual(unexplained, []);
    assert.ok(steps > 6 * sessions, 'most sessions are compared to their end');
    assert.ok(proxy.alive);
    assert.doesNotMatch(JSON.stringify(proxy.log), /a bug in imapveil/);
  });
});

/** Step by step, up to the end or to a difference behind which nothing can be compared. */
function compare(
  session: GeneratedSession,
  direct: readonly Heard[],
  relayed: readonly Heard[],
  counts: Map<string, number>,
): { readonly compared: number; readonly unexplained?: string } {
  const tags = new Set(session.steps.flatMap((step) => step.tags));
  const greeting: Step = { pieces: [], tags: [] };
  const steps = [greeting, ...session.steps];
  for (let at = 0; at < Math.max(direct.length, relayed.length); at++) {
    const step = steps[at] ?? greeting;
    const theirs = direct[at];
    const ours = relayed[at];
    // One side ended before, and that was compared.
    if (theirs === undefined || ours === undefined) return { compared: at };
    if (same(theirs, ours)) continue;
    const before = steps.slice(0, at).map(joined).join('');
    const difference: Difference = { step, before, tags, direct: theirs, relayed: ours };
    const found = classes.find(({ recognise }) => recognise(difference));
    if (found === undefined) {
      const told = JSON.stringify({ sent: step.pieces, direct: theirs, relayed: ours }, undefined, 1);
      return { compared: at, unexplained: `step ${at}: ${told}` };
    }
    counts.set(found.name, (counts.get(found.name) ?? 0) + 1);
    if (found.rest === 'is left') return { compared: at };
  }
  return { compared: Math.min(direct.length, relayed.length) };
}

function same(left: Heard, right: Heard): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function joined(step: Step): string {
  return step.pieces.join('');
}

function mapped({ tagged, untagged, ending }: Heard, change: (response: string) => string): Heard {
  return { tagged: tagged.map(change), untagged: untagged.map(change), ending };
}

function withoutOwnWords(response: string): string {
  if (!/^\S+ (OK \[)?CAPABILITY /.test(response)) return response;
  return response.startsWith('* CAPABILITY')
    ? `${response.trimEnd()}]`.replace(ownWords, '')
    : response.replace(ownWords, '');
}

function withoutReason(response: string): string {
  return response.replace(/^(\S+ BAD) [^\r\n]*/, '$1');
}

/** Where the proxy gave an answer of its own, tag and word alone are left. */
function withoutText(heard: Heard, relayed: Heard): Heard {
  const head = (response: string) => response.split(' ', 2).join(' ');
  const own = new Set(
    [...relayed.tagged, ...relayed.untagged].filter((each) => ownAnswer.test(each)).map(head),
  );
  return mapped(heard, (response) => (own.has(head(response)) ? head(response) : response));
}

function saysGoodbye({ untagged, ending }: Heard, why: RegExp): boolean {
  const words = /^\* BYE (.*)\r\n$/.exec(untagged.at(-1) ?? '');
  return ending === 'closed' && words !== null && why.test(words[1] ?? '');
}

function isInvalidTag(response: string): boolean {
  return /^\* BAD\b/.test(response);
}

function isForeign(response: string, tags: ReadonlySet<string>): boolean {
  return !tags.has(response.split(' ', 1)[0] ?? '');
}

/** Answers to tags that no command of the session has: data was run as a command. */
function hasForeignAnswers({ tagged }: Heard, tags: ReadonlySet<string>): boolean {
  return tagged.some((response) => isForeign(response, tags));
}

function withoutForeign(heard: Heard, relayed: Heard, tags: ReadonlySet<string>): Heard {
  const { tagged, untagged, ending } = mapped(withoutText(heard, relayed), withoutOwnWords);
  return {
    tagged: tagged.filter((response) => !isForeign(response, tags)),
    untagged: untagged.filter((response) => !isInvalidTag(response)),
    ending,
  };
}

function inAnyOrder({ tagged, untagged, ending }: Heard): Heard {
  return { tagged, untagged: [...untagged].sort(), ending };
}
