/** The bounds of one conversation, in one place. None is below what real clients and servers do. */

/**
 * A SASL response line, bytes (P11). Tickets and tokens are long, so it has a cap of its own, below
 * what the framer hands on in parts.
 */
export const saslLine: number = 64 * 1024 - 1;

/** Commands sent up and not answered; the client waits when there are more. */
export const commandsInFlight = 1000;

/** Replies of our own waiting for the end of a response in flight; the client waits when there are more. */
export const repliesWaiting = 100;

/** A response that is collected to be rewritten, bytes. */
export const collectedResponse: number = 1024 * 1024;

/** Folders in one question: small enough that no user's folders hold up another's login. */
export const foldersAsked = 512;

/** Bytes of responses held for one question. */
export const heldForQuestion: number = 256 * 1024;

/** Commands that are none, before login, until the connection ends (A3). */
export const badCommands = 3;

/** Characters of one line of a transcript. */
export const transcriptLine = 300;

/** Bytes of a line that are looked at for it. */
export const transcriptLooked = 1024;

/** Bytes of a user's name that are kept for the log and for scripts. */
export const userName = 255;

/** A line with the literals that are taken into it before its command goes up (names of mailboxes, ID), bytes. */
export const takenLine = 8192;
