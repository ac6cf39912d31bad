/**
 * What leads around the names of folders, where folders can be hidden (P29): commands, capabilities, and forms of
 * commands. What always holds: a command is known here, or its names are read, or it does not pass.
 */
import { latin1, replaceStrings } from '../imap-parser-lite/index.ts';
import { storesMessages } from '../rewrite/hidden-capability.ts';

/**
 * Commands that name no mailbox. With those whose names are read, these are all that may pass where folders can be
 * hidden: what nobody here knows might name one, and NOTIFY, MULTISEARCH and URLAUTH do so in ways of their own.
 */
const namelessVerbs: ReadonlySet<string> = new Set([
  ...['CAPABILITY', 'NOOP', 'LOGOUT', 'ID', 'ENABLE', 'LOGIN', 'AUTHENTICATE', 'UNAUTHENTICATE', 'STARTTLS'],
  ...['IDLE', 'NAMESPACE', 'CHECK', 'CLOSE', 'UNSELECT', 'EXPUNGE', 'SEARCH', 'FETCH', 'STORE'],
  ...['SORT', 'THREAD', 'UID EXPUNGE', 'UID SEARCH', 'UID FETCH', 'UID STORE', 'UID SORT', 'UID THREAD'],
  ...['LANGUAGE', 'COMPARATOR', 'CANCELUPDATE'],
]);

/** Whether a command (with the verb behind UID, upper case) surely names no mailbox. */
export function isNameless(verb: string): boolean {
  return namelessVerbs.has(verb);
}

/** Whether a capability, in any case, is there for what leads around. */
export function leadsAround(capability: string): boolean {
  return /^(NOTIFY|MULTISEARCH|CATENATE|URL-PARTIAL|URLAUTH(=.*)?|X-GM-EXT-1)$/i.test(capability);
}

/**
 * Whether `text` (latin1) of a command's arguments reaches other mailboxes than it names: CATENATE (URL "/Hidden/;UID=1") reads from
 * them (RFC 4469), and Gmail's labels are its folders.
 */
export function reachesOthers(verb: string, text: string): boolean {
  if (storesMessages(verb)) return /\bCATENATE\b/i.test(replaceStrings(text, () => '""'));
  return /^(UID )?(FETCH|STORE|SEARCH)$/.test(verb) && /X-GM-(LABELS|RAW)/i.test(text);
}

/**
 * Whether a line of a command (with the verb behind UID, upper case) may come in parts, for it is rightly long. Of any
 * other, what is not seen yet cannot be judged.
 */
export function mayBeLong(verb: string): boolean {
  return /^(UID )?(FETCH|STORE|SEARCH|SORT|THREAD)$/.test(verb);
}

/** Whether a server may take the name in a command for all that match it: Dovecot and Cyrus do with METADATA. */
export function namesMany(verb: string, name: Uint8Array): boolean {
  return /^[GS]ETMETADATA$/.test(verb) && /[*%]/.test(latin1(name));
}
