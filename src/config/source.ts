/**
 * The text of `proxy.yaml` as YAML: plain values for the schema, and the line and column of each of them. The
 * one thing that always holds: any path, even one that is not in the file, has a place that can be shown.
 */
import { readFile } from 'node:fs/promises';
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { type ConfigFault, formatPath, inOrder, type Place } from './fault.ts';
import { whyUnreadable } from './unreadable.ts';

export type Path = readonly PropertyKey[];

export interface Source {
  /** As the user gave it. */
  readonly file: string;
  /** The document as plain values; an empty file is an empty map. */
  readonly root: unknown;
  /** The plain value at a path, undefined where there is none. */
  valueAt(path: Path): unknown;
  /** Where the value is; where there is none, the nearest map or list that it should stand in. */
  placeAt(path: Path): Place;
  /** A fault at that place. */
  faultAt(path: Path, message: string): ConfigFault;
  /** A fault at the key that ends the path. */
  faultAtKey(path: Path, key: string, message: string): ConfigFault;
}

export type SourceResult =
  /** `faults` are those that leave the rest of the document readable: a key written twice. */
  | { readonly kind: 'source'; readonly source: Source; readonly faults: readonly ConfigFault[] }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

/** Reads and parses the file. One that cannot be read, is not UTF-8 or is not YAML is a fault, never an exception. */
export async function readSource(file: string): Promise<SourceResult> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return { kind: 'faults', faults: [wholeFile(file, `cannot be read: ${whyUnreadable(error)}`)] };
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return {
      kind: 'faults',
      faults: [wholeFile(file, 'is not UTF-8 text; save it with the encoding UTF-8')],
    };
  }
  return parseSource(file, text);
}

/** Parses the text of a configuration file; `file` is only its name in faults. */
function parseSource(file: string, text: string): SourceResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number, path: string): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path };
  };
  const at = (offset: number, path: string, message: string): ConfigFault => ({
    ...place(offset, path),
    message,
  });

  const faults = [...document.errors, ...document.warnings].map((error) =>
    at(error.pos[0], '', say(error, text)),
  );
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) {
    return { kind: 'faults', faults: firstOfEachLine(faults) };
  }

  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      faults.push(
        at(alias.range?.[0] ?? 0, '', `*${alias.source} stands for nothing: no &${alias.source} before it`),
      );
    },
  });
  let root: unknown;
  try {
    root = document.toJS() ?? {};
  } catch (error) {
    // An alias that names no anchor, found above; or aliases of aliases that would grow beyond reason.
    if (faults.length === 0) faults.push(at(0, '', `is not usable YAML: ${(error as Error).message}`));
    return { kind: 'faults', faults };
  }

  const source: Source = {
    file,
    root,
    valueAt: (path) => path.reduce<unknown>(child, root),
    placeAt: (path) => place(offsetOfValue(document, path), formatPath(path)),
    faultAt: (path, message) => at(offsetOfValue(document, path), formatPath(path), message),
    faultAtKey: (path, key, message) => at(offsetOfKey(document, path, key), formatPath(path), message),
  };
  return { kind: 'source', source, faults };
}

function wholeFile(file: string, message: string): ConfigFault {
  return { file, line: undefined, column: undefined, path: '', message };
}

const COLON =
  'put a value that ends in a colon or has ": " in it between quotes, and indent the keys of a map alike';

/** What to do, where the parser's words are those of YAML's grammar. `address: ::` and `address: *` are the usual two. */
const hints: Partial<Record<ErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY: COLON,
  BLOCK_IN_FLOW: COLON,
  BAD_ALIAS: 'put a value that begins with * or & between quotes',
  BAD_SCALAR_START: 'put the value between quotes',
  MULTILINE_IMPLICIT_KEY: 'write a space behind the colon of a key',
};

function say(error: YAMLError, text: string): string {
  if (error.code === 'MULTIPLE_DOCS')
    return 'a second document begins here; remove this line, or what follows it';
  if (error.code !== 'DUPLICATE_KEY') {
    const hint = hints[error.code];
    return `is not valid YAML: ${error.message}${hint === undefined ? '' : `; ${hint}`}`;
  }
  const [key] = /^[^\s:]*/.exec(text.slice(error.pos[0])) ?? [''];
  return `the key "${key}" is written twice; only one of them can count`;
}

/** One slip of the pen makes the YAML parser complain several times in the same line. */
function firstOfEachLine(faults: readonly ConfigFault[]): ConfigFault[] {
  return inOrder(faults).filter((fault, index, all) => index === 0 || all[index - 1]?.line !== fault.line);
}

function child(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<PropertyKey, unknown>)[step];
}

function offsetOfValue(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = pairOf(container.items, String(step));
      if (pair === undefined) return offset;
      node = pair.value;
      offset = startOf(node) ?? startOf(pair.key) ?? offset;
    } else if (isSeq(container) && typeof step === 'number') {
      node = container.items[step];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function offsetOfKey(document: Document, path: Path, key: string): number {
  let node: unknown = document.contents;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) node = pairOf(container.items, String(step))?.value;
    else if (isSeq(container) && typeof step === 'number') node = container.items[step];
  }
  const container = isAlias(node) ? node.resolve(document) : node;
  const pair = isMap(container) ? pairOf(container.items, key) : undefined;
  return startOf(pair?.key) ?? offsetOfValue(document, path);
}

/** The last one with that key, because that is the one whose value counts. */
function pairOf(items: readonly Pair[], key: string): Pair | undefined {
  return items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
