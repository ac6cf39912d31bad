/**
 * Folders on their way to the script: a run of LIST responses with what belongs to them (STATUS and its kin,
 * P24), held in order until the script has said which are shown. Then the whole run leaves as one piece.
 */
import { concat, NO_BYTES } from '../imap-parser-lite/index.ts';
import { type FolderFates, type Folders, HIDDEN, KEPT } from '../rewrite/folders.ts';
import { type FolderResponse, nameKey, readFolder } from '../rewrite/list.ts';
import type { NameEncoding } from '../rewrite/question.ts';
import * as limits from './limits.ts';

/** Sent unless the mailbox with this key is hidden. */
interface Companion {
  /** Folders that stand before it. */
  readonly behind: number;
  readonly bytes: Uint8Array;
  readonly mailbox: string;
}

export class FolderBatch {
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;
  #lengths: number[] = [];
  #companions: Companion[] = [];
  #companionBytes = 0;
  /** Keys of the folders hidden in the LIST answers that are under way. */
  readonly #hidden: Set<string> = new Set();
  /** Of these answers, one was over while another was still to come. */
  #overlap = false;

  get isEmpty(): boolean {
    return this.#lengths.length === 0 && this.#companions.length === 0;
  }

  get isFull(): boolean {
    return this.room <= 0 || this.#length + this.#companionBytes >= limits.heldForQuestion;
  }

  get hasFolders(): boolean {
    return this.#lengths.length > 0;
  }

  /** How many folders may be added. */
  get room(): number {
    return limits.foldersAsked - this.#lengths.length;
  }

  /** Whole responses, one behind the other, and the length of each. */
  addFolders(run: Uint8Array, lengths: readonly number[]): void {
    this.#copy(run);
    for (const length of lengths) this.#lengths.push(length);
  }

  /** One whole response. */
  addFolder(response: Uint8Array): void {
    this.#copy(response);
    this.#lengths.push(response.length);
  }

  addCompanion(bytes: Uint8Array, mailbox: string): void {
    this.#companions.push({ behind: this.#lengths.length, bytes, mailbox });
    this.#companionBytes += bytes.length;
  }

  #copy(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** What to ask the script about; not to be changed. */
  folders(): Folders {
    return { bytes: this.#bytes.subarray(0, this.#length), lengths: Uint32Array.from(this.#lengths) };
  }

  /**
   * What leaves; hidden folders are remembered, for more may come that belongs to them. With several `lists` in
   * flight, one after the other too, the same folder may come again and be shown. Empties the batch.
   */
  release(fates: FolderFates, names: NameEncoding, lists: number): Uint8Array {
    const hidden = this.#hidden;
    const leaving: Uint8Array[] = [];
    /** Where the folders begin that leave as they came, and are not in `leaving` yet. */
    let kept = 0;
    let offset = 0;
    let changed = 0;
    let companion = 0;
    let like: FolderResponse | undefined;
    const leaveKept = (): void => {
      if (offset > kept) leaving.push(this.#bytes.subarray(kept, offset));
      kept = offset;
    };
    for (let at = 0; at <= this.#lengths.length; at++) {
      for (; this.#companions[companion]?.behind === at; companion++) {
        leaveKept();
        const { bytes, mailbox } = this.#companions[companion]!;
        if (!hidden.has(mailbox)) leaving.push(bytes);
      }
      if (at === this.#lengths.length) break;
      const fate = fates.lengths[at]!;
      if (fate !== KEPT) leaveKept();
      const response = offset;
      offset += this.#lengths[at]!;
      if (fate !== KEPT) kept = offset;
      if (fate >= 0) {
        leaving.push(fates.bytes.subarray(changed, changed + fate));
        changed += fate;
      }
      if (fate !== HIDDEN && ((lists < 2 && !this.#overlap) || hidden.size === 0)) continue;
      const folder = readFolder(this.#bytes.subarray(response, offset), names, like);
      if (folder === undefined) continue;
      like = folder;
      if (fate === HIDDEN) hidden.add(nameKey(folder.name));
      else hidden.delete(nameKey(folder.name));
    }
    leaveKept();
    const whole = concat(leaving);
    this.clear();
    return whole;
  }

  /** Some folders of the LIST answers under way were hidden. */
  get hidesSome(): boolean {
    return this.#hidden.size > 0;
  }

  /** One of the answers is over, and so many are still to come; after the last no more comes that belongs to them. */
  answered(lists: number): void {
    if (lists === 0) this.#hidden.clear();
    this.#overlap = this.#hidden.size > 0;
  }

  /** Nothing of it leaves. */
  clear(): void {
    // The memory may have been given away: a question holds it until it is answered.
    this.#bytes = NO_BYTES;
    this.#length = 0;
    this.#lengths = [];
    this.#companions = [];
    this.#companionBytes = 0;
  }
}
