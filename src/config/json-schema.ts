/**
 * `proxy.yaml` as a JSON Schema, for editors that complete keys and mark mistakes. It is made of the schema that `run`
 * checks with and of the sentences in docs/configuration.md, so that neither is written down twice. What the schema
 * here refuses, `check` refuses as well; the reverse does not hold.
 */
import { plainSchema } from './schema.ts';

/** A JSON Schema (draft 7, which editors read) as far as it is touched here. */
export interface Node {
  title?: string;
  description?: string;
  default?: unknown;
  type?: unknown;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  oneOf?: unknown;
  [word: string]: unknown;
}

/** The schema of `proxy.yaml`; `page` is the text of docs/configuration.md. A key without a row there has no description. */
export function describedSchema(page: string): Node {
  const schema = plainSchema() as Node;
  describeKeys(schema, '', sentences(page));
  return { ...schema, title: 'proxy.yaml of imapveil' };
}

function describeKeys(map: Node, prefix: string, known: ReadonlyMap<string, string>): void {
  for (const [name, key] of Object.entries(map.properties ?? {})) {
    const path = `${prefix}${name}`;
    const description = known.get(path);
    if (description !== undefined) key.description = description;
    const inside = key.items ?? key;
    describeKeys(inside, `${path}.`, known);
    if (key !== inside) continue;
    // An empty map in its place would lack what has no default, so the map itself may not be left out.
    if (isEmptyMap(key.default)) {
      delete key.default;
      if (key.required !== undefined || key.oneOf !== undefined)
        map.required = [...(map.required ?? []), name];
    }
  }
}

function isEmptyMap(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** The tables of keys; those of the values that a key may have begin otherwise. */
const TABLE = /^\| key \| what \| default \|.*\n((?:\|.*\n)+)/gm;
const ROW = /^\| `([A-Za-z.]+)` \|([^|]*)\|([^|]*)\|/gm;
const SECTION = /^## (\w+)\n\n([^|\n].+)$/gm;

/** What the page says of each key and of its default. */
function sentences(page: string): Map<string, string> {
  const known = new Map<string, string>();
  for (const [table] of page.matchAll(TABLE)) {
    for (const [, key = '', what = '', standard = ''] of table.matchAll(ROW)) {
      const more = /^\W*(required|see below|$)/.test(standard)
        ? ''
        : ` ${sentence(`Default: ${standard.trim()}`)}`;
      known.set(key, `${sentence(what)}${more}`);
    }
  }
  for (const [, key = '', text = ''] of page.matchAll(SECTION)) {
    if (known.get(key)?.includes('keys below')) known.set(key, sentence(text));
  }
  return known;
}

/**
 * Without Markdown, which editors show as it is, and without pointers to other places of the page. What begins with a
 * value keeps its case.
 */
function sentence(markdown: string): string {
  const text = markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/, see (below|above)/g, '')
    .trim()
    .replace(/^[a-z]/, (letter) => letter.toUpperCase())
    .replaceAll(/`|\*\*/g, '');
  return /[.:]$/.test(text) ? text : `${text}.`;
}
