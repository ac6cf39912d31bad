/** Why a server cannot be had, in words for whoever has to mend it. */
import type { Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import type { EndCause } from '../session/effect.ts';

/** OpenSSL's and Node's words for a certificate that does not prove what it should. */
const untrusted = /CERT|ISSUER|SIGNATURE|ERR_TLS_CERT_ALTNAME_INVALID|CRL/;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused; nothing listens there',
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this network',
  ETIMEDOUT: 'nobody answered in time',
  ECONNRESET: 'the connection was closed at once',
};

/** The cause of a session's end for an error of the connection to the server; `name` is its host and port. */
export function upstreamFailure(
  error: Error,
  name: string,
  clientAddress: Config['upstream']['clientAddress'],
): EndCause {
  const headed = clientAddress === 'proxy-v2';
  const code = 'code' in error ? String(error.code) : error.message;
  if (untrusted.test(code)) {
    const hint = 'see upstream.tls.ca and upstream.tls.servername';
    return {
      code: 'upstream-untrusted',
      message: `the certificate of ${name} is not trusted: ${code}; ${hint}`,
    };
  }
  if (/SSL|TLS/.test(code)) {
    return {
      code: 'upstream-unreachable',
      message: `TLS with ${name} failed: ${code}; ${headed ? 'are upstream.encryption and upstream.clientAddress' : 'is upstream.encryption'} right?`,
    };
  }
  const hint = headed && code === 'ECONNRESET' ? `; ${HEADER_HINT}` : '';
  return {
    code: 'upstream-unreachable',
    message: `${name} cannot be reached: ${reasons[code] ?? code}${hint}`,
  };
}

/** The cause of a session's end when `upstream.connectTimeout` (milliseconds) is over before the greeting. */
export function upstreamTooLate(
  socket: Socket | undefined,
  name: string,
  { connectTimeout, encryption }: Pick<Config['upstream'], 'connectTimeout' | 'encryption'>,
): EndCause {
  const what = socket?.connecting ? 'did not accept the connection' : 'did not greet';
  // A port for TLS from the first byte waits for a handshake, and says nothing until there is one.
  const silent = socket?.connecting === false && socket.bytesRead === 0 && encryption !== 'tls';
  const hint = silent ? '; is upstream.encryption right?' : '';
  const message = `${name} ${what} within ${connectTimeout} ms (upstream.connectTimeout)${hint}`;
  return { code: 'upstream-unreachable', message };
}

const HEADER_HINT = 'does it take a PROXY header from here, as upstream.clientAddress says?';

/** The same cause, for a session that got no greeting behind a PROXY header: servers say nothing about one. */
export function behindHeader({ code, message }: EndCause): EndCause {
  return { code, message: code === 'upstream-closed' ? `${message}; ${HEADER_HINT}` : message };
}
