/**
 * Certificates of every kind that an operator may list: chosen names, ECDSA or RSA, each through an intermediate
 * authority of its own, so that a chain that went with the wrong certificate would be seen.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './child.ts';
import { program } from './required.ts';

export interface Issued {
  /** Absolute paths of PEM files; `cert` has the certificate and its intermediate. */
  readonly cert: string;
  readonly key: string;
}

export interface Issuer {
  /** Absolute path of the authority that clients trust. */
  readonly ca: string;
  /** `label` is the common name, for the test to tell one from the other; the names are the alternative names. */
  issue(label: string, type: 'ecdsa' | 'rsa', names: readonly string[]): Promise<Issued>;
}

const ECDSA = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const RSA = ['-newkey', 'rsa:2048', '-nodes'];
const DAYS = ['-days', '30'];
const AUTHORITY = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n';

/** An authority whose files are all in the folder. */
export async function makeIssuer(folder: string): Promise<Issuer> {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => run(program('openssl'), args);
  await writeFile(at('issuer.cnf'), '[req]\ndistinguished_name=name\n[name]\n');

  const request = async (label: string, newKey: readonly string[]) => {
    const files = ['-keyout', at(`${label}.key`), '-out', at(`${label}.csr`)];
    await openssl('req', '-new', ...newKey, ...files, '-config', at('issuer.cnf'), '-subj', `/CN=${label}`);
  };
  const sign = async (label: string, by: string, extensions: string) => {
    await writeFile(at(`${label}.ext`), extensions);
    // A file of its own for the number: several are signed at once, and one would read what another has half written.
    const serial = ['-CAcreateserial', '-CAserial', at(`${label}.srl`)];
    const signer = ['-CA', at(`${by}.pem`), '-CAkey', at(`${by}.key`), ...serial];
    const files = ['-in', at(`${label}.csr`), '-out', at(`${label}.pem`), '-extfile', at(`${label}.ext`)];
    await openssl('x509', '-req', ...files, ...signer, ...DAYS);
  };

  await request('issuer', ECDSA);
  await writeFile(at('issuer.ext'), AUTHORITY);
  const itself = ['-signkey', at('issuer.key'), '-extfile', at('issuer.ext'), ...DAYS];
  await openssl('x509', '-req', '-in', at('issuer.csr'), '-out', at('issuer.pem'), ...itself);

  return {
    ca: at('issuer.pem'),
    async issue(label, type, names) {
      const newKey = type === 'rsa' ? RSA : ECDSA;
      const between = `${label}-intermediate`;
      await request(between, newKey);
      await sign(between, 'issuer', AUTHORITY);
      await request(label, newKey);
      const alternative = names.map((name) => `DNS:${name}`).join();
      await sign(label, between, `basicConstraints=critical,CA:FALSE\nsubjectAltName=${alternative}\n`);
      const cert = at(`${label}-chain.pem`);
      await writeFile(
        cert,
        [await readFile(at(`${label}.pem`)), await readFile(at(`${between}.pem`))].join(''),
      );
      return { cert, key: at(`${label}.key`) };
    },
  };
}
