/**
 * A session whose both sides say whatever they like. Nobody knows what should come of it; it must not throw, must
 * not hold more than it may, and must do nothing behind its end.
 */

import { fatesOf, unpackFolders } from '../../src/rewrite/folders.ts';
import type { Question } from '../../src/rewrite/question.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { broken, bytesOf, shown, textOf } from './broken.ts';
import type { Random } from './random.ts';

const clientPieces = [
  'a NOOP\r\n', 'b LOGIN joe SECRET\r\n', 'c APPEND x {5}\r\n', 'd APPEND x {3+}\r\n', 'abc', '\r\n', 'hello\r\n', ' ',
  'e IDLE\r\n', 'DONE\r\n', 'f AUTHENTICATE PLAIN\r\n', 'AGpvZQBzZWNyZXQ=\r\n', '*\r\n', 'g STARTTLS\r\n', '{0}\r\n',
  'h LIST "" *\r\n', 'i LIST "" {1+}\r\n', 'j STATUS {6}\r\n', 'k X {-1}\r\n', 'l X {99999999999999999999}\r\n',
  'm LOGIN {4}\r\n', 'n UNAUTHENTICATE\r\n', 'o ENABLE UTF8=ACCEPT\r\n', '"', '\\', '(', '\0', '\r', '\n', '{', '}',
  'p COMPRESS DEFLATE\r\n', 'f AUTHENTICATE X =\r\n', 't ID ("a" NIL)\r\n', 'joe {6}\r\n', 'q LOGOUT\r\n', 'r SELECT Hidden\r\n', 'a', '+', ' {4}\r\n', ' {4+}\r\n', '\xff', 's LOGIN "a',
] as const; // biome-ignore format: a table reads better short
const serverPieces = [
  '* OK ready\r\n', '* OK [CAPABILITY IMAP4rev1 LITERAL+ STARTTLS] x\r\n', '* PREAUTH x\r\n', '* BYE x\r\n', '+ \r\n',
  '+\r\n', 'a OK x\r\n', 'b OK x\r\n', 'b NO x\r\n', 'c NO x\r\n', 'd BAD x\r\n', 'e OK x\r\n', 'f OK x\r\n', 'f NO x\r\n',
  'h OK x\r\n', 'i OK x\r\n', 'o OK x\r\n', 'n OK x\r\n', 'q OK x\r\n', '* CAPABILITY IDLE\r\n', '* LIST () "/" Hidden\r\n',
  '* LIST () "/" {6}\r\n', 'Hidden', '\r\n', '* STATUS Hidden (X 1)\r\n', '* ENABLED UTF8=ACCEPT\r\n', '* LIST (', '* 1 FETCH (X {3}\r\n',
  'abc)\r\n', '* X {3+}\r\n', '* X {-1}\r\n', '\0', '\r', '\n', '"', 'imapveil1 OK x\r\n', 'imapveil2 OK x\r\n', 'xx', '* ', ' {0}\r\n',
  '* LSUB () NIL ""\r\n', '* METADATA {2}\r\n', '+ x', 'HTTP/1.1 400 Bad\r\n', '* OK [CAPABILITY', ']', '\xff', '* LIST () "/" "a\\',
] as const; // biome-ignore format: a table reads better short

/** One input. */
export function garbage(random: Random, note: (line: string) => void): void {
  const script = random.chance(50);
  const asked = random.chance(50);
  const mode = random.pick([0, 1, 3] as const);
  const upstreamEncryption = random.pick(['none', 'starttls', 'tls'] as const);
  const session = new Session({
    session: 's1',
    client: '192.0.2.1',
    clientport: 54321,
    server: '192.0.2.2',
    serverport: 143,
    defaultMode: mode,
    upstreamEncryption,
    preLoginLine: 200,
    preLoginLiteral: random.pick([1000, 4]),
    enforce: random.chance(30),
    commandsAsked: ['NOOP', 'APPEND', 'IDLE'],
    hooks: {
      defines: {
        ...{ encryption: script, capability: script, list: script },
        ...{ login: asked, command: asked, id: asked, greeting: asked },
      },
    },
  });
  note(`settings: mode ${mode}, upstream ${upstreamEncryption}, script ${script}; anything goes`);
  let question: Question | undefined;
  let securingClient = false;
  let securingServer = false;
  let connected = false;
  let ended = false;
  const step = (line: string, effects: readonly Effect[]): void => {
    note(line);
    for (const effect of effects) {
      if (ended) broken('nothing happens behind the end', effect.kind);
      note(`! ${effect.kind}${'bytes' in effect ? ` ${shown(textOf(effect.bytes))}` : ''}`);
      if (effect.kind === 'ask') {
        if (question !== undefined) broken('one question at a time', effect.question.kind);
        question = effect.question;
      }
      if (effect.kind === 'end') ended = true;
      if (effect.kind === 'connect-upstream') connected = true;
      if (effect.kind === 'secure-client') securingClient = true;
      if (effect.kind === 'secure-upstream') securingServer = true;
    }
    if (session.clientBacklog > 64_000 || session.upstreamBacklog > 64_000)
      broken('what waits is bounded', line);
  };
  step('> start', session.start());
  for (let left = random.below(80); left > 0; left--) {
    const choice = random.below(12);
    if (choice < 4) {
      const text = random.pick(clientPieces);
      step(`C: ${shown(text)}`, session.fromClient(bytesOf(text)));
    } else if (choice < 9) {
      const text = random.pick(serverPieces);
      if (connected) step(`S: ${shown(text)}`, session.fromUpstream(bytesOf(text)));
    } else if (choice === 9 && question !== undefined) {
      const asked: Question = question;
      question = undefined;
      step(`> answers ${asked.kind}`, session.answered(answerTo(asked, random)));
    } else if (choice === 10 && (securingClient || securingServer)) {
      const client = securingClient;
      if (client) securingClient = false;
      else securingServer = false;
      step(
        client ? '> client-secured' : '> upstream-secured',
        client ? session.clientSecured() : session.upstreamSecured(),
      );
    } else if (choice === 11 && random.chance(5)) {
      if (random.chance(50) && connected) step('> upstream-closed', session.upstreamClosed());
      else step('> drain', session.drain());
    }
  }
}

function answerTo(question: Question, random: Random): Parameters<Session['answered']>[0] {
  if (question.kind === 'encryption') return { kind: 'encryption', mode: question.mode };
  if (question.kind === 'capability')
    return { kind: 'capability', capabilities: random.pick([question.capabilities, '', 'X Y']) };
  if (question.kind === 'login' || question.kind === 'command')
    return { kind: question.kind, allow: random.chance(50), message: random.pick([undefined, 'x\r\n* OK']) };
  if (question.kind === 'greeting') return { kind: 'greeting', text: random.pick(['', '[x', question.text]) };
  if (question.kind === 'id') return { kind: 'id', fields: random.pick([[], [['x\0', '\r\n']]]) };
  const { folders } = question;
  const leaving = unpackFolders(folders).map((response) => (random.chance(50) ? undefined : response));
  return { kind: 'list', fates: fatesOf(folders, leaving) };
}
