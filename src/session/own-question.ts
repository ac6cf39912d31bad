/**
 * What the proxy asks the server in its own name, where the script's word on a mailbox or a capability is not known, and
 * the command that asks it. What always holds: a name in such a command is a quoted string, whatever a client wrote.
 */
import { concat, fromLatin1, latin1, quoted } from '../imap-parser-lite/index.ts';
import { endOfLevels } from '../rewrite/veil.ts';

/** What a command of our own is to find out. */
export type OwnQuestion =
  | { readonly about: 'capabilities' }
  /** The mailbox with this key, by the names under which a lenient server may know it: the first one, then the others. */
  | { readonly about: 'mailbox'; readonly key: string; readonly spellings: readonly Uint8Array[] }
  /** What is below the mailbox with this key. */
  | { readonly about: 'below'; readonly key: string; readonly pattern: Uint8Array }
  /** A veiled name was subscribed to, by a server that does not mind what exists: to be undone. */
  | { readonly about: 'subscription'; readonly name: Uint8Array }
  | { readonly about: 'family' };

/**
 * The command, without its tag and line end. `capabilities` are the server's, upper case: one with SPECIAL-USE may tell
 * special uses only where they are asked for (RFC 6154 §2), and other attributes then only where they are as well.
 */
export function commandOf(question: OwnQuestion, capabilities: ReadonlySet<string> | undefined): Uint8Array {
  const asks = capabilities?.has('LIST-EXTENDED') && capabilities.has('SPECIAL-USE');
  const returning = fromLatin1(asks ? ' RETURN (SPECIAL-USE CHILDREN)' : '');
  switch (question.about) {
    case 'capabilities':
      return fromLatin1('CAPABILITY');
    case 'family':
      return concat([fromLatin1('LIST "" "*"'), returning]);
    case 'mailbox':
      return concat([fromLatin1('LIST "" '), quoted(question.spellings[0]!)!, returning]);
    case 'below':
      return concat([fromLatin1('LIST "" '), question.pattern, returning]);
    case 'subscription':
      return concat([fromLatin1('UNSUBSCRIBE '), question.name]);
  }
}

/**
 * The names under which a server may list what a client calls `value`: some take a delimiter at its end for nothing
 * (Dovecot's tb-extra-mailbox-sep), and INBOX in any case for the first level. Undefined where it cannot be quoted.
 */
export function spellingsOf(value: Uint8Array): Uint8Array[] | undefined {
  if (quoted(value) === undefined) return undefined;
  const name = latin1(value);
  const bare = name.slice(0, Math.max(1, endOfLevels(value)));
  const spellings = [name, bare].flatMap((each) => [each, each.replace(/^inbox(?=[/.\\^]|$)/i, 'INBOX')]);
  return [...new Set(spellings)].map(fromLatin1);
}
