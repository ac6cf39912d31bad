/**
 * Every key of `proxy.yaml`: its shape, its limits, its default. The one thing that always holds: a key that is
 * not here is a fault; nothing that an operator writes is accepted and then ignored.
 */
import { isIP } from 'node:net';
// By this import a bundler leaves out what is not used of it, the texts in 60 languages above all.
import * as z from 'zod';
import { usuallyRefused } from '../rewrite/refused.ts';
import { splitCiphers } from './cipher-list.ts';
import { isHost, isHostName, isNetwork, isRedisUrl, placeInUrl } from './places.ts';
import { type Measured, parseDuration, parseSize } from './units.ts';
import type { Written } from './written.ts';

// A configuration is read once, so that compiling a reader for it costs more than the reader saves.
z.config({ jitless: true });

export type Validated =
  | { readonly kind: 'valid'; readonly written: Written }
  | { readonly kind: 'invalid'; readonly issues: readonly z.core.$ZodIssue[] };

/** Checks plain values against every key at once; all issues are found, not only the first. */
export function validate(root: unknown): Validated {
  const result = schema.safeParse(root);
  return result.success
    ? { kind: 'valid', written: result.data }
    : { kind: 'invalid', issues: result.error.issues };
}

/** The same keys as a JSON Schema of what an operator writes; what only a function can judge is not in it. */
export function plainSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
}

/** The keys that may stand in the map at a path (`['upstream']`, `['listen', 0]`), in the order of the schema. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  let type: unknown = bare(schema);
  for (const step of path) {
    if (type instanceof z.ZodArray) type = bare(type.element);
    else if (type instanceof z.ZodObject) type = bare((type.shape as Record<PropertyKey, unknown>)[step]);
  }
  return type instanceof z.ZodObject ? Object.keys(type.shape) : [];
}

function bare(type: unknown): unknown {
  if (type instanceof z.ZodOptional || type instanceof z.ZodPrefault) return bare(type.unwrap());
  return type;
}

function section<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: 'must be a map: keys and values, indented below it' });
}

function list<Element extends z.ZodType>(element: Element, of: string): z.ZodArray<Element> {
  return z.array(element, { error: `must be a list of ${of}, each after a dash` });
}

function whole(minimum: number, maximum: number): z.ZodNumber {
  const error = `must be a whole number from ${minimum} to ${maximum}`;
  return z.number({ error }).int({ error }).min(minimum, { error }).max(maximum, { error });
}

function oneOf<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): z.ZodEnum<z.core.util.ToEnum<Words[number]>> {
  const last = words.at(-1);
  return z.enum(words, { error: `must be ${words.slice(0, -1).join(', ')} or ${last}` });
}

/**
 * A text that a function turns into a number; the default is written the way an operator writes it. `units` is
 * for editors, which cannot call a function.
 */
function measured(parse: (written: unknown) => Measured, units: string, standard: string) {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const result = parse(input);
    return result.kind === 'fault' ? result.message : 'must be text';
  };
  return z
    .string({ error })
    .meta({ pattern: `^[0-9]{1,15}(${units})$`, patternErrorMessage: error({ input: '' }) })
    .transform((text, context) => {
      const result = parse(text);
      if (result.kind === 'measured') return result.value;
      context.issues.push({ code: 'custom', message: result.message, input: text });
      return z.NEVER;
    })
    .prefault(standard);
}

const duration = (standard: string) => measured(parseDuration, 'ms|s|m|h', standard);
/** Redis counts the life of a key in seconds. */
const wholeSeconds = (standard: string) =>
  duration(standard).refine((milliseconds) => milliseconds >= 1000, { error: 'must be 1s or more' });
const size = (standard: string) => measured(parseSize, 'B|KiB|MiB|GiB', standard);

function text(required: string) {
  const error = ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `is missing; ${required}` : `must be text; ${required}`;
  return z.string({ error });
}

const port = whole(1, 65535);
const many = whole(1, 1_000_000);
const uncounted = whole(0, 1_000_000);

const address = z
  .string({ error: 'must be an IP address, such as 127.0.0.1, 0.0.0.0 or "::"' })
  .refine((written) => isIP(written) !== 0, {
    error: 'must be an IP address, such as 127.0.0.1, 0.0.0.0 or "::"',
  });

/** `required` says what to write there. */
function host(required: string) {
  return text(required).refine((written) => isHost(written), {
    error: 'must be a host name or an IP address alone: no protocol, no port, no spaces',
  });
}

const servername = text('write the name in the server certificate').refine(isHostName, {
  error: 'must be a host name: the name in the server certificate, not an IP address',
});

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const path = text('name a file').min(1, { error: 'must name a file' });

