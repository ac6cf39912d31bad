/**
 * One TLS policy for all four legs: in front and behind, from the first byte and by STARTTLS (A9). What a setting
 * says holds on every path, because every path takes it from here.
 */
import { constants, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { Config, UpstreamServer } from '../config/config.ts';
import { type CertificateChoice, type CertificatePair, chooseCertificates } from './certificate-choice.ts';
import { readClientHello } from './client-hello.ts';

/** What holds on all four legs. */
type Policy = Pick<Config['tls'], 'minVersion' | 'ciphers'>;

/**
 * Seconds for which a client may resume its session: phones that look for mail every quarter of an hour spare
 * themselves the handshake, and a ticket that was stolen with its key is of no use for long.
 */
const RESUMABLE = 3600;

const [defaults13, defaults12] = [true, false].map((of13) =>
  DEFAULT_CIPHERS.split(':').filter((word) => word.startsWith('TLS_') === of13),
) as [string[], string[]];

/**
 * With TLS 1.3 the proxy takes AES-128, which costs a tenth less than the AES-256 that most clients name first and
 * is no easier to break; who names ChaCha20 first has no AES in its processor and gets it (decision 9).
 */
const TLS_1_3: string = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', ...defaults13].join(':');

/**
 * With TLS 1.2 the cipher decides which certificate is shown. Node names RSA first, whose signature costs more than
 * ten times that of ECDSA, so that an ECDSA certificate beside it would be there for nothing.
 */
const TLS_1_2: string = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  ...defaults12,
].join(':');

/** A version of which the configuration says nothing keeps its own; left out of the list, Node would turn it off. */
function cipherList({ ciphers }: Policy): string {
  return `${ciphers?.tls13 ?? TLS_1_3}:${ciphers?.tls12 ?? TLS_1_2}`;
}

/** What encrypts session tickets (RFC 5077 §4). Who has the same keys takes each other's tickets. */
export function makeTicketKeys(): Buffer {
  return randomBytes(48);
}

/**
 * Against other protocols' bytes being reflected (ALPACA, CVE-2021-3618, A3): `imap` or nothing. With its length in
 * front, as it goes over the wire (RFC 7301 §3.1), so that it is not written anew for each connection.
 */
const IMAP: Buffer = Buffer.from('\x04imap');

/** The front: what clients are shown. */
export interface TlsFront {
  /**
   * Begins TLS as the server on a connected socket, which belongs to what `begun` is given. `secure` is emitted there
   * when the handshake is done, `error` when it fails. `begun` is called at once where all clients are shown the same,
   * otherwise when the client has said which host it wants; never, when it closes before that.
   */
  secure(socket: Socket, begun: (secured: TLSSocket) => void): void;
  /** From now on tickets are made with these keys alone: a ticket of the old ones costs a full handshake. */
  useTicketKeys(keys: Buffer): void;
  /** Makes ready to show others; throws what is wrong with them. Calling the result shows them to whoever comes then. */
  prepare(pairs: readonly CertificatePair[], policy: Policy): () => void;
}

/** What is shown, with the contexts for it: one for each set of `choice`, in the same order. */
interface Shown {
  readonly choice: CertificateChoice;
  readonly policy: Policy;
  readonly keys: Buffer;
  readonly contexts: readonly SecureContext[];
}

/**
 * Contexts for the certificates (`certificate-choice.ts` says which is for whom). All have the same ticket keys,
 * because OpenSSL reads a ticket before it knows which of them will be chosen. Throws what is wrong with them.
 */
export function createTlsFront(
  pairs: readonly CertificatePair[],
  policy: Policy,
  ticketKeys: Buffer,
): TlsFront {
  let shown = show(chooseCertificates(pairs), policy, ticketKeys);
  const begin = (socket: Socket, name: string | undefined): TLSSocket => {
    const place = name === undefined ? 0 : shown.choice.placeFor(name);
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: shown.contexts[place]!,
      ALPNProtocols: IMAP,
    });
    // Without a tls.Server, Node announces a failure after the handshake only by this event.
    secured.on('_tlsError', (error: Error) => secured.destroy(error));
    return secured;
  };
  return {
    secure(socket, begun) {
      if (shown.choice.sets.length === 1) begun(begin(socket, undefined));
      else awaitName(socket, (name) => begun(begin(socket, name)));
    },
    useTicketKeys(keys) {
      shown = show(shown.choice, shown.policy, keys);
    },
    prepare(otherPairs, otherPolicy) {
      const next = show(chooseCertificates(otherPairs), otherPolicy, shown.keys);
      return () => {
        // The keys may have been renewed meanwhile.
        shown = next.keys === shown.keys ? next : show(next.choice, next.policy, shown.keys);
      };
    },
  };
}

function show(choice: CertificateChoice, policy: Policy, keys: Buffer): Shown {
  const contexts = choice.sets.map((set) =>
    createSecureContext({
      cert: set.map(({ cert }) => cert),
      key: set.map(({ key }) => key),
      minVersion: policy.minVersion,
      ciphers: cipherList(policy),
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA,
      ticketKeys: keys,
      sessionTimeout: RESUMABLE,
    }),
  );
  return { choice, policy, keys, contexts };
}

/** Leaves the socket paused and with every byte that came still in it. */
function awaitName(socket: Socket, found: (name: string | undefined) => void): void {
  let arrived: Buffer = Buffer.alloc(0);
  const read = (bytes: Buffer): void => {
    arrived = arrived.length === 0 ? bytes : Buffer.concat([arrived, bytes]);
    const hello = readClientHello(arrived);
    if (hello.kind === 'incomplete') return;
    socket.pause();
    socket.off('data', read).off('end', closed);
    socket.unshift(arrived);
    found(hello.name);
  };
  const closed = (): void => {
    socket.destroy();
  };
  socket.on('data', read).on('end', closed);
  socket.resume();
}

/** Towards a server: the options for every connection. `ca` is the text of `upstream.tls.ca`, PEM. */
export function upstreamTlsOptions(
  config: Config,
  ca: Buffer | undefined,
  server: UpstreamServer,
): ConnectionOptions {
  const { upstream, tls } = config;
  return {
    minVersion: tls.minVersion,
    ...(tls.ciphers === undefined ? {} : { ciphers: cipherList(tls) }),
    rejectUnauthorized: upstream.tls.verify,
    ...(ca === undefined ? {} : { ca }),
    host: server.host,
    ...servername(server.servername),
  };
}

/** SNI takes no addresses (RFC 6066 §3); the certificate is checked against `host` then. */
function servername(name: string): { servername?: string } {
  return /^[\d.]+$|:/.test(name) ? {} : { servername: name };
}

/** Begins TLS as the client on a connected socket. `secureConnect` is emitted when the certificate is verified. */
export function secureUpstream(socket: Socket, options: ConnectionOptions): TLSSocket {
  return connect({ ...options, socket });
}
