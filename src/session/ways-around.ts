/**
 * What leads around the names of folders, where folders can be hidden (P29): commands, capabilities, and forms of
 * commands. What always holds: a command is known here, or its names are read, or it does not pass.
 */
import { latin1 } from '../imap-parser-lite/index.ts';
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
  return /^(NOTIFY|MULTISEARCH|CATENATE|URL-PARTIAL|URLAUTH(=.*)?)$/i.test(capability);
}

/** Whether a line of a command reads from other mailboxes: CATENATE (URL "/Hidden/;UID=1") does (RFC 4469). */
export function readsElsewhere(verb: string, line: Uint8Array): boolean {
  if (!storesMessages(verb)) return false;
  return /\bCATENATE\b/i.test(latin1(line).replace(/"(?:[^"\\]|\\.)*"/g, '""'));
}

/** Whether a server may take the name in a command for all that match it: Dovecot and Cyrus do with METADATA. */
export function namesMany(verb: string, name: Uint8Array): boolean {
  return /^[GS]ETMETADATA$/.test(verb) && /[*%]/.test(latin1(name));
}
