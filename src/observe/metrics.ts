/**
 * The metrics of one process, in Prometheus' names and units. What always holds: a label has few values, and none is
 * anybody's name, folder or address. Figures of several processes are added up by `exposition`.
 */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Plain data that can be sent to another process. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** What only a look at the living sessions tells, all of them since the start added up. */
export interface Traffic {
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  readonly commands: number;
  readonly commandsRefused: number;
  readonly foldersHidden: number;
}

/** A server behind. */
export interface UpstreamState {
  readonly upstream: string;
  readonly up: boolean;
}

/** What is looked at whenever the metrics are read. */
export interface Looks {
  traffic(): Traffic;
  upstreams(): readonly UpstreamState[];
  /** Whether `limits.store` is of no use at the moment. */
  hasLostStore(): boolean;
}

/** Those of a process that serves. */
export interface ServingMetrics {
  sessionBegan(port: number): void;
  sessionEnded(port: number, cause: string, seconds: number): void;
  /** `version` is OpenSSL's, `TLSv1.3`; undefined: it failed. */
  handshake(version: string | undefined): void;
  login(result: 'ok' | 'failed' | 'refused', mechanism: string | undefined): void;
  /** By whom or what something was refused before the server heard of it. */
  refused(reason: string): void;
  loginDelayed(): void;
  upstreamConnected(upstream: string, seconds: number): void;
  upstreamFailed(upstream: string, reason: string): void;
  hookAnswered(call: string, calls: number, failures: number, seconds: number): void;
  hookMissedDeadline(call: string): void;
  hookThreadEnded(): void;
  read(): Promise<Figures>;
}

/** Those of the process that opens the ports; the one above may be the same process. */
export interface FrameMetrics {
  /** Since the start, by result. */
  reloads(counts: Readonly<Record<string, number>>): void;
  /** `expires` in milliseconds since 1970. */
  certificates(shown: readonly { readonly name: string; readonly expires: number }[]): void;
  /** Processes that serve: how many have answered, and how many were replaced since the start. */
  processes(up: number, restarts: number): void;
  read(): Promise<Figures>;
}

/** Seconds. A question to a script is a matter of fractions of a millisecond, a session's life of hours. */
const QUESTION = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const CONNECT = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const SESSION = [0.1, 1, 10, 60, 600, 1800, 3600, 14_400, 86_400];

/** Mechanisms are the clients' words: only those that are known get a value of their own. */
const MECHANISMS: ReadonlySet<string> = new Set([
  'LOGIN',
  'PLAIN',
  'CRAM-MD5',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'XOAUTH2',
  'OAUTHBEARER',
]);

/** Gauges of prom-client that are called like counters, which Prometheus' own lint refuses; nobody misses them. */
const misnamed = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

/** Makes the metrics of a process that serves. */
export function createServingMetrics({ traffic, upstreams, hasLostStore }: Looks): ServingMetrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const read = (name: string, help: string, of: (known: Traffic) => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(of(traffic()));
      },
    });
  };
  const seconds = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: number[],
  ) => new Histogram({ name, help, labelNames, buckets, registers });

  const sessions = new Gauge({
    name: 'imapveil_sessions',
    help: 'Sessions that are open.',
    labelNames: ['port'],
    registers,
  });
  const began = counter('imapveil_sessions_total', 'Sessions that have begun.', ['port']);
  const ended = counter('imapveil_session_ends_total', 'Sessions that have ended, by cause.', ['cause']);
  const lasted = seconds('imapveil_session_duration_seconds', 'How long sessions lasted.', [], SESSION);
  const handshakes = counter('imapveil_handshakes_total', 'TLS handshakes with clients.', [
    'result',
    'version',
  ]);
  const logins = counter('imapveil_logins_total', 'Logins, by result and mechanism.', [
    'result',
    'mechanism',
  ]);
  const refusals = counter('imapveil_refusals_total', 'What the proxy itself has refused, by reason.', [
    'reason',
  ]);
  const delayed = counter('imapveil_logins_delayed_total', 'Logins that were answered late.');
  new Gauge({
    name: 'imapveil_login_store_up',
    help: 'Whether limits.store answers; 1 where it is memory.',
    aggregator: 'min',
    registers,
    collect() {
      this.set(hasLostStore() ? 0 : 1);
    },
  });
  const connected = seconds(
    'imapveil_upstream_connect_seconds',
    'From the connection to the server to its greeting.',
    ['upstream'],
    CONNECT,
  );
  const failures = counter(
    'imapveil_upstream_failures_total',
    'Servers that greeted no session when it came, by reason.',
    ['upstream', 'reason'],
  );
  new Gauge({
    name: 'imapveil_upstream_up',
    help: 'Whether a server greets; 0 where one of the processes that serve finds it down.',
    labelNames: ['upstream'],
    aggregator: 'min',
    registers,
    collect() {
      this.reset();
      for (const { upstream, up } of upstreams()) this.set({ upstream }, up ? 1 : 0);
    },
  });
  const calls = counter('imapveil_hook_calls_total', 'Calls of functions of the script.', ['function']);
  const failed = counter('imapveil_hook_failures_total', 'Calls that have failed.', ['function']);
  const took = seconds(
    'imapveil_hook_seconds',
    'How long the script took for a question, which may be many calls.',
    ['function'],
    QUESTION,
  );
  const missed = counter('imapveil_hook_deadlines_missed_total', 'Calls that were ended by their deadline.', [
    'function',
  ]);
  const threads = counter(
    'imapveil_hook_thread_restarts_total',
    'Threads of the script that ended by themselves.',
  );
  read('imapveil_client_bytes_total', 'Bytes that clients have sent.', (known) => known.bytesFromClient);
  read('imapveil_upstream_bytes_total', 'Bytes that servers have sent.', (known) => known.bytesFromUpstream);
  read('imapveil_commands_total', 'Commands of clients.', (known) => known.commands);
  read(
    'imapveil_commands_refused_total',
    'Commands that the proxy refused itself.',
    (known) => known.commandsRefused,
  );
  read('imapveil_folders_hidden_total', 'Folders left out of answers.', (known) => known.foldersHidden);

  // What alerts ask about is there from the start: rate and increase of a series that is born with its first event
  // do not see that event, and a comparison with a series that is not there is never true.
  for (const result of ['ok', 'failed', 'refused']) logins.inc({ result, mechanism: 'other' }, 0);
  ended.inc({ cause: 'internal-error' }, 0);
  refusals.inc({ reason: 'too-many-connections' }, 0);

  return {
    sessionBegan(port) {
      sessions.inc({ port });
      began.inc({ port });
    },
    sessionEnded(port, cause, lived) {
      sessions.dec({ port });
      ended.inc({ cause });
      lasted.observe(lived);
    },
    handshake: (version) => handshakes.inc({ result: version ? 'ok' : 'failed', version: version ?? 'none' }),
    login(result, mechanism) {
      const known = mechanism !== undefined && MECHANISMS.has(mechanism);
      logins.inc({ result, mechanism: known ? mechanism : 'other' });
    },
    refused: (reason) => refusals.inc({ reason }),
    loginDelayed: () => delayed.inc(),
    upstreamConnected: (upstream, waited) => connected.observe({ upstream }, waited),
    upstreamFailed: (upstream, reason) => failures.inc({ upstream, reason }),
    hookAnswered(call, count, wrong, waited) {
      calls.inc({ function: call }, count);
      failed.inc({ function: call }, wrong);
      missed.inc({ function: call }, 0);
      took.observe({ function: call }, waited);
    },
    hookMissedDeadline: (call) => missed.inc({ function: call }),
    hookThreadEnded: () => threads.inc(),
    read: () => registry.getMetricsAsJSON(),
  };
}

