/**
 * The files behind the configuration: certificates, keys, the upstream's authority, the script. `check` and `run`
 * come through the same door here, so that what `check` accepts, `run` starts with.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type DefinedHooks, noHooks } from '../rewrite/question.ts';
import { judgeCiphers } from './check-ciphers.ts';
import { splitCiphers } from './cipher-list.ts';
import type { Config } from './config.ts';
import { type ConfigFault, inOrder } from './fault.ts';
import type { LoadResult } from './load.ts';
import { type FileReference, faultOf, type NamedFile, type NamedScript } from './references.ts';
import { scriptWarnings } from './script-warnings.ts';
import { whyUnreadable } from './unreadable.ts';

/**
 * Handed in, because Lua lives in another room. A fault is Lua's own `script.lua:7: message`. `config` is undefined
 * when something else is wrong with it, so that nothing will run.
 */
export type CheckScript = (
  script: Pick<NamedScript, 'file' | 'settings'>,
  config: Config | undefined,
) => Promise<{ readonly fault: string } | DefinedHooks>;

export type ReadyResult =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      readonly warnings: readonly ConfigFault[];
      readonly defines: DefinedHooks;
    }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

/** What `loadConfig` gave, and the files it names besides: all faults of both, in the order of the lines. */
export async function checkFiles(loaded: LoadResult, checkScript: CheckScript): Promise<ReadyResult> {
  const config = loaded.kind === 'loaded' ? loaded.config : undefined;
  const check: CheckNamedScript = async (script) =>
    hasUnsureSettings(loaded) ? noHooks : checkScript(script, config);
  const checked = await checkAll(loaded.files, check);
  if (loaded.kind === 'faults')
    return { kind: 'faults', faults: inOrder([...loaded.faults, ...checked.faults]) };
  if (checked.faults.length > 0) return { kind: 'faults', faults: checked.faults };
  const warnings = inOrder([
    ...loaded.warnings,
    ...checked.warnings,
    ...warnOfScript(loaded.files, loaded.config, checked.defines),
  ]);
  return { kind: 'loaded', config: loaded.config, warnings, defines: checked.defines };
}

function warnOfScript(
  files: readonly FileReference[],
  { hooks }: Config,
  defines: DefinedHooks,
): readonly ConfigFault[] {
  const named = files.find((reference) => reference.kind === 'script');
  if (named === undefined) return [];
  return scriptWarnings(defines, hooks.commands).map((message) => faultOf(named.script, message));
}

/** Whether `hooks.settings` is wrong, or meant by a key that is: a script may stumble over that and nothing else. */
function hasUnsureSettings(loaded: LoadResult): boolean {
  return loaded.kind === 'faults' && loaded.faults.some(({ path }) => /^hooks(\.settings|$)/.test(path));
}

interface Checked {
  readonly faults: readonly ConfigFault[];
  readonly warnings?: readonly ConfigFault[];
  /** Only of a script that loads. */
  readonly defines?: DefinedHooks;
}

type CheckNamedScript = (script: NamedScript) => ReturnType<CheckScript>;

/**
 * Reads every file that the configuration names and says what is wrong with each. All at once: while the script's
 * thread starts there is time to look at certificates.
 */
async function checkAll(
  files: readonly FileReference[],
  checkScript: CheckNamedScript,
): Promise<Required<Checked>> {
  const ciphers = checkCiphers(files);
  const checked = await Promise.all(files.map((reference) => checkFile(reference, checkScript, ciphers)));
  return {
    faults: inOrder(checked.flatMap(({ faults }) => faults)),
    warnings: checked.flatMap(({ warnings }) => warnings ?? []),
    defines: checked.find(({ defines }) => defines !== undefined)?.defines ?? noHooks,
  };
}

interface CheckedCiphers extends Checked {
  /** For TLS 1.2, as OpenSSL takes it; left out where there is none, or none that can be used. */
  readonly usable?: string;
}

/** Before the certificates, for the list decides which keys are strong enough (`@SECLEVEL`). */
function checkCiphers(files: readonly FileReference[]): CheckedCiphers {
  const written = files.find((reference) => reference.kind === 'ciphers');
  if (written === undefined) return { faults: [] };
  const { faults, warnings } = judgeCiphers(written.list);
  const { tls12 } = splitCiphers(written.list);
  return {
    faults: faults.map((message) => faultOf(written, message)),
    warnings: warnings.map((message) => faultOf(written, message)),
    ...(faults.length === 0 && tls12 !== undefined && { usable: tls12 }),
  };
}

async function checkFile(
  reference: FileReference,
  checkScript: CheckNamedScript,
  ciphers: CheckedCiphers,
): Promise<Checked> {
  switch (reference.kind) {
    case 'ciphers':
      return ciphers;
    case 'certificate':
      return checkCertificate(reference.cert, reference.key, ciphers.usable);
    case 'authority':
      return { faults: await checkAuthority(reference.ca) };
    case 'script': {
      const { script } = reference;
      const read = await readNamed(script);
      if (read.kind === 'unreadable') return { faults: [faultOf(script, read.message)] };
      const result = await checkScript(script);
      return 'fault' in result
        ? { faults: [faultOf(script, result.fault)] }
        : { faults: [], defines: result };
    }
  }
}

type Read =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'unreadable'; readonly message: string };

async function readNamed({ file }: NamedFile): Promise<Read> {
  try {
    return { kind: 'read', bytes: await readFile(file) };
  } catch (error) {
    return { kind: 'unreadable', message: `cannot be read: ${whyUnreadable(error)}: ${file}` };
  }
}

