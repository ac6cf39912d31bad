/**
 * From the name of a file to a `Config`, or to everything that is wrong with it. The one thing that always
 * holds: whoever gets a `Config` needs no further check of its values, only of the files that it names.
 */
import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Config, Listen, Upstream } from './config.ts';
import { explain } from './explain.ts';
import { type ConfigFault, inOrder } from './fault.ts';
import { overlapOf } from './overlaps.ts';
import { type FileReference, referencedFiles } from './references.ts';
import { validate } from './schema.ts';
import { readSource, type Source } from './source.ts';
import type { Written } from './written.ts';

/** The configuration is plain data, so that it can be sent to a worker process. */
export type LoadResult = {
  /** The files it names, whatever else is wrong. */ readonly files: readonly FileReference[];
} & (
  | { readonly kind: 'loaded'; readonly config: Config; readonly warnings: readonly ConfigFault[] }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] }
);

/** Reads and validates `proxy.yaml`; every fault is reported, in the order of the lines. Never rejects for a user's mistake. */
export async function loadConfig(file: string): Promise<LoadResult> {
  const read = await readSource(file);
  if (read.kind === 'faults') return { ...read, files: [] };

  const { source } = read;
  const folder = dirname(resolve(file));
  const files = referencedFiles(source, folder);
  const validated = validate(source.root);
  const issues = validated.kind === 'invalid' ? explain(validated.issues, source) : [];
  if (validated.kind === 'invalid' || read.faults.length > 0) {
    return { kind: 'faults', faults: inOrder([...read.faults, ...issues]), files };
  }
  const config = settle(validated.written, resolve(file), folder);
  const doubles = findDoubles(config, source);
  if (doubles.length > 0) return { kind: 'faults', faults: inOrder(doubles), files };
  return { kind: 'loaded', config, warnings: inOrder(warn(config, source)), files };
}

const MODES = { starttls: 0, tls: 1, 'starttls-required': 3 } as const;

/** Fills in the defaults that hang on other keys, and makes paths absolute. */
function settle(written: Written, file: string, folder: string): Config {
  const { certificates, minVersion, ciphers } = written.tls;
  const { script, ...hooks } = written.hooks;
  return {
    file,
    listen: (
      written.listen ?? [
        { address: '::', port: 143, proxyProtocol: [] },
        { address: '::', port: 993, proxyProtocol: [] },
      ]
    ).map(settleListen),
    tls: {
      certificates: certificates.map(({ cert, key }) => ({
        cert: resolve(folder, cert),
        key: resolve(folder, key),
      })),
      minVersion,
      ...(ciphers && { ciphers }),
    },
    upstream: settleUpstream(written.upstream, folder),
    hooks: { script: script === undefined ? undefined : resolve(folder, script), ...hooks },
    refuse: written.refuse,
    limits: written.limits,
    workers: written.workers === 'auto' ? availableParallelism() : written.workers,
    watch: written.watch,
    log: written.log,
    admin: written.admin,
  };
}

function settleListen(written: NonNullable<Written['listen']>[number]): Listen {
  const port = written.port ?? (written.encryption === 'tls' ? 993 : 143);
  const encryption = written.encryption ?? (port === 993 ? 'tls' : 'starttls-required');
  const { address, proxyProtocol } = written;
  return { address, port, mode: MODES[encryption], ...(proxyProtocol.length > 0 && { proxyProtocol }) };
}

function settleUpstream(written: Written['upstream'], folder: string): Upstream {
  const { host = '', connectTimeout, clientAddress, balance, check, tls } = written;
  const servers: NonNullable<typeof written.servers> = written.servers ?? [{ host, weight: 1 }];
  const ports = servers.map(({ port }) => port ?? written.port);
  const usual = host === 'demo' ? 'none' : ports.every((port) => port === 993) ? 'tls' : 'starttls';
  const encryption = written.encryption ?? usual;
  return {
    servers: servers.map((server, index) => ({
      host: server.host,
      port: ports[index] ?? (encryption === 'tls' ? 993 : 143),
      weight: server.weight,
      servername: server.servername ?? tls.servername ?? server.host,
    })),
    balance,
    check,
    encryption,
    tls: { ca: tls.ca === undefined ? undefined : resolve(folder, tls.ca), verify: tls.verify },
    connectTimeout,
    clientAddress,
  };
}

