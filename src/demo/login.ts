/**
 * LOGIN and AUTHENTICATE PLAIN (RFC 9051 §6.2, RFC 4616, SASL-IR of RFC 4959) for the one user there is. They
 * work without TLS, which no real server should allow: this one listens on loopback and its password is public.
 */
import { latin1 } from '../imap-parser-lite/index.ts';
import { type Argument, astring, keyword } from './arguments.ts';
import { demoPassword, demoUser } from './seed.ts';
import { capabilities, type Outcome, type Session, syntaxError, tagged } from './session.ts';

/** Runs LOGIN. */
export function login(session: Session, given: readonly Argument[]): Outcome {
  const user = astring(given[0]);
  const password = astring(given[1]);
  if (user === undefined || password === undefined || given.length !== 2)
    return syntaxError('LOGIN takes a user name and a password');
  return admit(session, latin1(user), latin1(password));
}

/** Runs AUTHENTICATE. */
export function authenticate(session: Session, given: readonly Argument[]): Outcome {
  const initial = given[1];
  if (given.length < 1 || given.length > 2 || initial?.kind === 'list')
    return syntaxError('AUTHENTICATE takes a mechanism');
  if (keyword(given[0]) !== 'PLAIN') return tagged('NO The demo mailbox knows AUTHENTICATE PLAIN only');
  if (initial !== undefined) return plain(session, latin1(initial.bytes));
  return { kind: 'challenge', prompt: '', meanwhile: 'keep-silent', answer: (line) => plain(session, line) };
}

function plain(session: Session, response: string): Outcome {
  if (response === '*') return syntaxError('AUTHENTICATE was cancelled');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(response))
    return syntaxError('The response of AUTHENTICATE is not base64');
  const [, user, password] = Buffer.from(response, 'base64').toString('latin1').split('\0');
  return admit(session, user, password);
}

function admit(session: Session, user: string | undefined, password: string | undefined): Outcome {
  if (user !== demoUser || password !== demoPassword)
    return tagged('NO [AUTHENTICATIONFAILED] The user is demo and so is the password');
  session.loggedIn = true;
  return tagged(`OK [CAPABILITY ${capabilities(session)}] Logged in to the demo mailbox`);
}