/** A certificate and its key are one thing to mend, so that a missing pair is one fault that names both files. */
async function checkCertificate(
  cert: NamedFile | undefined,
  key: NamedFile | undefined,
  ciphers: string | undefined,
): Promise<Checked> {
  const certRead = cert && (await readNamed(cert));
  const keyRead = key && (await readNamed(key));
  if (cert && key && certRead?.kind === 'unreadable' && keyRead?.kind === 'unreadable') {
    return { faults: [faultOf(cert, `${certRead.message}; nor can its key: ${key.file}`)] };
  }

  const faults: ConfigFault[] = [];
  const warnings: ConfigFault[] = [];
  let chain: X509Certificate[] = [];
  let secret: KeyObject | undefined;
  if (cert && certRead?.kind === 'unreadable') faults.push(faultOf(cert, certRead.message));
  if (cert && certRead?.kind === 'read') {
    const parsed = parseCertificates(certRead.bytes);
    if (parsed.kind === 'fault') faults.push(faultOf(cert, `${parsed.message}: ${cert.file}`));
    else {
      chain = parsed.certificates;
      const dated = outOfDate(chain[0], Date.now());
      if (dated !== undefined) faults.push(faultOf(cert, `${dated}: ${cert.file}`));
      const soon = soonOutOfDate(chain[0], Date.now());
      if (soon !== undefined) warnings.push(faultOf(cert, `${soon}: ${cert.file}`));
    }
  }
  if (key && keyRead?.kind === 'unreadable') faults.push(faultOf(key, keyRead.message));
  if (key && keyRead?.kind === 'read') {
    const parsed = parseKey(keyRead.bytes);
    if (parsed.kind === 'fault') faults.push(faultOf(key, `${parsed.message}: ${key.file}`));
    else secret = parsed.key;
  }
  if (!cert || !key || !chain[0] || !secret) return { faults, warnings };

  if (!chain[0].checkPrivateKey(secret)) {
    faults.push(faultOf(key, `does not belong to the certificate ${cert.file}: ${key.file}`));
    return { faults, warnings };
  }
  const refusal = refusedByTls(certRead, keyRead, ciphers);
  if (refusal !== undefined) faults.push(faultOf(cert, `is refused by TLS: ${refusal}: ${cert.file}`));
  return { faults, warnings };
}

async function checkAuthority(ca: NamedFile): Promise<ConfigFault[]> {
  const read = await readNamed(ca);
  if (read.kind === 'unreadable') return [faultOf(ca, read.message)];
  const parsed = parseCertificates(read.bytes);
  return parsed.kind === 'fault' ? [faultOf(ca, `${parsed.message}: ${ca.file}`)] : [];
}

type ParsedCertificates =
  | { readonly kind: 'certificates'; readonly certificates: X509Certificate[] }
  | { readonly kind: 'fault'; readonly message: string };

const PEM_CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END [^-\n]*-----/g;

function parseCertificates(bytes: Buffer): ParsedCertificates {
  const blocks = bytes.toString('latin1').match(PEM_CERTIFICATE);
  if (blocks === null) return { kind: 'fault', message: 'holds no certificate in PEM form' };
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      const which =
        blocks.length === 1 ? 'a certificate' : `a certificate (number ${index + 1} of ${blocks.length})`;
      return { kind: 'fault', message: `holds ${which} that cannot be read` };
    }
  }
  return { kind: 'certificates', certificates };
}

function parseKey(bytes: Buffer): { kind: 'key'; key: KeyObject } | { kind: 'fault'; message: string } {
  const pem = bytes.toString('latin1');
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    return {
      kind: 'fault',
      message: 'is locked with a passphrase, which cannot be asked for; store the key without one',
    };
  }
  try {
    return { kind: 'key', key: createPrivateKey(bytes) };
  } catch {
    return { kind: 'fault', message: 'holds no private key in PEM form' };
  }
}

/** Only the first certificate of a file is judged: chains with an expired cross-signed root are in use on purpose. */
function outOfDate(certificate: X509Certificate | undefined, now: number): string | undefined {
  if (certificate === undefined) return undefined;
  if (Date.parse(certificate.validTo) < now) return `expired on ${day(certificate.validTo)}`;
  if (Date.parse(certificate.validFrom) > now) return `is not valid before ${day(certificate.validFrom)}`;
  return undefined;
}

const DAY = 86_400_000;

/** Certificates that are renewed by themselves are renewed earlier than this, so that something must be amiss. */
const WARN_BEFORE = 14 * DAY;

function soonOutOfDate(certificate: X509Certificate | undefined, now: number): string | undefined {
  if (certificate === undefined) return undefined;
  const left = Date.parse(certificate.validTo) - now;
  if (left < 0 || left >= WARN_BEFORE) return undefined;
  const days = Math.floor(left / DAY);
  const span = days === 0 ? 'in less than a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  return `expires ${span}, on ${day(certificate.validTo)}; renew it`;
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}

/** What OpenSSL says to a pair that is sound in itself, such as a key too short for its security level. */
function refusedByTls(
  cert: Read | undefined,
  key: Read | undefined,
  ciphers: string | undefined,
): string | undefined {
  if (cert?.kind !== 'read' || key?.kind !== 'read') return undefined;
  try {
    createSecureContext({ cert: cert.bytes, key: key.bytes, ...(ciphers !== undefined && { ciphers }) });
    return undefined;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return reason ?? message;
  }
}
