/**
 * The files that `proxy.yaml` names, taken from whatever of it makes sense. They are found even where other
 * parts of the file are wrong, so that one call of `check` shows the missing certificate beside the bad port.
 */
import { resolve } from 'node:path';
import type { ConfigFault, Place } from './fault.ts';
import type { Path, Source } from './source.ts';

export interface NamedFile {
  /** Absolute path. */
  readonly file: string;
  /** Where it is named. */
  readonly place: Place;
}

/** A fault at the place where the file is named. */
export function faultOf({ place }: Pick<NamedFile, 'place'>, message: string): ConfigFault {
  return { ...place, message };
}

interface WrittenCiphers {
  readonly kind: 'ciphers';
  readonly list: string;
  readonly place: Place;
}

/** `hooks.script`, and what it finds in `config`. */
export interface NamedScript extends NamedFile {
  /** `hooks.settings`; empty where that is no map. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A file, or what else of the configuration is judged beside the files, because they are judged by it. */
export type FileReference =
  | WrittenCiphers
  /** One of the pair may be undefined where the configuration leaves it out or misspells it. */
  | {
      readonly kind: 'certificate';
      readonly cert: NamedFile | undefined;
      readonly key: NamedFile | undefined;
    }
  | { readonly kind: 'authority'; readonly ca: NamedFile }
  | { readonly kind: 'script'; readonly script: NamedScript };

/** In the order ciphers, certificates, authority, script; paths are resolved against `folder`. */
export function referencedFiles(source: Source, folder: string): FileReference[] {
  const named = (path: Path): NamedFile | undefined => {
    const value = source.valueAt(path);
    if (typeof value !== 'string' || value === '') return undefined;
    return { file: resolve(folder, value), place: source.placeAt(path) };
  };

  const references: FileReference[] = [];
  const list = source.valueAt(['tls', 'ciphers']);
  if (typeof list === 'string') {
    references.push({ kind: 'ciphers', list, place: source.placeAt(['tls', 'ciphers']) });
  }
  const certificates = source.valueAt(['tls', 'certificates']);
  for (const index of Array.isArray(certificates) ? certificates.keys() : []) {
    const cert = named(['tls', 'certificates', index, 'cert']);
    const key = named(['tls', 'certificates', index, 'key']);
    references.push({ kind: 'certificate', cert, key });
  }
  const ca = named(['upstream', 'tls', 'ca']);
  if (ca !== undefined) references.push({ kind: 'authority', ca });
  const script = named(['hooks', 'script']);
  if (script !== undefined) {
    const settings = mapOf(source.valueAt(['hooks', 'settings']));
    references.push({ kind: 'script', script: { ...script, settings } });
  }
  return references;
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
