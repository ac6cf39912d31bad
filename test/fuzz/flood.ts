/**
 * A client that never stops, against a server that says nothing more: what the proxy takes in without sending it
 * on, and the replies that it owes, must stay bounded, for the driver reads as long as the session lets it.
 */
import { noHooks } from '../../src/rewrite/question.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';
import { broken, bytesOf, shown, textOf } from './broken.ts';
import type { Random } from './random.ts';

const backlog = 64 * 1024;
/** Replies of the proxy's own that may wait for the end of a response. */
const mostReplies = 200;

const stalls: Readonly<Record<string, readonly [client: string, server: string]>> = {
  'in a literal': ['', '* 1 FETCH (BODY[] {5}\r\nab'],
  'in a folder': ['', '* LIST () "/" {5}\r\nab'],
  'while the script thinks': ['', '* LIST () "/" x\r\n'],
  'at a literal': ['s APPEND x {5}\r\n', ''],
  'between responses': ['', ''],
};

const floods: readonly ((at: number) => string)[] = [
  (at) => `n${at} NOOP\r\n`,
  () => '(\r\n',
  () => 'x\r\n',
  (at) => `r${at} COMPRESS DEFLATE\r\n`,
  (at) => `r${at} RLIST {3+}\r\nabc\r\n`,
  (at) => `l${at} APPEND x {3+}\r\nabc\r\n`,
  (at) => `t${at} STARTTLS\r\n`,
  () => 'same NOOP\r\n',
];

/** One input. */
export function floodInput(random: Random, note: (line: string) => void): void {
  const stall = random.pick(Object.keys(stalls));
  const flood = random.pick(floods);
  const chunk = random.pick([1, 20, 400]);
  note(`the server stops ${stall}; ${shown(flood(1))} again and again, ${chunk} at once`);
  const session = new Session({
    ...sessionSettings,
    defaultMode: 1,
    hooks: { defines: { ...noHooks, list: true } },
  });
  let ended = '';
  let up = 0;
  let replied = 0;
  const take = (effects: readonly Effect[]): void => {
    let replies = 0;
    for (const effect of effects) {
      if (effect.kind === 'end') ended = effect.cause.code;
      if (effect.kind === 'write-upstream') up += effect.bytes.length;
      if (effect.kind === 'write-client') replies += textOf(effect.bytes).split(' BAD ').length - 1;
    }
    replied += replies;
  };
  take(session.start());
  take(session.clientSecured());
  take(session.fromUpstream(bytesOf('* OK [CAPABILITY IMAP4rev1] ready\r\n')));
  take(session.fromClient(bytesOf('a LOGIN joe secret\r\n')));
  take(session.fromUpstream(bytesOf('a OK in\r\n')));
  const [fromClient, fromServer] = stalls[stall]!;
  take(session.fromClient(bytesOf(fromClient)));
  take(session.fromUpstream(bytesOf(fromServer)));
  up = 0;
  replied = 0;
  let taken = 0;
  let at = 0;
  const rounds = Math.ceil((1000 + random.below(5000)) / chunk);
  for (let round = 0; round < rounds && ended === '' && session.clientBacklog < backlog; round++) {
    let text = '';
    for (let count = 0; count < chunk; count++) text += flood(at++);
    taken += text.length;
    take(session.fromClient(bytesOf(text)));
  }
  const lines = taken / flood(0).length;
  note(
    `taken ${taken} bytes (about ${Math.round(lines)} commands), sent on ${up}, replied to ${replied}, waiting ${session.clientBacklog}`,
  );
  if (session.clientBacklog >= backlog + 400 * 40)
    broken('what waits is bounded', `${session.clientBacklog} bytes of the client`);
  if (ended !== '') return;
  const owed = taken - up - session.clientBacklog;
  const inLimbo = replied > 0 ? 0 : owed / flood(0).length;
  if (inLimbo > mostReplies)
    broken(
      'the replies that wait are bounded',
      `about ${Math.round(inLimbo)} commands were read, not sent on and not answered`,
    );
}
