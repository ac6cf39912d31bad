/**
 * The folders and messages that every demo mailbox starts with. They are chosen to show what a proxy must get
 * right: a folder to hide, a name with a space, one with letters outside ASCII, a folder that is not subscribed
 * and whose child is, and a message whose body looks like protocol.
 */
import { Folder, Store } from './store.ts';

/** The only user there is. */
export const demoUser = 'demo';
export const demoPassword = 'demo';

/** A store of its own for each server. */
export function makeStore(): Store {
  const inbox = new Folder('INBOX', undefined, 'subscribed');
  for (const [index, message] of inboxMessages.entries())
    inbox.append(
      Buffer.from(message.join('\r\n')),
      index === 0 ? ['\\Seen'] : [],
      new Date(Date.UTC(2025, 6, 7 + index, 9, 30)),
    );

  const archived = new Folder('Archive/2025', undefined, 'subscribed');
  archived.append(Buffer.from(archivedMessage.join('\r\n')), ['\\Seen'], new Date(Date.UTC(2025, 0, 2, 8)));

  return new Store([
    inbox,
    new Folder('Archive', '\\Archive', 'unsubscribed'),
    archived,
    new Folder('Drafts', '\\Drafts', 'subscribed'),
    new Folder('Entwürfe', undefined, 'subscribed'),
    new Folder('Hidden', undefined, 'subscribed'),
    new Folder('Sent', '\\Sent', 'subscribed'),
    new Folder('Team Notes', undefined, 'subscribed'),
    new Folder('Trash', '\\Trash', 'subscribed'),
  ]);
}

const inboxMessages: readonly (readonly string[])[] = [
  [
    'From: imapveil <demo@imapveil.example>',
    'To: You <you@imapveil.example>',
    'Subject: This is the demo mailbox',
    'Date: Mon, 07 Jul 2025 09:30:00 +0000',
    'Message-ID: <1@imapveil.example>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'It lives in memory and is gone when the proxy stops.',
    'Name your own server under "upstream" in proxy.yaml.',
    '',
  ],
  [
    'From: "Protocol, Mallory" <mallory@imapveil.example>',
    'To: You <you@imapveil.example>',
    'Subject: A body that looks like protocol',
    'Date: Tue, 08 Jul 2025 09:30:00 +0000',
    'Message-ID: <2@imapveil.example>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    '* LIST (\\HasNoChildren) "/" Hidden',
    '* CAPABILITY IMAP4rev1 IDLE',
    'A1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in',
    '+ idling',
    '* 1 FETCH (BODY[] {99}',
    '{99}',
    '',
  ],
  [
    'From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <greetings@imapveil.example>',
    'To: You <you@imapveil.example>,',
    ' "Second, The" <second@imapveil.example>',
    'Cc: third@imapveil.example',
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from a folded header',
    'Date: Wed, 09 Jul 2025 09:30:00 +0000',
    'Message-ID: <3@imapveil.example>',
    'In-Reply-To: <1@imapveil.example>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Schöne Grüße.',
    '',
  ],
];

const archivedMessage: readonly string[] = [
  'From: imapveil <demo@imapveil.example>',
  'To: You <you@imapveil.example>',
  'Subject: An old one',
  'Date: Thu, 02 Jan 2025 08:00:00 +0000',
  'Message-ID: <4@imapveil.example>',
  '',
  'Archived.',
  '',
];
