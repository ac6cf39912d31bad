/** What happens, in the metrics: the same events that the log is written from, counted before they are handed on. */
import type { HookEvent } from '../hooks/hook-host.ts';
import type { ConnectionEvents } from '../net/connection-events.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import type { ServingMetrics } from '../observe/metrics.ts';

/** Ends of sessions that had no server, or lost it before it greeted. */
const upstreamCauses: ReadonlySet<string> = new Set([
  'upstream-unreachable',
  'upstream-untrusted',
  'upstream-greeting',
  'upstream-refused-starttls',
  'upstream-spoke-before-tls',
]);

/** `events`, with what connections report counted. */
export function countedEvents(events: ConnectionEvents, metrics: ServingMetrics): ConnectionEvents {
  return {
    ...events,
    opened(facts) {
      metrics.sessionBegan(facts.serverport);
      events.opened(facts);
    },
    secured(facts, version) {
      metrics.handshake(version);
      events.secured(facts, version);
    },
    reached(facts, upstream, milliseconds) {
      metrics.upstreamConnected(upstream, milliseconds / 1000);
      events.reached(facts, upstream, milliseconds);
    },
    passedOver(facts, upstream, cause) {
      metrics.upstreamFailed(upstream, cause.code);
      events.passedOver(facts, upstream, cause);
    },
    loggedIn(facts, login) {
      metrics.login('ok', login.mechanism);
      events.loggedIn(facts, login);
    },
    loginFailed(facts, failed) {
      metrics.login('failed', failed.mechanism);
      events.loginFailed(facts, failed);
    },
    loginRefused(facts, refused) {
      metrics.login('refused', refused.mechanism);
      metrics.refused(`login-${refused.by}`);
      events.loginRefused(facts, refused);
    },
    notBegun(summary) {
      metrics.refused(summary.cause.code);
      events.notBegun(summary);
    },
    ended(summary) {
      const { facts, cause, upstream, duration } = summary;
      metrics.sessionEnded(facts.serverport, cause.code, duration / 1000);
      if (cause.code === 'client-tls-failed' || cause.code === 'handshake-timeout')
        metrics.handshake(undefined);
      if (upstreamCauses.has(cause.code)) metrics.upstreamFailed(upstream ?? 'none', cause.code);
      events.ended(summary);
    },
  };
}

/** Counts what happens in the script. */
export function countHookEvent(metrics: ServingMetrics, event: HookEvent): void {
  switch (event.kind) {
    case 'answered':
      metrics.hookAnswered(event.call, event.calls, event.failures, event.seconds);
      return;
    case 'deadline-missed':
      metrics.hookMissedDeadline(event.call);
      return;
    case 'thread-ended':
      metrics.hookThreadEnded();
      return;
    case 'printed':
    case 'failed':
    case 'given-up':
      return;
  }
}

/** Counts what the guard of logins does; how its store is, is looked at (`Looks`). */
export function countGuardEvent(metrics: ServingMetrics, event: GuardEvent): void {
  if (event.kind === 'delayed') metrics.loginDelayed();
}