/** Makes the metrics of the process that opens the ports. */
export function createFrameMetrics(): FrameMetrics {
  const registry = new Registry();
  const registers = [registry];
  const reloads = new Counter({
    name: 'imapveil_reloads_total',
    help: 'Reloads of the configuration, by result.',
    labelNames: ['result'],
    registers,
  });
  const expiry = new Gauge({
    name: 'imapveil_certificate_expiry_timestamp_seconds',
    help: 'When a certificate that clients are shown runs out, since 1970.',
    labelNames: ['certificate'],
    registers,
  });
  const left = new Gauge({
    name: 'imapveil_certificate_remaining_seconds',
    help: 'How long until a certificate that clients are shown runs out; by 86400, the days left.',
    labelNames: ['certificate'],
    registers,
    collect() {
      for (const { name, expires } of shownCertificates)
        this.set({ certificate: name }, (expires - Date.now()) / 1000);
    },
  });
  let shownCertificates: readonly { readonly name: string; readonly expires: number }[] = [];
  const restarts = new Counter({
    name: 'imapveil_worker_restarts_total',
    help: 'Workers that ended unasked and were replaced.',
    registers,
  });
  const workers = new Gauge({
    name: 'imapveil_workers_up',
    help: 'Processes whose figures are in here.',
    registers,
  });
  return {
    reloads(counts) {
      reloads.reset();
      for (const [result, count] of Object.entries(counts)) reloads.inc({ result }, count);
    },
    certificates(shown) {
      shownCertificates = shown;
      expiry.reset();
      left.reset();
      for (const { name, expires } of shown) expiry.set({ certificate: name }, expires / 1000);
    },
    processes(up, replaced) {
      workers.set(up);
      restarts.reset();
      restarts.inc(replaced);
    },
    read: () => registry.getMetricsAsJSON(),
  };
}

/** Figures of processes that have ended: what was counted stays, what was measured does not. */
export function countedOnly(figures: Figures): Figures {
  const types: readonly unknown[] = ['counter', 'histogram'];
  return figures.filter(({ type }) => types.includes(type));
}

/** Figures of several processes as if they were one's. */
export function added(figures: readonly Figures[]): Promise<Figures> {
  return AggregatorRegistry.aggregate(figures as Figures[]).getMetricsAsJSON();
}

/** What a request for /metrics is answered with, all figures added up. */
export async function exposition(
  figures: readonly Figures[],
): Promise<{ readonly type: string; readonly text: string }> {
  const registry = AggregatorRegistry.aggregate(figures as Figures[]);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** This file, as it is handed to those who need it only where metrics are wanted. */
export interface MetricsRoom {
  readonly createServingMetrics: typeof createServingMetrics;
  readonly createFrameMetrics: typeof createFrameMetrics;
  readonly countedOnly: typeof countedOnly;
  readonly added: typeof added;
  readonly exposition: typeof exposition;
}
