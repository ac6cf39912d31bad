/**
 * SASL clients, as small as the mechanisms allow, and the exchange of AUTHENTICATE (RFC 9051 §6.2.2, RFC 4959).
 * They are written for tests: each says what of it is secret, so that a test can look for it in logs.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account } from './endpoint.ts';
import type { RawImap } from './raw-imap.ts';

export interface SaslClient {
  readonly mechanism: string;
  /** Whether it may speak before the server does (RFC 4959). */
  readonly initialResponse: 'possible' | 'impossible';
  /** The next message, for this challenge. Throws where the server does not know the password. */
  next(challenge: Buffer): Buffer;
}

export interface Exchange {
  readonly tagged: string;
  /** The lines that the client sent, without their line ends. */
  readonly sent: readonly string[];
}

/** Runs one exchange to its end; with `initial` the first message goes with the command. */
export async function authenticate(
  imap: RawImap,
  client: SaslClient,
  start: 'initial' | 'asked',
): Promise<Exchange> {
  const tag = imap.nextTag();
  const sent: string[] = [];
  const send = (line: string) => {
    sent.push(line);
    imap.send(`${line}\r\n`);
  };
  const command = `${tag} AUTHENTICATE ${client.mechanism}`;
  // An empty initial response is written `=`.
  if (start === 'initial') send(`${command} ${client.next(Buffer.alloc(0)).toString('base64') || '='}`);
  else send(command);
  for (;;) {
    const response = await imap.response();
    if (!response.startsWith('+')) return { tagged: response, sent };
    send(client.next(Buffer.from(response.slice(2).trim(), 'base64')).toString('base64'));
  }
}

/** Messages that are the same whatever the server says. */
function fixed(mechanism: string, ...messages: readonly string[]): SaslClient {
  let step = 0;
  return {
    mechanism,
    initialResponse: 'possible',
    next: () => Buffer.from(messages[step++] ?? ''),
  };
}

/** RFC 4616. */
export function plain({ user, password }: Account): SaslClient {
  return fixed('PLAIN', `\0${user}\0${password}`);
}

export function login({ user, password }: Account): SaslClient {
  return fixed('LOGIN', user, password);
}

/** The password is the token. A second message answers the server's reasons for refusing it. */
export function xoauth2({ user, password }: Account): SaslClient {
  return fixed('XOAUTH2', `user=${user}\x01auth=Bearer ${password}\x01\x01`);
}

/** RFC 7628; the password is the token. */
export function oauthBearer({ user, password }: Account): SaslClient {
  return fixed('OAUTHBEARER', `n,a=${user},\x01auth=Bearer ${password}\x01\x01`, '\x01');
}

/** RFC 2195. */
export function cramMd5({ user, password }: Account): SaslClient {
  return {
    mechanism: 'CRAM-MD5',
    initialResponse: 'impossible',
    next: (challenge) =>
      Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`),
  };
}

/** RFC 5802 and 7677, without channel binding; the server's own proof is checked. */
export function scram(hash: 'sha1' | 'sha256', { user, password }: Account): SaslClient {
  const hmac = (key: Buffer, text: string | Buffer) => createHmac(hash, key).update(text).digest();
  const bare = `n=${user.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${randomBytes(18).toString('base64url')}`;
  let step = 0;
  let serverProof: Buffer | undefined;
  const final = (serverFirst: string): string => {
    const [, nonce = '', salt = '', rounds = '0'] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
    const size = hash === 'sha1' ? 20 : 32;
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), size, hash);
    const withoutProof = `c=biws,r=${nonce}`;
    const signed = `${bare},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash(hash).update(clientKey).digest(), signed);
    const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
    serverProof = hmac(hmac(salted, 'Server Key'), signed);
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  };
  return {
    mechanism: hash === 'sha1' ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256',
    initialResponse: 'possible',
    next(challenge) {
      step += 1;
      if (step === 1) return Buffer.from(`n,,${bare}`);
      if (step === 2) return Buffer.from(final(challenge.toString()));
      const shown = Buffer.from(/^v=([^,]+)/.exec(challenge.toString())?.[1] ?? '', 'base64');
      if (serverProof?.length !== shown.length || !timingSafeEqual(serverProof, shown))
        throw new Error('The server does not know the password, or somebody is in between.');
      return Buffer.alloc(0);
    },
  };
}

/** A JSON Web Token of a user for a shared secret (RFC 7519, HS256), valid for an hour. */
export function tokenFor(user: string, secret: string): string {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: user, iat: now - 10, exp: now + 3600 })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/**
 * The spellings in which a secret could stand in a log: itself, and the middle of its base64 at each of the three
 * places where it may begin in a message.
 */
export function spellingsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((place) => {
    const text = Buffer.from(`${'x'.repeat(place)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last characters also hold bits of the neighbours.
    return text.slice(place === 0 ? 0 : 4, -2);
  });
  return [secret, JSON.stringify(secret).slice(1, -1), ...inBase64.filter((text) => text.length > 5)];
}
