/** The connection to the server, read into the memory that all share. */
import { connect as netConnect, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Config } from '../config/config.ts';
import { borrowed, forLines, MessageShare } from './read-memory.ts';
import { secureUpstream } from './tls.ts';

/** Who reads from a server. */
export interface UpstreamReader {
  /** Given what comes, in memory that the next read of any connection overwrites: what is kept must be copied. */
  heard(borrowed: Buffer): void;
  /** Whether what comes next is the inside of a literal. */
  inLiteral(): boolean;
}

/**
 * Connects to the server. With `starttls` the socket will have to be handed over to TLS; it is read by its `data`
 * events, and `reader` hears nothing.
 */
export function connectUpstream(
  { host, port }: { readonly host: string; readonly port: number },
  encryption: Config['upstream']['encryption'],
  options: ConnectionOptions,
  reader: UpstreamReader,
): Socket {
  if (encryption === 'starttls') return netConnect({ host, port, noDelay: true });
  const share = new MessageShare();
  const onread: OnReadOpts = {
    buffer: () => (reader.inLiteral() ? share.next() : forLines),
    callback(length) {
      reader.heard(borrowed(length));
      return true;
    },
  };
  if (encryption === 'none') return netConnect({ host, port, noDelay: true, onread });
  // Node's types do not know that tls.connect takes it too (https://nodejs.org/api/tls.html#tlsconnectoptions-callback).
  const withRead: ConnectionOptions & { readonly onread: OnReadOpts } = { ...options, host, port, onread };
  return tlsConnect(withRead).setNoDelay(true);
}

/**
 * Connects with a header in front of TLS from the first byte. `begun` is given the socket that replaces the result
 * once the header is out. The result is not to be read: what comes before TLS is anybody's word, and as long as
 * nobody takes it, it goes to TLS, which refuses it.
 */
export function connectTlsBehind(
  { host, port }: { readonly host: string; readonly port: number },
  header: Uint8Array,
  options: ConnectionOptions,
  begun: (secured: TLSSocket) => void,
): Socket {
  const plain = netConnect({ host, port, noDelay: true });
  plain.write(header, (error) => {
    if (!error && plain.writable) begun(secureUpstream(plain, options));
  });
  return plain;
}
