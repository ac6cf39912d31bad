/**
 * What a session wants done. The session opens no socket, reads no clock and runs no Lua; it says what should
 * happen, in order, and whoever holds the sockets does it.
 */
import type { Question } from '../rewrite/question.ts';

export type Effect =
  | { readonly kind: 'write-client'; readonly bytes: Uint8Array }
  | { readonly kind: 'write-upstream'; readonly bytes: Uint8Array }
  /** Open the connection to the server (with TLS where it begins with TLS); answer with `connected`. */
  | { readonly kind: 'connect-upstream' }
  /** Begin TLS towards the client, behind everything written so far; answer with `clientSecured`. */
  | { readonly kind: 'secure-client' }
  /** Begin TLS towards the server, certificate verified; answer with `upstreamSecured`. */
  | { readonly kind: 'secure-upstream' }
  /** The server did not greet, and another may be tried: answer with `connectAgain`, or with `end` as it says. */
  | { readonly kind: 'upstream-failed'; readonly cause: EndCause; readonly bye: string | undefined }
  /** The client has been greeted: the server is there and speaks IMAP. */
  | { readonly kind: 'greeted' }
  /** Ask the script; answer with `answered`. At most one question is open. */
  | { readonly kind: 'ask'; readonly question: Question }
  | ({ readonly kind: 'logged-in' } & Login)
  /**
   * `code` is the response code of the server's answer, upper case: `AUTHENTICATIONFAILED`, `UNAVAILABLE`, … (RFC 5530).
   * Also of a client that did not wait for the answer; an `end` follows then.
   */
  | ({ readonly kind: 'login-failed'; readonly code: string | undefined } & Login)
  /** The proxy refused a login; no credential has gone to the server. */
  | ({ readonly kind: 'login-refused' } & RefusedLogin)
  /** UNAUTHENTICATE: the connection is as before login. */
  | { readonly kind: 'logged-out' }
  /** A script added words that the server will not understand. */
  | { readonly kind: 'capabilities-added'; readonly words: readonly string[] }
  /** The server offers what the proxy refuses (upper case); it is taken out of the list. */
  | { readonly kind: 'capabilities-refused'; readonly words: readonly string[] }
  /** The server says that nobody can log in on the connection as it is (LOGINDISABLED, and no mechanism). */
  | { readonly kind: 'logins-disabled' }
  /** The server was to be told by ID who the client is, and cannot be; the message says why. */
  | { readonly kind: 'not-identified'; readonly message: string }
  /** Send what is written, then close both sides. Nothing follows. */
  | { readonly kind: 'end'; readonly cause: EndCause };

/** Who tried to log in, and how, as far as the client showed it. */
export interface Login {
  /** Whose session it would be: the authorization identity, where there is one. */
  readonly user: string | undefined;
  /**
   * Whose password it is: the authentication identity. Empty where the mechanism shows none; undefined where it was not
   * shown, and no password went to the server either.
   */
  readonly passwordOf: string | undefined;
  /** The SASL mechanism, upper case; LOGIN for the command LOGIN. */
  readonly mechanism: string | undefined;
}

/** `by`: what refused it; `name`: that it cannot be read. */
export interface RefusedLogin extends Login {
  readonly by: 'script' | 'address' | 'user' | 'name';
}

/** What is counted for the line that the log has of a session. */
export interface Counts {
  /** Commands of the client, refused ones too. */
  readonly commands: number;
  /** Commands that were answered with a refusal of the proxy's own. */
  readonly commandsRefused: number;
  /** Folders left out of answers to LIST, LSUB and XLIST, each time that they were. */
  readonly foldersHidden: number;
  /** Words of the server's last capability list that the client was not shown. */
  readonly capabilitiesRemoved: number;
}

/** Why a session ended: a stable code for programs and a sentence for people. */
export interface EndCause {
  readonly code: EndCode;
  readonly message: string;
}

export type EndCode =
  | 'logout'
  | 'client-closed'
  | 'client-unframeable'
  | 'client-limit'
  | 'client-not-imap'
  | 'client-refused'
  | 'client-spoke-before-tls'
  | 'client-tls-failed'
  | 'too-many-bad-commands'
  | 'upstream-closed'
  | 'upstream-closed-in-response'
  | 'upstream-unreachable'
  | 'upstream-untrusted'
  | 'upstream-unframeable'
  | 'upstream-refused-starttls'
  | 'upstream-spoke-before-tls'
  | 'upstream-greeting'
  | 'upstream-said-bye'
  | 'proxy-header'
  | 'proxy-header-timeout'
  | 'handshake-timeout'
  | 'line-timeout'
  | 'literal-timeout'
  | 'login-timeout'
  | 'idle-timeout'
  | 'draining'
  | 'too-many-connections'
  | 'internal-error';
