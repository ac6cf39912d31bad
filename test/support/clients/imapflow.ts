/** imapflow, the client library from npm, with a record of what it sent and received. */
import { readFile } from 'node:fs/promises';
import type { ImapFlow, ImapFlowOptions } from 'imapflow';
import type { Account, Endpoint } from '../endpoint.ts';

/** Whole lines, without line ends; passwords are masked by imapflow itself. */
export interface Conversation {
  readonly sent: string[];
  readonly received: string[];
}

/**
 * Connects, logs in, does the work and logs out, whatever the work threw. A client that asks for `starttls`
 * fails where the server does not offer it.
 */
export async function withImapFlow<T>(
  endpoint: Endpoint,
  account: Account,
  work: (client: ImapFlow, conversation: Conversation) => Promise<T>,
  options: Pick<ImapFlowOptions, 'maxIdleTime'> = {},
): Promise<T> {
  const { ImapFlow } = await import('imapflow');
  const conversation: Conversation = { sent: [], received: [] };
  const note = (entry: unknown) => {
    const { src, msg } = entry as { src?: unknown; msg?: unknown };
    if (typeof msg !== 'string') return;
    if (src === 'c') conversation.sent.push(msg);
    if (src === 's') conversation.received.push(msg);
  };
  const nothing = () => {};
  const client = new ImapFlow({
    host: endpoint.host,
    port: endpoint.port,
    secure: endpoint.security === 'tls',
    ...(endpoint.security === 'tls' ? {} : { doSTARTTLS: endpoint.security === 'starttls' }),
    auth: { user: account.user, pass: account.password },
    tls: { ca: await readFile(endpoint.ca) },
    ...options,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    logger: { trace: note, debug: note, info: nothing, warn: nothing, error: nothing },
  });
  // A fault is also what the call that meets it rejects with; without a listener it would end the process.
  client.on('error', nothing);
  await client.connect();
  try {
    return await work(client, conversation);
  } finally {
    await client.logout().catch(nothing);
  }
}
