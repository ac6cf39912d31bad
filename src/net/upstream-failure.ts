/** Why a server cannot be had, in words for whoever has to mend it. */
import type { Socket } from 'node:net';
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
export function upstreamFailure(error: Error, name: string): EndCause {
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
      message: `TLS with ${name} failed: ${code}; is upstream.encryption right?`,
    };
  }
  return { code: 'upstream-unreachable', message: `${name} cannot be reached: ${reasons[code] ?? code}` };
}

/** The cause of a session's end when `upstream.connectTimeout` (milliseconds) is over before the greeting. */
export function upstreamTooLate(socket: Socket | undefined, name: string, connectTimeout: number): EndCause {
  const what = socket?.connecting ? 'did not accept the connection' : 'did not greet';
  const message = `${name} ${what} within ${connectTimeout} ms (upstream.connectTimeout)`;
  return { code: 'upstream-unreachable', message };
}
