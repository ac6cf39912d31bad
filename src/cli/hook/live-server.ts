/**
 * What the server of `--from` says of itself: its capabilities and its folders, as it says them. What always holds:
 * no password goes to it before TLS.
 */
import { capabilityWords, findCapabilities, isListVerb } from '../../imap-parser-lite/index.ts';
import { ImapClient, type Response, ServerFault } from './imap-client.ts';
import type { LiveServer } from './server-url.ts';
import { wrongCall } from './wrong-call.ts';

/** The capabilities of a session that has logged in, or, without a user, of one that has not. */
export async function capabilitiesOf(server: LiveServer): Promise<readonly string[]> {
  return await asking(server, (_client, capabilities) => Promise.resolve(capabilities));
}

/** Every folder of the user, a whole LIST response each. */
export async function foldersOf(server: LiveServer): Promise<readonly Uint8Array[]> {
  if (server.login === undefined) throw wrongCall('--from must name the user whose folders are listed');
  return await asking(server, async (client, capabilities) => {
    const offers = (word: string) => capabilities.some((each) => each.toUpperCase() === word);
    // A server that has both says which folder is \Sent only to those who ask, as clients do; and to those who ask for
    // this alone it may say nothing of children, which everybody else is told (RFC 5258 §4).
    const special = offers('LIST-EXTENDED') && offers('SPECIAL-USE') ? ' RETURN (SPECIAL-USE CHILDREN)' : '';
    const responses = await client.command(`LIST "" "*"${special}`);
    return responses.filter(isFolder).map(({ bytes }) => bytes);
  });
}

function isFolder({ head }: Response): boolean {
  return head.kind === 'untagged' && isListVerb(head.word);
}

async function asking<T>(
  server: LiveServer,
  ask: (client: ImapClient, capabilities: readonly string[]) => Promise<T>,
): Promise<T> {
  const client = await ImapClient.connect(server);
  try {
    const greeting = await client.response();
    if (greeting.head.kind !== 'untagged' || greeting.head.word !== 'OK') {
      throw new ServerFault(`${server.host} does not greet as an IMAP server does`);
    }
    let capabilities = await askCapabilities(client);
    if (server.tls === 'starttls') {
      if (!capabilities.some((word) => word.toUpperCase() === 'STARTTLS')) {
        throw new ServerFault(
          `${server.host} offers no STARTTLS, and without TLS no password is sent; is it imaps://?`,
        );
      }
      await client.command('STARTTLS');
      await client.secure();
      capabilities = await askCapabilities(client);
    }
    if (server.login !== undefined) {
      await logIn(client, server.login, capabilities);
      capabilities = await askCapabilities(client);
    }
    const answer = await ask(client, capabilities);
    client.send('bye LOGOUT');
    return answer;
  } finally {
    client.close();
  }
}

async function askCapabilities(client: ImapClient): Promise<readonly string[]> {
  const responses = await client.command('CAPABILITY');
  const found = responses.find(({ head }) => head.kind === 'untagged' && head.word === 'CAPABILITY');
  const span = found && findCapabilities(found.bytes, found.head);
  return found && span ? capabilityWords(found.bytes, span) : [];
}

/** AUTHENTICATE PLAIN (RFC 4616) takes every character, LOGIN only some; both are seen by TLS alone. */
async function logIn(
  client: ImapClient,
  { user, password }: NonNullable<LiveServer['login']>,
  capabilities: readonly string[],
): Promise<void> {
  if (capabilities.some((word) => word.toUpperCase() === 'AUTH=PLAIN')) {
    const credentials = Buffer.from(`\0${user}\0${password}`).toString('base64');
    await client.commandWith('AUTHENTICATE PLAIN', credentials);
    return;
  }
  if (/[^\x20-\x7e]/.test(user + password)) {
    throw new ServerFault('the server offers no AUTH=PLAIN, which this name or password needs');
  }
  await client.command(`LOGIN ${inQuotes(user)} ${inQuotes(password)}`);
}

function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
