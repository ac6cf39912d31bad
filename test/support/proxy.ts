/**
 * The product as its users start it: a process of its own, with a proxy.yaml and a script in a temporary
 * folder, ready when its log says that every port listens. Its log is kept for the tests to read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Certificates } from './certificates.ts';
import { command } from './command.ts';
import type { Endpoint } from './endpoint.ts';
import { freePorts } from './ports.ts';
import { findSecret } from './secrets.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';

type Listening = 'starttls' | 'tls' | 'starttls-required';
type Setting = string | number | boolean | readonly string[];

/** `limits` for tests of logins that no server takes: nothing is counted, and no name has to be readable. */
export const uncounted = { failedLogins: { perAddress: 0, perUser: 0 } } as const;

export interface ProxyOptions {
  /** One free port of 127.0.0.1 for each, in this order. */
  readonly listen: readonly Listening[];
  /** What the front shows; its authority is also the one that is trusted behind. */
  readonly certificates: Certificates;
  readonly upstream: {
    /** Of the one server on 127.0.0.1, or of those in `servers` that name none. */
    readonly port: number;
    /** Keys of `upstream` in proxy.yaml that choose among several. */
    readonly servers?: readonly { readonly host: string; readonly port?: number; readonly weight?: number }[];
    readonly balance?: 'least-sessions' | 'client-address';
    readonly check?: Readonly<Record<string, Setting>>;
    readonly encryption: Endpoint['security'];
    readonly connectTimeout?: string;
    readonly clientAddress?: 'none' | 'id' | 'proxy-v2';
  };
  /** The script, or a function of the ports that the proxy listens on. Left out: no script. */
  readonly script?: string | ((ports: readonly number[]) => string);
  /** What is in its environment besides what is in that of the tests. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Other files beside the script, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Keys of `hooks` and `limits` in proxy.yaml. */
  readonly hooks?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly admin?: Readonly<Record<string, Setting>> | undefined;
  /** Processes that serve; 1 when left out. */
  readonly workers?: number;
  /** The oldest TLS on all legs; the product's default when left out. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Keys of `tls` in proxy.yaml; they go before what is said otherwise. */
  readonly tls?: object;
  /** `debug` when left out, which shows most. */
  readonly logLevel?: 'debug' | 'info';
  /** Changed files are taken as they change; not, when left out. */
  readonly watch?: boolean;
  /** `json` when left out, which `log` needs. */
  readonly logFormat?: 'json' | 'pretty';
  /** `listen.proxyProtocol` of every listener. */
  readonly proxyProtocol?: readonly string[];
  /** Milliseconds that `logged` and `reload` wait; 10 s when left out. */
  readonly within?: number;
  /** The ports to listen on, instead of free ones. */
  readonly ports?: readonly number[];
}

export type LogEntry = Readonly<Record<string, unknown>>;

export interface RunningProxy {
  readonly pid: number;
  readonly ports: readonly number[];
  /** The port that stands at this place in `listen`. */
  endpoint(place: number, security: Endpoint['security']): Endpoint;
  /** What it logged so far. A line that is no JSON has the key `text` alone. */
  readonly log: readonly LogEntry[];
  /**
   * Resolves to the first entry whose JSON text matches, past or to come, leaving out the first `after` entries.
   * Rejects after `within` with the end of the log.
   */
  logged(pattern: RegExp, after?: number): Promise<LogEntry>;
  /** Stops reading what it writes to standard output, or goes on with it. */
  readLog(reads: boolean): void;
  readonly alive: boolean;
  /** Resolves when its process has ended, whether or not what it wrote has been read. */
  readonly ended: Promise<unknown>;
  /** Where its `proxy.yaml` and `script.lua` are. */
  readonly folder: string;
  /** Writes these two anew, as `startProxy` does; the options that are left out are those of the start. */
  configure(changed: Partial<ProxyOptions>): Promise<void>;
  /** SIGHUP; resolves to what it logged from then until it had reloaded, or had not. */
  reload(): Promise<readonly LogEntry[]>;
  /**
   * SIGTERM; rejects when it did not end with code 0 within 15 s, or when anything that it wrote, at the log level
   * that shows most, holds a password of the tests. Calling it again does nothing.
   */
  stop(): Promise<void>;
}

