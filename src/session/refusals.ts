/**
 * Commands that the proxy answers itself, because they cannot pass: each with the answer that a server without
 * the feature would give. Nothing of them is sent on.
 */
import { type CommandHead, readAstring } from '../imap-parser-lite/index.ts';
import { mechanismWorks, offersChannelBinding } from '../rewrite/refused.ts';
import type { Conversation } from './conversation.ts';
import { hasInitialResponse, serverSpeaksFirst, userText } from './login.ts';

/** What may be said before required TLS (mode 3). STARTTLS itself is answered elsewhere. */
const allowedBeforeTls: ReadonlySet<string> = new Set(['CAPABILITY', 'NOOP', 'ID', 'LOGOUT']);

/** The answer to a command that may not pass, without its tag; undefined: it may. `line` is its first line. */
export function refusalOf(
  head: CommandHead,
  line: Uint8Array,
  conversation: Conversation,
): string | undefined {
  if (conversation.capabilityView().refusesLogin && !allowedBeforeTls.has(head.verb)) {
    return 'NO [PRIVACYREQUIRED] TLS is required here: send STARTTLS first';
  }
  if (conversation.refused.commands.has(head.verb)) return 'BAD Unknown command';
  if (head.verb !== 'AUTHENTICATE' || head.arguments === undefined) return undefined;
  const mechanism = readAstring(line, head.arguments);
  if (mechanism === undefined) return 'BAD AUTHENTICATE needs the name of a mechanism';
  const bound = offersChannelBinding(conversation.upstreamCapabilities ?? []);
  const name = userText(mechanism.value).toUpperCase();
  if (!mechanismWorks(name, bound, conversation.refused)) return 'NO Unsupported authentication mechanism';
  return serverSpeaksFirst(name) && hasInitialResponse(line, mechanism.end)
    ? 'BAD This mechanism has no initial response'
    : undefined;
}
