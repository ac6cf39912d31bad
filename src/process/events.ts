/**
 * What happens, in the log: one line when a session ends, with what an operator greps for, and one for whatever
 * needs somebody's attention. No password, no content of a message; the log itself escapes control bytes.
 */
import type { HookEvent } from '../hooks/hook-host.ts';
import type { ConnectionEvents, Summary } from '../net/connection-events.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import type { UpstreamEvent } from '../net/upstream-pool.ts';
import type { Log } from '../observe/log.ts';
import { whyRefused } from '../rewrite/refused.ts';
import { Transcript } from '../session/transcript.ts';

/** Refused words that are named in the log; real servers have under ten. */
const REFUSED_SAID = 100;

/** What connections report, as lines of the log. */
export function connectionEvents(log: Log): ConnectionEvents {
  let warnedOfAdded = false;
  let warnedOfUnidentified = false;
  let warnedOfDisabled = false;
  /** Said once per start; bounded, for a server can make up any number of them (`AUTH=X1-PLUS`, …). */
  const saidRefused = new Set<string>();
  return {
    opened({ session, client, serverport }) {
      log.debug({ session, client, serverport }, 'session opened');
    },
    secured() {},
    reached() {},
    loggedIn() {},
    loginFailed({ session, client, serverport }, { user, mechanism, code }) {
      log.info({ session, client, serverport, user, mechanism, code }, 'login failed');
    },
    loginRefused({ session, client, serverport }, { user, mechanism, by }) {
      log.info({ session, client, serverport, user, mechanism, by }, 'login refused');
    },
    capabilitiesAdded({ session }, words) {
      if (warnedOfAdded) return;
      warnedOfAdded = true;
      const added = words.join(' ').slice(0, 200);
      log.warn({ session, added }, 'the script adds capabilities that the server will not understand');
    },
    capabilitiesRefused(words) {
      for (const word of words) {
        if (saidRefused.has(word) || saidRefused.size >= REFUSED_SAID) continue;
        saidRefused.add(word);
        log.info(whyRefused(word.slice(0, 100)));
      }
    },
    loginsDisabled({ session, upstreamEncryption }) {
      if (warnedOfDisabled) return;
      warnedOfDisabled = true;
      const way =
        upstreamEncryption === 'none' ? ' without TLS: set upstream.encryption to tls or starttls' : '';
      log.warn({ session }, `the server takes no logins (LOGINDISABLED)${way}`);
    },
    notIdentified({ session }, message) {
      if (warnedOfUnidentified) return;
      warnedOfUnidentified = true;
      log.warn(
        { session },
        `the server takes the proxy for the client: upstream.clientAddress is id, but ${message}`,
      );
    },
    passedOver({ session }, upstream, { code, message }) {
      log.warn(
        { session, upstream, cause: code, reason: message },
        'server passed over: another one is tried',
      );
    },
    transcript({ session }) {
      if (!log.isLevelEnabled('debug')) return undefined;
      return new Transcript((from, text) => log.debug({ session, from, text }, 'conversation'));
    },
    failed({ session }, error) {
      log.error({ session, err: error }, 'a bug in imapveil ended this session');
    },
    notBegun: (summary) => logEnd(log, summary),
    ended: (summary) => logEnd(log, summary),
  };
}

/** Ends that nobody has to look at. All others are warnings. */
const ordinary: ReadonlySet<string> = new Set([
  'logout',
  'client-closed',
  'upstream-said-bye',
  'draining',
  'idle-timeout',
]);

/** The names are in docs/logs.md, and people's tools read them. What is undefined is left out of the line. */
function logEnd(log: Log, summary: Summary): void {
  const { facts, cause, counts } = summary;
  const fields = {
    session: facts.session,
    client: facts.client,
    serverport: facts.serverport,
    user: summary.user,
    mechanism: summary.mechanism,
    login: summary.login,
    tls: summary.tls,
    tlsVersion: summary.tlsVersion,
    tlsCipher: summary.tlsCipher,
    upstream: summary.upstream,
    bytesFromClient: summary.bytesFromClient,
    bytesFromUpstream: summary.bytesFromUpstream,
    commands: counts.commands,
    foldersHidden: counts.foldersHidden,
    capabilitiesRemoved: counts.capabilitiesRemoved,
    duration: summary.duration,
    cause: cause.code,
    reason: cause.message,
  };
  if (ordinary.has(cause.code)) log.info(fields, 'session ended');
  else log.warn(fields, 'session ended');
}

/** What the hook room reports, as lines of the log. */
export function logHookEvent(log: Log, event: HookEvent): void {
  switch (event.kind) {
    case 'printed':
      log[event.level]({ script: event.text }, 'script printed');
      return;
    case 'failed':
      log.warn(
        {
          session: event.session,
          call: event.call,
          arguments: event.arguments,
          traceback: event.traceback,
          count: event.count,
        },
        `script failed: ${event.message}`,
      );
      return;
    case 'deadline-missed':
      log.warn(
        { session: event.session, call: event.call, strikes: event.strikes },
        event.limit === 'time'
          ? 'script missed its deadline and was ended'
          : 'script used too much memory and was ended',
      );
      return;
    case 'answered':
      return;
    case 'given-up':
      log.warn(
        { session: event.session },
        'script missed too many deadlines in this session and is not asked again by it',
      );
      return;
    case 'thread-ended':
      log.warn(`script thread ended and is started again: ${event.message}`);
      return;
  }
}

/** What the guard of logins reports, as lines of the log. */
export function logGuardEvent(log: Log, event: GuardEvent): void {
  switch (event.kind) {
    case 'delayed': {
      const { session, client, serverport, user } = event.attempt;
      const { milliseconds } = event;
      log.debug({ session, client, serverport, user, milliseconds }, 'login delayed: too many have failed');
      return;
    }
    case 'store-lost':
      log.warn(
        { store: event.store, reason: event.message },
        'limits.store is of no use: this proxy counts failed logins by itself until it answers',
      );
      return;
    case 'store-found':
      log.info({ store: event.store }, 'limits.store answers: failed logins are counted there');
      return;
  }
}

/** What is found out about servers, as lines of the log. */
export function logUpstreamEvent(log: Log, event: UpstreamEvent): void {
  const { kind, upstream } = event;
  if (kind === 'up') log.info({ upstream }, 'server is up again');
  else
    log.warn({ upstream, reason: event.reason }, 'server is down: new sessions go elsewhere until it greets');
}
