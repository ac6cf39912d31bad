/**
 * The user's name, read from the commands that show it, for the log and for scripts. Never the secret: what is
 * not the name is not kept, not even for a moment longer than the chunk it came in.
 */
import { endOfText, latin1, readAstring, SPACE } from '../imap-parser-lite/index.ts';
import * as limits from './limits.ts';

/** Who logs in, as bytes. Most mechanisms have one name for both. */
export interface LoginNames {
  /** Whose session it will be: the authorization identity, where there is one. */
  readonly user: Uint8Array;
  /** Whose password it is: the authentication identity. */
  readonly passwordOf: Uint8Array;
}

/** The same as text. */
export interface NamedLogin {
  readonly user: string;
  readonly passwordOf: string;
}

/** The first argument of LOGIN, where it stands in the command's first line (atom or quoted). */
export function nameInLogin(line: Uint8Array, at: number): LoginNames | undefined {
  const name = readAstring(line, at);
  return name !== undefined && line[name.end] === SPACE ? oneName(name.value) : undefined;
}

/** One name for both. */
export function oneName(name: Uint8Array): LoginNames {
  return { user: name, passwordOf: name };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A name's bytes as text, cut to what is kept. */
export function userText(name: Uint8Array): string {
  return utf8.decode(name.subarray(0, limits.userName));
}

/**
 * Names that a script may be asked about, and that may be counted under: whole, and without control characters, at
 * which servers written in C may take them to end. Undefined: one is none.
 */
export function askableNames(names: LoginNames | undefined): NamedLogin | undefined {
  if (names === undefined || !isAskable(names.user) || !isAskable(names.passwordOf)) return undefined;
  return { user: userText(names.user), passwordOf: userText(names.passwordOf) };
}

function isAskable(name: Uint8Array): boolean {
  return name.length <= limits.userName && !name.some((byte) => byte < SPACE || byte === 0x7f);
}

/** Whether something follows the name of a mechanism, which ends at `at`; the space that some clients send there is nothing. */
export function hasInitialResponse(line: Uint8Array, at: number): boolean {
  const end = endOfText(line);
  return at !== end && !(at + 1 === end && line[at] === SPACE);
}

/**
 * Whether the server speaks first in this mechanism (upper case), so that it has no initial response (RFC 4959 §3).
 * Dovecot passes over one all the same: a name in it would be another one than that of the login.
 */
export function serverSpeaksFirst(mechanism: string): boolean {
  return mechanism.startsWith('CRAM-');
}

/**
 * Which of the client's SASL messages is the first with a password in it, or with what proves that the client knows it.
 * Of a mechanism that is not known here, the first may be.
 */
export function messagesToSecret(mechanism: string | undefined): number {
  return mechanism === 'LOGIN' || mechanism?.startsWith('SCRAM-') ? 2 : 1;
}

/** Whether the client's first SASL message shows the name in this mechanism (upper case). */
export function showsName(mechanism: string): boolean {
  return /^(PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-.*|SCRAM-.*)$/.test(mechanism);
}

/**
 * The names in the client's first SASL message, base64 as on the wire, with or without its line end; empty where they
 * may be left out and are. Undefined where they cannot be read for certain, and where this mechanism shows none.
 */
export function namesInSasl(mechanism: string, message: Uint8Array): LoginNames | undefined {
  const decoded = decodeBase64(message);
  const names = decoded === undefined ? undefined : namesIn(mechanism, decoded);
  if (names === undefined) return undefined;
  const [authentication, authorization] = names;
  const passwordOf = fromText(authentication);
  return { user: authorization ? fromText(authorization) : passwordOf, passwordOf };
}

type Identities = readonly [authentication: string, authorization?: string | undefined];

/**
 * Forms are read to their last byte, for servers differ in which of two fields they take: Dovecot the last `user=` of
 * XOAUTH2, Courier other fields of PLAIN where there are more than three.
 */
function namesIn(mechanism: string, message: string): Identities | undefined {
  switch (mechanism) {
    case 'PLAIN': {
      const form = /^([^\0]*)\0([^\0]+)\0[^\0]*$/.exec(message);
      return form === null ? undefined : [form[2]!, form[1]];
    }
    case 'LOGIN':
      return [message];
    case 'XOAUTH2': {
      const form = /^user=([^\x01]+)\x01auth=[^\x01]*\x01\x01$/.exec(message);
      return form === null ? undefined : [form[1]!];
    }
    case 'OAUTHBEARER': {
      const form = /^[ny],(?:a=([^,]*))?,\x01/.exec(message);
      return form === null ? undefined : [unescaped(form[1] ?? '')];
    }
    default:
      return mechanism.startsWith('CRAM-') ? namesInCram(message) : namesInScram(mechanism, message);
  }
}

/** RFC 2195 §2: the last space ends the name, which may have others in it. */
function namesInCram(message: string): Identities | undefined {
  const form = /^(.+) [^ ]*$/s.exec(message);
  return form === null ? undefined : [form[1]!];
}

function namesInScram(mechanism: string, message: string): Identities | undefined {
  if (!mechanism.startsWith('SCRAM-')) return undefined;
  const form = /^(?:[ny]|p=[^,]*),(?:a=([^,]*))?,n=([^,]+),r=/.exec(message);
  return form === null ? undefined : [unescaped(form[2]!), unescaped(form[1] ?? '')];
}

/** A comma and an equals sign are escaped in a name (RFC 5802 §5.1). */
function unescaped(name: string): string {
  return name.replace(/=2C/g, ',').replace(/=3D/g, '=');
}

function fromText(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Base64 to latin1; undefined where it is none, or empty. */
function decodeBase64(message: Uint8Array): string | undefined {
  const text = latin1(message).trimEnd();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
