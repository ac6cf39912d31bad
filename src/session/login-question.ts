/**
 * May this user log in? Asked when the name is known, and before anything by which somebody could log in has gone to
 * the server. What always holds: who cannot be named is not let past, for the server might read another name where
 * none can be read here.
 */
import {
  type CommandHead,
  endOfText,
  type LineSegment,
  type Literal,
  latin1,
  OPEN_BRACE,
  readAstring,
  SPACE,
  TILDE,
} from '../imap-parser-lite/index.ts';
import type { Answer, Question } from '../rewrite/question.ts';
import { refusalText } from '../rewrite/refusal-text.ts';
import type { Conversation } from './conversation.ts';
import * as limits from './limits.ts';
import {
  askableNames,
  hasInitialResponse,
  type NamedLogin,
  nameInLogin,
  namesInSasl,
  showsName,
  userText,
} from './login.ts';

/** What is asked before the first line of a login goes up. */
export type LoginCheck =
  | { readonly kind: 'ask'; readonly login: Named }
  /** A SASL message will show the name: it is asked about then. */
  | { readonly kind: 'later' }
  /** The name comes as a literal, which is needed first; it is no longer than a name may be. */
  | { readonly kind: 'take-literal'; readonly literal: Literal }
  | { readonly kind: 'unreadable'; readonly mechanism: string | undefined };

/** Somebody who wants to log in; the names are empty where the mechanism shows none. */
export interface Named extends NamedLogin {
  readonly mechanism: string | undefined;
}

/** Whether logins are asked about. */
export function asksAboutLogins({ settings }: Conversation): boolean {
  return settings.hooks.defines.login || settings.guardsLogin === true;
}

/** Looks at the first line of LOGIN or AUTHENTICATE. */
export function checkLogin(head: CommandHead, line: LineSegment): LoginCheck {
  return head.verb === 'LOGIN' ? checkLoginCommand(head, line) : checkAuthenticate(head, line);
}

function checkLoginCommand(head: CommandHead, { bytes, complete, literal }: LineSegment): LoginCheck {
  const mechanism = 'LOGIN';
  const at = head.arguments;
  const nobody: LoginCheck = { kind: 'unreadable', mechanism };
  if (at === undefined || !complete) return nobody;
  const mark = bytes.lastIndexOf(literal?.binary ? TILDE : OPEN_BRACE);
  if (literal !== undefined && mark === at)
    return literal.size <= limits.userName ? { kind: 'take-literal', literal } : nobody;
  const names = askableNames(nameInLogin(bytes, at));
  return names === undefined ? nobody : { kind: 'ask', login: { ...names, mechanism } };
}

function checkAuthenticate(head: CommandHead, { bytes }: LineSegment): LoginCheck {
  const name = head.arguments === undefined ? undefined : readAstring(bytes, head.arguments);
  if (name === undefined) return { kind: 'unreadable', mechanism: undefined };
  const mechanism = userText(name.value).toUpperCase();
  if (!showsName(mechanism)) return { kind: 'ask', login: { user: '', passwordOf: '', mechanism } };
  if (!hasInitialResponse(bytes, name.end)) return { kind: 'later' };
  const message = bytes[name.end] === SPACE ? bytes.subarray(name.end + 1) : undefined;
  const names = message && askableNames(namesInSasl(mechanism, message));
  return names === undefined
    ? { kind: 'unreadable', mechanism }
    : { kind: 'ask', login: { ...names, mechanism } };
}

/** Whether a SASL message of the client ends the exchange (RFC 9051 §6.2.2). */
export function isCancellation(message: Uint8Array): boolean {
  return latin1(message, 0, endOfText(message)) === '*';
}

export function loginQuestion(conversation: Conversation, { user, passwordOf }: Named): Question {
  return { kind: 'login', user, passwordOf, context: conversation.context(undefined) };
}

/** The reply to a login that is not let past, without its tag; undefined: it is. */
export function replyToLogin(conversation: Conversation, login: Named, answer: Answer): string | undefined {
  if (answer.kind !== 'login') throw new Error(`a login was answered by ${answer.kind}`);
  if (answer.allow) return undefined;
  const { by = 'script' } = answer;
  conversation.effect({ kind: 'login-refused', ...login, by });
  return `NO ${refusalText(answer.message, '[AUTHENTICATIONFAILED] Authentication failed')}`;
}

/** Notes a login that names nobody, and gives the reply to it, without its tag. */
export function refuseUnreadable(conversation: Conversation, mechanism: string | undefined): string {
  const nobody = { user: undefined, passwordOf: undefined };
  conversation.effect({ kind: 'login-refused', ...nobody, mechanism, by: 'name' });
  return 'BAD The name of the user cannot be read';
}
