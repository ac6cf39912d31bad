/**
 * The host that a client names in its first message of TLS, read before TLS begins. Node would tell it later, but
 * can then exchange only one certificate and leaves the others of the default in place, so that a client would be
 * shown one for another name. What always holds: this judges nothing. Whatever is strange names no host, and is for
 * OpenSSL to refuse.
 */

export type ClientHello =
  | { readonly kind: 'incomplete' }
  /** `name` is undefined where the client names no host, or where this is no client's first message. */
  | { readonly kind: 'hello'; readonly name: string | undefined };

/** More than any client sends, those with post-quantum keys too; OpenSSL takes more. */
const LONGEST = 32 * 1024;

const UNNAMED: ClientHello = { kind: 'hello', name: undefined };
const INCOMPLETE: ClientHello = { kind: 'incomplete' };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** Reads all that has arrived from the client so far (RFC 8446 §5.1, §4.1.2; RFC 6066 §3). */
export function readClientHello(arrived: Buffer): ClientHello {
  const { message, broken } = handshakeIn(arrived);
  if (message.length > 0 && message[0] !== CLIENT_HELLO) return UNNAMED;
  const length = message.length < 4 ? undefined : message.readUIntBE(1, 3);
  if (length !== undefined && message.length >= 4 + length) {
    return { kind: 'hello', name: nameIn(message.subarray(4, 4 + length)) };
  }
  return broken || arrived.length > LONGEST ? UNNAMED : INCOMPLETE;
}

/** What the records carry together; `broken` when something else is among them. */
function handshakeIn(arrived: Buffer): { message: Buffer; broken: boolean } {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < arrived.length) {
    if (arrived[at] !== HANDSHAKE) return { message: Buffer.concat(parts), broken: true };
    if (arrived.length < at + 5) break;
    const length = arrived.readUInt16BE(at + 3);
    // Nobody may send an empty one (RFC 8446 §5.1), and thousands of them would be read again with each that comes.
    if (length === 0) return { message: Buffer.concat(parts), broken: true };
    const end = at + 5 + length;
    parts.push(arrived.subarray(at + 5, end));
    at = end;
  }
  return { message: parts.length === 1 ? parts[0]! : Buffer.concat(parts), broken: false };
}

function nameIn(hello: Buffer): string | undefined {
  // Version and random, the session's name, ciphers, compression.
  const session = skip(hello, 34, 1);
  const compression = skip(hello, skip(hello, session, 2), 1);
  const end = Math.min(skip(hello, compression, 2), hello.length);
  let at = compression + 2;
  while (at + 4 <= end) {
    const next = skip(hello, at + 2, 2);
    if (next > end) return undefined;
    if (hello.readUInt16BE(at) === SERVER_NAME) return hostIn(hello.subarray(at + 4, next));
    at = next;
  }
  return undefined;
}

function hostIn(extension: Buffer): string | undefined {
  if (extension.length < 5 || extension[2] !== HOST_NAME) return undefined;
  const end = skip(extension, 3, 2);
  return end > extension.length ? undefined : extension.toString('latin1', 5, end);
}

/** Behind a field whose length stands in front of it, in so many bytes; beyond the end where it is cut off. */
function skip(bytes: Buffer, at: number, width: 1 | 2): number {
  return at + width > bytes.length ? bytes.length + 1 : at + width + bytes.readUIntBE(at, width);
}
