/**
 * A certificate authority and a server certificate of one test run, made by openssl: for `localhost` and the
 * loopback addresses, usable by Dovecot behind the proxy as well as by the proxy itself.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './child.ts';
import { program } from './required.ts';

export interface Certificates {
  /** Absolute paths of PEM files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes ca.pem, cert.pem and key.pem into the folder, valid for thirty days. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const openssl = program('openssl');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await writeFile(at('ca.cnf'), '[req]\ndistinguished_name=name\n[name]\n');
  await writeFile(
    at('server.ext'),
    [
      'basicConstraints=critical,CA:FALSE',
      'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1',
      'extendedKeyUsage=serverAuth',
      '',
    ].join('\n'),
  );
  await run(openssl, [
    ...['req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30'],
    ...['-config', at('ca.cnf'), '-subj', '/CN=imapveil test authority'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
    ...['-addext', 'subjectKeyIdentifier=hash'],
  ]);
  await run(openssl, [
    ...['req', '-new', ...newKey, '-keyout', at('key.pem'), '-out', at('server.csr')],
    ...['-config', at('ca.cnf'), '-subj', '/CN=localhost'],
  ]);
  await run(openssl, [
    ...[
      'x509',
      '-req',
      '-in',
      at('server.csr'),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
    ],
    ...['-out', at('cert.pem'), '-days', '30', '-extfile', at('server.ext')],
  ]);
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') };
}