const NETWORK = { error: 'must be a network or an address, such as 10.0.0.0/8, fd00::/8 or 192.0.2.1' };

const network = z.string(NETWORK).refine(isNetwork, NETWORK);

/** Never says what was written: there is a password in it. */
const STORE = {
  error: 'must be memory, or the URL of a Redis or Valkey server, such as redis://user:password@host:6379/0',
};

const store = z.string(STORE).refine((written) => written === 'memory' || isRedisUrl(written), STORE);

/** RFC 9051 §9 calls both an atom; a mechanism (RFC 4422 §3.1) has no more than these. */
const mechanism = word(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of a SASL mechanism, such as GSSAPI');

const OWN_WORDS = /^(STARTTLS|LOGINDISABLED)$/i;

const capability = word(
  /^[A-Za-z0-9=+._:/-]{1,64}$/,
  'must be a capability, such as COMPRESS=DEFLATE or IDLE',
)
  .refine((written) => !/^AUTH=/i.test(written), {
    error: ({ input }) =>
      `${input} is a mechanism: write ${String(input).slice('AUTH='.length)} into refuse.mechanisms`,
  })
  .refine((written) => !OWN_WORDS.test(written), {
    error: ({ input }) => `${input} is the proxy's own: set listen.encryption instead`,
  });

/** Commands that DoCommand is never asked about, and where they are decided instead. */
const notAsked: Readonly<Record<string, string>> = {
  LOGIN: 'carries a password, which no script is shown: decide in DoLogin',
  AUTHENTICATE: 'carries a password, which no script is shown: decide in DoLogin',
  STARTTLS: "is the proxy's own: set listen.encryption instead",
  DONE: 'ends IDLE and is no command: write IDLE',
};

const command = word(
  // A pattern of JSON Schema has no flags: without one, editors refuse what is accepted here.
  /^([Uu][Ii][Dd] )?[A-Za-z][A-Za-z0-9-]{0,63}$/,
  'must be a command, such as EXPUNGE, UID or UID EXPUNGE',
).refine((written) => !Object.hasOwn(notAsked, written.toUpperCase()), {
  error: ({ input }) => `${input} ${notAsked[String(input).toUpperCase()]}`,
});

const HTTP_HOST = 'must be a host, or a host and a port, such as rules.example.org:8080';

const httpHost = word(/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/, HTTP_HOST).transform(
  (written, context) => {
    const place = placeInUrl(written);
    if (place !== undefined) return place;
    context.issues.push({ code: 'custom', message: HTTP_HOST, input: written });
    return z.NEVER;
  },
);

/** A word in which case does not matter. */
function word(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}

const upperCase = (words: readonly string[]): string[] => words.map((written) => written.toUpperCase());

const WORKERS = { error: 'must be a whole number from 1 to 1024, or auto' };

const listen = section({
  address: address.prefault('::'),
  port: port.optional(),
  encryption: oneOf('starttls', 'tls', 'starttls-required').optional(),
  proxyProtocol: list(network, 'networks').prefault([]),
});

const server = section({
  host: host('name the IMAP server').refine((written) => written !== 'demo', {
    error: 'the built-in demo mailbox can only be alone: write it into upstream.host',
  }),
  port: port.optional(),
  weight: whole(1, 1000).prefault(1),
  servername: servername.optional(),
});

const schema = section({
  listen: list(listen, 'listeners')
    .min(1, { error: 'must name at least one listener; leave it out for ports 143 and 993' })
    .superRefine((listeners, context) => {
      const seen = new Set<string>();
      for (const [index, { address, port }] of listeners.entries()) {
        if (port !== undefined && seen.has(`${address} ${port}`)) {
          const message = `port ${port} of ${address} is in this list already; each can be listened on once`;
          context.addIssue({ code: 'custom', message, path: [index, 'port'] });
        }
        seen.add(`${address} ${port}`);
      }
    })
    .optional(),
  tls: section({
    certificates: list(section({ cert: path, key: path }), 'certificates').prefault([]),
    minVersion: oneOf('TLSv1.2', 'TLSv1.3').prefault('TLSv1.2'),
    // What it says is for OpenSSL to judge, in check-ciphers.ts.
    ciphers: text('write an OpenSSL cipher list, such as HIGH').transform(splitCiphers).optional(),
  }).prefault({}),
  upstream: section({
    host: host('name the IMAP server, or write demo for the built-in mailbox').optional(),
    port: port.optional(),
    servers: list(server, 'servers')
      .min(1, { error: 'must name at least one server' })
      .superRefine((servers, context) => {
        const seen = new Set<string>();
        for (const [index, { host, port }] of servers.entries()) {
          const place = `${host.toLowerCase()} ${port}`;
          const message = 'is in this list already; give it a weight instead';
          if (seen.has(place)) context.addIssue({ code: 'custom', message, path: [index, 'host'] });
          seen.add(place);
        }
      })
      .optional(),
    balance: oneOf('least-sessions', 'client-address').prefault('least-sessions'),
    check: section({
      interval: duration('10s').refine((milliseconds) => milliseconds >= 100, {
        error: 'must be 100ms or more',
      }),
      failures: whole(1, 100).prefault(3),
    }).prefault({}),
    encryption: oneOf('none', 'starttls', 'tls').optional(),
    tls: section({
      ca: path.optional(),
      servername: servername.optional(),
      verify: z.boolean({ error: 'must be true or false' }).prefault(true),
    }).prefault({}),
    connectTimeout: duration('10s'),
    clientAddress: oneOf('none', 'id', 'proxy-v2').prefault('none'),
  })
    .meta({ oneOf: [{ required: ['host'] }, { required: ['servers'] }] })
    .refine(({ host, servers }) => host !== undefined || servers !== undefined, {
      error: 'is missing; name the IMAP server, or write demo for the built-in mailbox',
      path: ['host'],
      // What else is wrong in the map is no reason to keep silent about it.
      when: ({ value }) => isMap(value),
    })
    .refine(({ host, servers }) => host === undefined || servers === undefined, {
      error: 'cannot stand beside upstream.host; put that server into the list',
      path: ['servers'],
      when: ({ value }) => isMap(value),
    })
    .refine(({ host, encryption }) => host !== 'demo' || (encryption ?? 'none') === 'none', {
      error: 'the built-in demo mailbox speaks none only; leave it out or set it to none',
      path: ['encryption'],
    })
    .refine(({ host, clientAddress }) => host !== 'demo' || clientAddress !== 'proxy-v2', {
      error: 'the built-in demo mailbox reads no PROXY header; leave it out or set it to none',
      path: ['clientAddress'],
    })
    // Left out as a whole, it is judged as an empty map, so that the fault names upstream.host.
    .prefault({} as never),
  hooks: section({
    script: path.optional(),
    deadline: duration('100ms'),
    onError: oneOf('pass', 'hide').prefault('pass'),
    enforce: z.boolean({ error: 'must be true or false' }).prefault(false),
    test: z.boolean({ error: 'must be true or false' }).prefault(false),
    commands: list(command, 'commands').prefault([]).transform(upperCase),
    http: section({
      allow: list(httpHost, 'hosts').prefault([]),
      timeout: duration('5s'),
      responseSize: size('1MiB'),
    }).prefault({}),
    settings: z.record(z.string(), z.unknown(), { error: 'must be a map, whatever is in it' }).prefault({}),
  }).prefault({}),
  refuse: section({
    mechanisms: list(mechanism, 'mechanisms')
      .prefault([...usuallyRefused.mechanisms])
      .transform(upperCase),
    capabilities: list(capability, 'capabilities')
      .prefault([...usuallyRefused.capabilities])
      .transform(upperCase),
    channelBinding: z.boolean({ error: 'must be true or false' }).prefault(usuallyRefused.channelBinding),
  }).prefault({}),
  limits: section({
    connections: many.prefault(10_000),
    connectionsPerAddress: many.prefault(100),
    handshakeTimeout: duration('15s'),
    loginTimeout: duration('60s'),
    idleTimeout: duration('31m'),
    preLoginLine: size('8KiB'),
    preLoginLiteral: size('64KiB'),
    drainTimeout: duration('30s'),
    store: store.prefault('memory'),
    failedLogins: section({
      perAddress: uncounted.prefault(100),
      perUser: uncounted.prefault(20),
      within: wholeSeconds('10m'),
      block: wholeSeconds('10m'),
      delay: duration('15s'),
      except: list(network, 'networks').prefault([]),
    }).prefault({}),
  }).prefault({}),
  workers: z
    .union(
      [z.literal('auto', WORKERS), z.number(WORKERS).int(WORKERS).min(1, WORKERS).max(1024, WORKERS)],
      WORKERS,
    )
    .prefault(1),
  watch: z.boolean({ error: 'must be true or false' }).prefault(false),
  log: section({
    level: oneOf('trace', 'debug', 'info', 'warn', 'error').prefault('info'),
    format: oneOf('json', 'pretty').optional(),
  }).prefault({}),
  admin: section({ address: address.prefault('127.0.0.1'), port: port.prefault(9143) }).optional(),
});
