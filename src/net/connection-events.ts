/** What connections tell of themselves, for whoever keeps the log. */
import type { SessionSettings } from '../session/conversation.ts';
import type { Counts, EndCause, Login, RefusedLogin } from '../session/effect.ts';
import type { Transcript } from '../session/transcript.ts';

/** What an operator wants to know, as it happens. The listener of it writes the log. */
export interface ConnectionEvents {
  opened(facts: SessionSettings): void;
  /** The client's side is encrypted; `version` is OpenSSL's, `TLSv1.3`. */
  secured(facts: SessionSettings, version: string): void;
  /** The server, `host:port`, has greeted, so long after the connection to it was begun. */
  reached(facts: SessionSettings, upstream: string, milliseconds: number): void;
  /** The server has taken a login. */
  loggedIn(facts: SessionSettings, login: Login): void;
  loginFailed(facts: SessionSettings, failed: FailedLogin): void;
  /** The proxy itself refused a login; the server has not heard of it. */
  loginRefused(facts: SessionSettings, refused: RefusedLogin): void;
  capabilitiesAdded(facts: SessionSettings, words: readonly string[]): void;
  /** The server offered what the proxy refuses; told again for each list. */
  capabilitiesRefused(words: readonly string[]): void;
  /** The server lets nobody log in on the connection as it is; told again for each list that says so. */
  loginsDisabled(facts: SessionSettings): void;
  /** The server was not told who the client is; the message says why. Told again for each session. */
  notIdentified(facts: SessionSettings, message: string): void;
  /** A server (`host:port`) did not greet, and the session goes on to another one. */
  passedOver(facts: SessionSettings, upstream: string, cause: EndCause): void;
  /** Told what is said in the session that begins; undefined: nobody reads along. */
  transcript(facts: SessionSettings): Transcript | undefined;
  /** A bug of ours. It costs this session and no other (A7). */
  failed(facts: SessionSettings, error: unknown): void;
  /** A connection has ended that never became a session. */
  notBegun(summary: Summary): void;
  ended(summary: Summary): void;
}

/** A login that the server has refused. `code` is the response code of its answer (RFC 5530). */
export interface FailedLogin extends Login {
  readonly code: string | undefined;
}

/** One line in the log: a session's whole life. */
export interface Summary {
  readonly facts: SessionSettings;
  readonly cause: EndCause;
  /** How it stood at the end; `failed` by the server, `refused` by the proxy: the last one, and none was taken. */
  readonly login: 'ok' | 'failed' | 'refused' | 'none';
  /** Those of that login. */
  readonly user: string | undefined;
  readonly mechanism: string | undefined;
  /** `host:port` of the one that was used, or tried last; undefined: no connection to the server was begun. */
  readonly upstream: string | undefined;
  readonly tls: boolean;
  /** As OpenSSL names them, `TLSv1.3`, `TLS_AES_128_GCM_SHA256`; undefined without TLS. */
  readonly tlsVersion: string | undefined;
  readonly tlsCipher: string | undefined;
  readonly counts: Counts;
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  /** Milliseconds. */
  readonly duration: number;
}
