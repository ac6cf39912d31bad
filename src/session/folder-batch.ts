/**
 * Folders on their way to the script: a run of LIST responses with what belongs to them (STATUS and its kin,
 * P24), held in order until the script has said which are shown. Then the whole run leaves as one piece.
 */
import { concat, LF } from '../imap-parser-lite/index.ts';
import { nameKey, readFolder } from '../rewrite/list.ts';
import type { NameEncoding } from '../rewrite/question.ts';
import * as limits from './limits.ts';

type Held =
  | { readonly kind: 'folder'; readonly bytes: Uint8Array }
  /** Sent unless the mailbox with this key is hidden. */
  | { readonly kind: 'companion'; readonly bytes: Uint8Array; readonly mailbox: string };

export class FolderBatch {
  #held: Held[] = [];
  #folders = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get isFull(): boolean {
    return this.#folders >= limits.foldersAsked || this.#bytes >= limits.heldForQuestion;
  }

  get hasFolders(): boolean {
    return this.#folders > 0;
  }

  /** How many folders may be added. */
  get room(): number {
    return limits.foldersAsked - this.#folders;
  }

  /** Whole responses, each a line. */
  addFolders(run: Uint8Array): void {
    for (let at = 0; at < run.length; ) {
      const end = run.indexOf(LF, at) + 1;
      this.addFolder(run.subarray(at, end));
      at = end;
    }
  }

  addFolder(bytes: Uint8Array): void {
    this.#held.push({ kind: 'folder', bytes });
    this.#folders++;
    this.#bytes += bytes.length;
  }

  addCompanion(bytes: Uint8Array, mailbox: string): void {
    this.#held.push({ kind: 'companion', bytes, mailbox });
    this.#bytes += bytes.length;
  }

  /** The responses to ask the script about, in order. */
  folders(): Uint8Array[] {
    return this.#held.flatMap((held) => (held.kind === 'folder' ? [held.bytes] : []));
  }

  /**
   * What leaves, given one answer a folder in order (undefined: hidden). The keys of folders found hidden are
   * added to `hidden`, those of folders shown are taken from it. Empties the batch.
   */
  release(
    answers: readonly (Uint8Array | undefined)[],
    hidden: Set<string>,
    names: NameEncoding,
  ): Uint8Array {
    const leaving: Uint8Array[] = [];
    let next = 0;
    for (const held of this.#held) {
      if (held.kind === 'companion') {
        if (!hidden.has(held.mailbox)) leaving.push(held.bytes);
        continue;
      }
      const answer = answers[next++];
      if (answer !== undefined) leaving.push(answer);
      if (answer !== undefined && hidden.size === 0) continue;
      const folder = readFolder(held.bytes, names);
      const key = folder && nameKey(folder.name);
      if (key !== undefined && answer === undefined) hidden.add(key);
      else if (key !== undefined) hidden.delete(key);
    }
    this.#held = [];
    this.#folders = 0;
    this.#bytes = 0;
    return concat(leaving);
  }
}
