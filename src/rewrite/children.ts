/**
 * Who has children that a client may see (P25): a parent whose only children are hidden must not say that it has
 * some, neither in its attributes nor in CHILDINFO (RFC 3348, RFC 5258 §5).
 */
import { fromLatin1, latin1, splitWords } from '../imap-parser-lite/index.ts';
import { nameKey, readFolder, writeFolder } from './list.ts';
import type { NameEncoding } from './question.ts';

export class Family {
  /** By the key of a name: whether something below it is visible, and whether something is hidden. */
  readonly #below: Map<string, { visible: boolean; hidden: boolean }> = new Map();

  /** A folder response as the server sent it, and whether the script hides it. */
  add(response: Uint8Array, names: NameEncoding, hidden: boolean): void {
    const folder = readFolder(response, names);
    if (folder === undefined || folder.parts.delimiter.length === 0 || isGhost(folder.attributes)) return;
    const delimiter = latin1(folder.parts.delimiter);
    const name = latin1(folder.name);
    for (let at = name.indexOf(delimiter); at >= 0; at = name.indexOf(delimiter, at + 1)) {
      const parent = nameKey(fromLatin1(name.slice(0, at)));
      const below = this.#below.get(parent) ?? { visible: false, hidden: false };
      if (hidden) below.hidden = true;
      else below.visible = true;
      this.#below.set(parent, below);
    }
  }

  /**
   * The response as it is for those who do not see the hidden folders: the very same where nothing is wrong in it,
   * undefined for a folder that is not there itself and is listed for its hidden children only.
   */
  correct(response: Uint8Array, names: NameEncoding): Uint8Array | undefined {
    const folder = readFolder(response, names);
    if (folder === undefined) return response;
    const below = this.#below.get(nameKey(folder.name));
    if (below === undefined || !below.hidden || below.visible) return response;
    const attributes = splitWords(latin1(folder.attributes));
    if (isGhost(folder.attributes)) return undefined;
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

/** Listed for what is below it: no mailbox itself, and nothing where all of that is hidden. */
function isGhost(attributes: Uint8Array): boolean {
  return splitWords(latin1(attributes)).some((word) => /^\\(NonExistent|Noselect)$/i.test(word));
}

function withoutChildInfo(extended: string): string {
  const rest = extended.replace(/"?CHILDINFO"? \([^()]*\) ?/i, '').replace(/ \)$/, ')');
  return rest === ' ()' ? '' : rest;
}