/** Starts a proxy. Rejects with everything it wrote when it ends, or does not listen within 20 s. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const folder = await temporaryFolder();
  const ports = options.ports ?? (await freePorts(options.listen.length));
  const file = join(folder, 'proxy.yaml');
  await writeConfiguration(folder, options, ports);

  const child = spawn(process.execPath, [command, 'run', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  const log: LogEntry[] = [];
  const watchers = new Set<() => void>();
  let output = '';
  let line = '';
  let exit: number | string | undefined;
  const ended = new Promise<void>((resolve) => {
    const orphan = () => child.kill('SIGTERM');
    process.once('exit', orphan);
    child.once('close', (code, signal) => {
      process.removeListener('exit', orphan);
      exit = code ?? signal ?? 'unknown';
      for (const watch of watchers) watch();
      resolve();
    });
  });
  const gone = once(child, 'exit');
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    const lines = (line + chunk).split('\n');
    line = lines.pop() ?? '';
    log.push(...lines.map(readEntry));
    for (const watch of watchers) watch();
  });

  const until = (what: string, within: number, reached: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const settle = (fault?: string) => {
        clearTimeout(timer);
        watchers.delete(look);
        if (fault === undefined) resolve();
        else reject(new Error(`The proxy ${fault}. It wrote:\n${output.slice(-8000)}`));
      };
      const look = () => {
        if (reached()) settle();
        else if (exit !== undefined) settle(`ended with ${exit} before ${what}`);
      };
      const timer = setTimeout(() => settle(`did not get to this within ${within} ms: ${what}`), within);
      watchers.add(look);
      look();
    });

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
    await removeFolder(folder);
    if (exit !== 0)
      throw new Error(`The proxy ended with ${exit} after SIGTERM. It wrote:\n${output.slice(-8000)}`);
    const secret = findSecret(output);
    if (secret === undefined) return;
    const line = output.split('\n').find((each) => each.includes(secret.form));
    throw new Error(`The proxy wrote the password ${secret.password} as ${secret.form}: ${line}`);
  };

  const listening = () => log.filter((entry) => String(entry.msg).startsWith('listening')).length;
  try {
    await until('every port listens', 20_000, () => listening() >= options.listen.length);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  const logged = async (pattern: RegExp, after = 0): Promise<LogEntry> => {
    const find = () => log.slice(after).find((entry) => pattern.test(JSON.stringify(entry)));
    await until(`a log entry with ${pattern}`, options.within ?? 10_000, () => find() !== undefined);
    return find() ?? {};
  };
  return {
    pid: child.pid!,
    folder,
    ports,
    log,
    ended: gone,
    get alive() {
      return exit === undefined;
    },
    endpoint: (place, security) => ({
      host: 'localhost',
      port: ports[place] ?? 0,
      security,
      ca: options.certificates.ca,
    }),
    logged,
    readLog: (reads) => void (reads ? child.stdout.resume() : child.stdout.pause()),
    configure: (changed) => writeConfiguration(folder, { ...options, ...changed }, changed.ports ?? ports),
    async reload() {
      const before = log.length;
      child.kill('SIGHUP');
      const last = await logged(/"msg":"(not )?reloaded \(/, before);
      return log.slice(before, log.indexOf(last) + 1);
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function writeConfiguration(
  folder: string,
  options: ProxyOptions,
  ports: readonly number[],
): Promise<void> {
  const script = typeof options.script === 'function' ? options.script(ports) : options.script;
  if (script !== undefined) await writeFile(join(folder, 'script.lua'), script);
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'proxy.yaml'), stringify(configuration(options, ports)));
}

function configuration(options: ProxyOptions, ports: readonly number[]): object {
  const { certificates, upstream } = options;
  return {
    listen: options.listen.map((encryption, place) => ({
      address: '127.0.0.1',
      port: ports[place],
      encryption,
      ...(options.proxyProtocol && { proxyProtocol: options.proxyProtocol }),
    })),
    tls: {
      certificates: [{ cert: certificates.cert, key: certificates.key }],
      ...(options.minVersion && { minVersion: options.minVersion }),
      ...options.tls,
    },
    upstream: {
      ...(upstream.servers ? { servers: upstream.servers } : { host: '127.0.0.1' }),
      ...(upstream.balance && { balance: upstream.balance }),
      ...(upstream.check && { check: upstream.check }),
      port: upstream.port,
      encryption: upstream.encryption,
      ...(upstream.encryption !== 'none' && {
        tls: { ca: certificates.ca, servername: 'localhost', verify: true },
      }),
      ...(upstream.connectTimeout && { connectTimeout: upstream.connectTimeout }),
      ...(upstream.clientAddress && { clientAddress: upstream.clientAddress }),
    },
    hooks: { ...(options.script !== undefined && { script: 'script.lua' }), ...options.hooks },
    limits: { connectionsPerAddress: 1000, drainTimeout: '2s', ...options.limits },
    ...(options.admin && { admin: options.admin }),
    ...(options.workers && { workers: options.workers }),
    ...(options.watch && { watch: true }),
    log: { level: options.logLevel ?? 'debug', format: options.logFormat ?? 'json' },
  };
}

function readEntry(text: string): LogEntry {
  try {
    return JSON.parse(text) as LogEntry;
  } catch {
    return { text };
  }
}
