/**
 * Who has children that a client may see (P25): a parent whose only children are hidden must not say that it has
 * some, neither in its attributes nor in CHILDINFO (RFC 3348, RFC 5258 §5). What always holds: a folder that the script
 * has hidden once is hidden, also in an answer that does not tell the attributes for which it was (LSUB).
 */
import { fromLatin1, latin1, splitWords } from '../imap-parser-lite/index.ts';
import { type FolderResponse, nameKey, readFolder, writeFolder } from './list.ts';
import type { NameEncoding } from './question.ts';

/** Whether something below a folder is visible, and whether something is hidden. */
export interface Below {
  readonly visible: boolean;
  readonly hidden: boolean;
}

/** No server has more levels (Dovecot 20); a name of thousands would cost the square of them. */
const LEVELS = 100;

const nothing: Below = { visible: false, hidden: false };

export class Family {
  /** By the key of a name. */
  readonly #below: Map<string, Below> = new Map();
  /** Keys of the hidden ones. */
  readonly #hidden: Set<string> = new Set();
  /** Shown and no mailboxes themselves, each with the keys of its parents; not counted for them yet. */
  #ghosts: { readonly key: string; readonly parents: readonly string[] }[] = [];

  /** A folder response as the server sent it, and whether the script hides it. */
  add(response: Uint8Array, names: NameEncoding, hidden: boolean): void {
    const folder = readFolder(response, names);
    if (folder === undefined) return;
    const key = nameKey(folder.name);
    const parents = parentsOf(folder);
    if (hidden) this.#hidden.add(key);
    if (!hidden && isGhost(folder)) this.#ghosts.push({ key, parents });
    else this.#count(parents, { visible: !hidden, hidden });
  }

  /** What is below the folder with this key. */
  below(key: string): Below {
    this.#settle();
    return this.#below.get(key) ?? nothing;
  }

  #count(parents: readonly string[], { visible, hidden }: Below): void {
    for (const parent of parents) {
      const before = this.#below.get(parent) ?? nothing;
      this.#below.set(parent, { visible: before.visible || visible, hidden: before.hidden || hidden });
    }
  }

  /** Whether a ghost is left out hangs on what is below it: the deepest ones are counted first. */
  #settle(): void {
    if (this.#ghosts.length === 0) return;
    const ghosts = this.#ghosts.sort((one, other) => other.parents.length - one.parents.length);
    this.#ghosts = [];
    for (const { key, parents } of ghosts) {
      if (!hidesAll(this.#below.get(key) ?? nothing)) this.#count(parents, { visible: true, hidden: false });
    }
  }

  /**
   * The response as it is for those who do not see the hidden folders: the very same where nothing is wrong in it,
   * undefined for a hidden one, and for one that is listed for its hidden children only.
   */
  correct(response: Uint8Array, names: NameEncoding): Uint8Array | undefined {
    const folder = readFolder(response, names);
    if (folder === undefined) return response;
    const key = nameKey(folder.name);
    if (this.#hidden.has(key)) return undefined;
    if (!hidesAll(this.below(key))) return response;
    if (isGhost(folder) || matchesByChildren(folder)) return undefined;
    const attributes = splitWords(latin1(folder.attributes));
    const others = attributes.filter((word) => !/^\\Has(No)?Children$/i.test(word));
    const corrected = others.length === attributes.length ? attributes : [...others, '\\HasNoChildren'];
    const written = writeFolder(
      folder,
      fromLatin1(corrected.join(' ')),
      fromLatin1(withoutChildInfo(latin1(folder.extended))),
    );
    return written instanceof Uint8Array ? written : response;
  }
}

/** Whether there is something below, and a client may see nothing of it. */
export function hidesAll({ visible, hidden }: Below): boolean {
  return hidden && !visible;
}

/** The keys of all names above a folder's. */
function parentsOf({ name, parts }: FolderResponse): string[] {
  const parents: string[] = [];
  if (parts.delimiter.length === 0) return parents;
  const text = latin1(name);
  const delimiter = latin1(parts.delimiter);
  let at = text.indexOf(delimiter);
  while (at >= 0 && parents.length < LEVELS) {
    parents.push(nameKey(fromLatin1(text.slice(0, at))));
    at = text.indexOf(delimiter, at + 1);
  }
  return parents;
}

/** Listed for what is below it: no mailbox itself, and nothing where all of that is hidden. */
export function isGhost({ attributes }: FolderResponse): boolean {
  return splitWords(latin1(attributes)).some((word) => /^\\(NonExistent|Noselect)$/i.test(word));
}

/** Listed for what is subscribed to below it, for it is not itself: that would be told with it (RFC 5258 §3.1). */
function matchesByChildren({ attributes, extended }: FolderResponse): boolean {
  const matches = /"?CHILDINFO"? \("?SUBSCRIBED"?\)/i.test(latin1(extended));
  return matches && !splitWords(latin1(attributes)).some((word) => /^\\Subscribed$/i.test(word));
}

function withoutChildInfo(extended: string): string {
  const rest = extended.replace(/"?CHILDINFO"? \([^()]*\) ?/i, '').replace(/ \)$/, ')');
  return rest === ' ()' ? '' : rest;
}
