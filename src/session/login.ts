/**
 * The user's name, read from the commands that show it, for the log and for scripts. Never the secret: what is
 * not the name is not kept, not even for a moment longer than the chunk it came in.
 */
import { latin1, readAstring } from '../imap-parser-lite/index.ts';
import * as limits from './limits.ts';

/** The first argument of LOGIN, where it stands in the command's first line (atom or quoted). */
export function userOfLogin(line: Uint8Array, at: number): string | undefined {
  const name = readAstring(line, at);
  return name && userText(name.value);
}

/** A name's bytes as text, cut to what is kept. */
export function userText(name: Uint8Array): string {
  return new TextDecoder().decode(name.subarray(0, limits.userName));
}

/**
 * The name in one SASL message from the client, base64 as on the wire, with or without its line end. `step` counts
 * the client's messages from 0. Undefined where this mechanism's message shows none.
 */
export function userOfSasl(mechanism: string, step: number, message: Uint8Array): string | undefined {
  const decoded = decodeBase64(message);
  if (decoded === undefined || step > 0) return undefined;
  switch (mechanism) {
    case 'PLAIN': {
      const [authorization, authentication] = splitAtNul(decoded);
      return authentication === undefined ? undefined : userText(fromText(authorization || authentication));
    }
    case 'LOGIN':
      return userText(fromText(decoded));
    case 'XOAUTH2':
      return userText(fromText(/^user=([^\x01]*)\x01/.exec(decoded)?.[1] ?? ''));
    case 'OAUTHBEARER':
      return userText(fromText(/^n,a=([^,]*),/.exec(decoded)?.[1] ?? ''));
    case 'CRAM-MD5':
      return userText(fromText(decoded.slice(0, Math.max(0, decoded.lastIndexOf(' ')))));
    default:
      if (!mechanism.startsWith('SCRAM-')) return undefined;
      return userText(
        fromText((/(?:^|,)n=([^,]*)/.exec(decoded)?.[1] ?? '').replace(/=2C/g, ',').replace(/=3D/g, '=')),
      );
  }
}

function splitAtNul(text: string): [string, string | undefined] {
  const first = text.indexOf('\0');
  if (first < 0) return [text, undefined];
  const second = text.indexOf('\0', first + 1);
  return [text.slice(0, first), text.slice(first + 1, second < 0 ? text.length : second)];
}

function fromText(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Base64 to latin1; undefined where it is none. `=` alone is the empty message (RFC 4959 §3). */
function decodeBase64(message: Uint8Array): string | undefined {
  const text = latin1(message).trimEnd();
  if (text === '=') return '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
