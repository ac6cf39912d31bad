/**
 * The shape of a loaded `proxy.yaml`: every default filled in, every path absolute, every duration in
 * milliseconds, every size in bytes. Nothing after the config room sees YAML or units.
 */
import type { EncryptionMode } from '../rewrite/question.ts';
import type { RefusedWords } from '../rewrite/refused.ts';

export interface Listen {
  readonly address: string;
  readonly port: number;
  /** The default handed to GetEncryption. */
  readonly mode: EncryptionMode;
  /** Networks and addresses that must begin with a PROXY header, which is believed; left out: none is read. */
  readonly proxyProtocol?: readonly string[];
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** `tls.ciphers`, in two lists as OpenSSL wants them; a version without one has its defaults. */
export interface Ciphers {
  readonly tls12?: string;
  readonly tls13?: string;
}

export interface UpstreamServer {
  /** A host name, an address, or `demo`: the built-in mailbox server, which is alone then. */
  readonly host: string;
  readonly port: number;
  /** Its share of the sessions, beside those of the others. */
  readonly weight: number;
  /** The name to expect in its certificate. */
  readonly servername: string;
}

export interface Upstream {
  /** One at least. */
  readonly servers: readonly UpstreamServer[];
  /** By what a session's server is chosen. */
  readonly balance: 'least-sessions' | 'client-address';
  /** Milliseconds between two looks at a server, and how often in a row one fails that is down. */
  readonly check: { readonly interval: number; readonly failures: number };
  readonly encryption: 'none' | 'starttls' | 'tls';
  readonly tls: {
    readonly ca: string | undefined;
    readonly verify: boolean;
  };
  readonly connectTimeout: number;
  /** How the server is told who the client is. */
  readonly clientAddress: 'none' | 'id' | 'proxy-v2';
}

export interface Hooks {
  readonly script: string | undefined;
  readonly deadline: number;
  readonly onError: 'pass' | 'hide';
  /** What the script hides is refused as well. */
  readonly enforce: boolean;
  /** A script that fails the tests beside it is not taken. */
  readonly test: boolean;
  /** The commands that `DoCommand` is asked about, upper case. */
  readonly commands: readonly string[];
  /** What a script may ask over HTTP: of which hosts, milliseconds, bytes of an answer. */
  readonly http: {
    readonly allow: readonly string[];
    readonly timeout: number;
    readonly responseSize: number;
  };
  /** What the script finds in `config`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** When logins that failed are too many. */
export interface FailedLogins {
  /** From one address, of users who have not logged in from there lately; 0: they are not counted. */
  readonly perAddress: number;
  /** Of one user; 0: they are not counted. */
  readonly perUser: number;
  /** Milliseconds, from the first of them, in which so many are too many. */
  readonly within: number;
  /** Milliseconds for which logins are refused then. */
  readonly block: number;
  /** Milliseconds that a login waits at most before that. */
  readonly delay: number;
  /** Networks and addresses whose logins are neither counted nor refused. */
  readonly except: readonly string[];
}

export interface Limits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly handshakeTimeout: number;
  readonly loginTimeout: number;
  readonly idleTimeout: number;
  readonly preLoginLine: number;
  readonly preLoginLiteral: number;
  readonly drainTimeout: number;
  /** Where failed logins are counted: `memory`, or a `redis:` or `rediss:` URL, with a password in it perhaps. */
  readonly store: string;
  readonly failedLogins: FailedLogins;
}

export interface Config {
  /** Absolute path of the file that this came from. */
  readonly file: string;
  readonly listen: readonly Listen[];
  readonly tls: {
    readonly certificates: readonly CertificateFiles[];
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    readonly ciphers?: Ciphers | undefined;
  };
  readonly upstream: Upstream;
  readonly hooks: Hooks;
  readonly refuse: RefusedWords;
  readonly limits: Limits;
  /** Processes that serve; 1: this one does, and there is no other. */
  readonly workers: number;
  /** A changed file is taken as it changes. */
  readonly watch: boolean;
  readonly log: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
    /** Left out: pretty where standard output is a terminal, else json. */
    readonly format?: 'json' | 'pretty' | undefined;
  };
  /** Where /healthz and /readyz answer; undefined: nowhere. */
  readonly admin: { readonly address: string; readonly port: number } | undefined;
}