/** What cannot be there beside another one; of what is written out twice the schema has told. */
function findDoubles({ listen, upstream, admin }: Config, source: Source): ConfigFault[] {
  const servers = upstream.servers.map(({ host, port }) => `port ${port} of ${host.toLowerCase()}`);
  const taken = admin && listen.find((listener) => overlapOf(admin, listener) !== undefined);
  return [
    ...listen.flatMap((listener, index) => {
      const why = whyNotBeside(listener, listen.slice(0, index));
      return why === undefined ? [] : [source.faultAt(['listen', index], why)];
    }),
    ...repeated(servers).map((index) => {
      const message = `${servers[index]} is in this list already; give it a weight instead`;
      return source.faultAt(['upstream', 'servers', index, 'host'], message);
    }),
    ...(taken === undefined ? [] : [source.faultAt(['admin', 'port'], forClients(taken))]),
  ];
}

function forClients({ address, port }: Listen): string {
  return `port ${port} is for mail clients already, on ${address}; choose another one`;
}

/** Why the listener cannot be had together with those before it; undefined: it can. */
function whyNotBeside(listener: Listen, before: readonly Listen[]): string | undefined {
  const name = `port ${listener.port} of ${listener.address}`;
  for (const other of before) {
    const overlap = overlapOf(listener, other);
    switch (overlap?.kind) {
      case 'same':
        return `${name} is in this list already; each can be listened on once`;
      case 'covered':
        return `${name} and port ${other.port} of ${other.address} overlap, for ${overlap.why}; keep one of them`;
    }
  }
  return undefined;
}

/** The places of those that have been there before. */
function repeated(texts: readonly string[]): number[] {
  return [...texts.keys()].filter((index) => texts.indexOf(texts[index]!) < index);
}

const HALF_AN_HOUR = 30 * 60_000;

/** What is accepted because it is written down, and what it means. */
function warn({ upstream, hooks, refuse, limits }: Config, source: Source): ConfigFault[] {
  const warnings: ConfigFault[] = [];
  const elsewhere = upstream.servers.find(({ host }) => !isThisMachine(host));
  if (upstream.encryption === 'none' && elsewhere !== undefined) {
    const message = `none sends every password to ${elsewhere.host} in the clear; use starttls or tls`;
    warnings.push(source.faultAt(['upstream', 'encryption'], message));
  }
  if (upstream.encryption !== 'none' && !upstream.tls.verify) {
    const message =
      'false accepts any certificate, so whoever is in between can read every password; set upstream.tls.ca instead';
    warnings.push(source.faultAt(['upstream', 'tls', 'verify'], message));
  }
  if (hooks.script !== undefined && hooks.enforce && hooks.onError === 'pass') {
    const message =
      'true with onError pass opens everything while the script fails; set hooks.onError to hide';
    warnings.push(source.faultAt(['hooks', 'enforce'], message));
  }
  if (!refuse.capabilities.includes('COMPRESS=DEFLATE')) {
    const message =
      'without COMPRESS=DEFLATE in it, the session of a client that compresses is ended, for the proxy cannot read it';
    warnings.push(source.faultAt(['refuse', 'capabilities'], message));
  }
  if (limits.idleTimeout < HALF_AN_HOUR) {
    const message = 'IMAP forbids to log out an idle client in less than 30 minutes; set it to 30m or more';
    warnings.push(source.faultAt(['limits', 'idleTimeout'], message));
  }
  return warnings;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'demo' || /^([^.]+\.)*localhost\.?$/i.test(host);
  return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
