/**
 * The user's name, read from the commands that show it, for the log and for scripts. Never the secret: what is
 * not the name is not kept, not even for a moment longer than the chunk it came in.
 */
import { endOfText, latin1, readAstring, SPACE } from '../imap-parser-lite/index.ts';
import * as limits from './limits.ts';

/** The first argument of LOGIN, where it stands in the command's first line (atom or quoted). */
export function nameInLogin(line: Uint8Array, at: number): Uint8Array | undefined {
  const name = readAstring(line, at);
  return name !== undefined && line[name.end] === SPACE ? name.value : undefined;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A name's bytes as text, cut to what is kept. */
export function userText(name: Uint8Array): string {
  return utf8.decode(name.subarray(0, limits.userName));
}

/**
 * A name that a script may be asked about: whole, and without control characters, at which servers written in C may
 * take it to end. Undefined: it is none.
 */
export function askableName(name: Uint8Array | undefined): string | undefined {
  if (name === undefined || name.length > limits.userName) return undefined;
  return name.some((byte) => byte < SPACE || byte === 0x7f) ? undefined : userText(name);
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

/** Whether the client's first SASL message shows the name in this mechanism (upper case). */
export function showsName(mechanism: string): boolean {
  return /^(PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-.*|SCRAM-.*)$/.test(mechanism);
}

/**
 * The name in the client's first SASL message, base64 as on the wire, with or without its line end; empty where it may
 * be left out and is. Undefined where it cannot be read, and where this mechanism shows none.
 */
export function nameInSasl(mechanism: string, message: Uint8Array): Uint8Array | undefined {
  const decoded = decodeBase64(message);
  const name = decoded && nameIn(mechanism, decoded);
  return name === undefined ? undefined : fromText(name);
}

function nameIn(mechanism: string, message: string): string | undefined {
  switch (mechanism) {
    case 'PLAIN': {
      const [authorization, authentication, ...password] = message.split('\0');
      return password.length === 0 ? undefined : authorization || authentication;
    }
    case 'LOGIN':
      return message;
    case 'XOAUTH2':
      return /^user=([^\x01]*)\x01/.exec(message)?.[1];
    case 'OAUTHBEARER':
      return saslName(/^[ny],(?:a=([^,]*))?,\x01/, message);
    default:
      if (mechanism.startsWith('CRAM-')) return /^(.+) [^ ]*$/s.exec(message)?.[1];
      if (!mechanism.startsWith('SCRAM-')) return undefined;
      return saslName(/^(?:[ny]|p=[^,]*),(?:a=([^,]*))?,n=([^,]*),r=/, message);
  }
}

/** The first name that `form` finds and that is not empty; a comma and an equals sign are escaped in it (RFC 5802 §5.1). */
function saslName(form: RegExp, message: string): string | undefined {
  const match = form.exec(message);
  if (match === null) return undefined;
  const [, authorization, authentication] = match;
  return (authorization || authentication || '').replace(/=2C/g, ',').replace(/=3D/g, '=');
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
