/**
 * Whole IMAP sessions by seed, valid and broken, for the differential run. The same seed and another user give the
 * same session of that other user, so that two servers can be told the same thing at the same time.
 *
 * Text is latin1: one character a byte. A step is what is sent as one: its first piece at once, each further piece
 * when the server says `+`; then the answers to its tags are waited for.
 */
import type { Account, Endpoint } from './endpoint.ts';
import { anyCommand, brokenLine, loggedOutCommand, pipelined, preparation } from './generated-commands.ts';
import { asPieces, literal, type Part, spelled } from './generated-strings.ts';
import { Random } from './random.ts';

export interface Step {
  readonly pieces: readonly string[];
  /** Whose answers to wait for. */
  readonly tags: readonly string[];
}

export interface GeneratedSession {
  readonly seed: number;
  readonly security: Endpoint['security'];
  readonly steps: readonly Step[];
}

/** The session of a seed, of this user. It ends in LOGOUT, whatever went before. */
export function generateSession(seed: number, account: Account): GeneratedSession {
  const random = new Random(seed);
  const security = random.chance(25) ? 'tls' : 'none';
  const steps: Step[] = [];
  const tag = () => `${random.pick(['a', 'A', 'tag.', '-'])}${steps.length + 1}`;
  const add = (make: (random: Random, tag: string) => Step) => steps.push(make(random, tag()));

  for (let count = random.below(3); count > 0; count--) {
    if (random.chance(35)) add(brokenLine);
    else if (random.chance(50)) add((chance, name) => failedLogin(chance, name, account));
    else add(loggedOutCommand);
  }
  if (random.chance(85)) {
    add((chance, name) => login(chance, name, account));
    if (random.chance(60)) for (const command of preparation) add(command);
    for (let count = 6 + random.below(8); count > 0; count--) {
      if (random.chance(12)) add(brokenLine);
      else if (random.chance(15)) add(pipelined);
      else add(anyCommand);
    }
  }
  steps.push({ pieces: ['last LOGOUT\r\n'], tags: ['last'] });
  return { seed, security, steps };
}

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

/** A login that works, in one of its spellings. */
function login(random: Random, tag: string, { user, password }: Account): Step {
  const plain = base64(`\0${user}\0${password}`);
  const pieces = random.pick<() => string[]>([
    () => asPieces(tag, ['LOGIN ', spelled(random, user), ' ', spelled(random, password)]),
    () => asPieces(tag, ['login ', spelled(random, user), ' ', literal(password, 'non-synchronising')]),
    // The bytes of literals before anybody asked for them.
    () => [asPieces(tag, ['LOGIN ', literal(user, '{n}'), ' ', literal(password, '{n}')]).join('')],
    () => [`${tag} AUTHENTICATE PLAIN ${plain}\r\n`],
    () => [`${tag} authenticate plain\r\n`, `${plain}\r\n`],
    () => [`${tag} AUTHENTICATE PLAIN\r\n${plain}\r\n`],
    () => [`${tag} AUTHENTICATE "PLAIN" ${plain}\r\n`],
    () => [`${tag} AUTHENTICATE LOGIN\r\n`, `${base64(user)}\r\n`, `${base64(password)}\r\n`],
    () => [`${tag} AUTHENTICATE LOGIN ${base64(user)}\r\n`, `${base64(password)}\r\n`],
  ])();
  return { pieces, tags: [tag] };
}

/** A login that does not work, and often is none. */
function failedLogin(random: Random, tag: string, { user, password }: Account): Step {
  const wrong: Part[] = ['LOGIN ', spelled(random, user), ' ', spelled(random, 'wrong')];
  const pieces = random.pick<() => string[]>([
    () => asPieces(tag, wrong),
    () => [`${tag} LOGIN ${user}\r\n`],
    () => [`${tag} LOGIN\r\n`],
    () => [`${tag} LOGIN ${user} wrong more\r\n`],
    () => [`${tag} LOGIN  ${user} wrong\r\n`],
    () => [`${tag} LOGIN (${user}) wrong\r\n`],
    () => [`${tag} AUTHENTICATE\r\n`],
    () => [`${tag} AUTHENTICATE PLAIN\r\n`, '*\r\n'],
    () => [`${tag} AUTHENTICATE PLAIN\r\n`, 'this is not base64\r\n'],
    () => [`${tag} AUTHENTICATE PLAIN\r\n`, `${tag} LOGOUT\r\n`],
    () => [`${tag} AUTHENTICATE PLAIN =\r\n`],
    () => [`${tag} AUTHENTICATE PLAIN not!base64\r\n`],
    () => [`${tag} AUTHENTICATE PLAIN ${base64(`\0${user}\0wrong`)}\r\n`],
    () => [`${tag} AUTHENTICATE LOGIN\r\n`, `${base64(user)}\r\n`, `${base64(password)}x\r\n`],
    () => [`${tag} AUTHENTICATE LOGIN\r\n`, '\r\n', '*\r\n'],
    () => [`${tag} AUTHENTICATE NONSENSE\r\n`],
    () => [`${tag} AUTHENTICATE SCRAM-SHA-256 ${base64('n,,n=nobody,r=nonce')}\r\n`],
    () => [`${tag} AUTHENTICATE GSSAPI\r\n`],
    () => [`${tag} AUTHENTICATE EXTERNAL =\r\n`],
    () => [`${tag} AUTHENTICATE DIGEST-MD5\r\n`],
  ])();
  return { pieces, tags: [tag] };
}
