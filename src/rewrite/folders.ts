/**
 * Many folder responses as one piece of memory, on their way to the script and back. Ten thousand folders are no
 * ten thousand objects: most leave as they came, and what belongs together crosses threads in one go.
 */
import { concat } from '../imap-parser-lite/index.ts';

/** Whole LIST, LSUB or XLIST responses, raw, one behind the other. */
export interface Folders {
  readonly bytes: Uint8Array;
  /** Bytes of each. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** What becomes of each of them, in order. */
export interface FolderFates {
  /** KEPT, HIDDEN, or the length of the response that leaves in its place. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** Those other responses, one behind the other. */
  readonly bytes: Uint8Array;
}

/** It leaves as it came. */
export const KEPT = -1;
/** The client does not get to see it. */
export const HIDDEN = -2;

/** Puts responses into memory of their own, one behind the other. */
export function packFolders(responses: readonly Uint8Array[]): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
} {
  const lengths = Uint32Array.from(responses, ({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const response of responses) {
    bytes.set(response, offset);
    offset += response.length;
  }
  return { bytes, lengths };
}

/** The responses one by one, as parts of the memory that they are in. */
export function unpackFolders({ bytes, lengths }: Folders): Uint8Array[] {
  let offset = 0;
  return Array.from(lengths, (length) => {
    offset += length;
    return bytes.subarray(offset - length, offset);
  });
}

/** One entry a folder, in order: the bytes that leave, or undefined for a hidden one. */
export function applyFates(folders: Folders, fates: FolderFates): (Uint8Array | undefined)[] {
  let offset = 0;
  return unpackFolders(folders).map((response, at) => {
    const fate = fates.lengths[at]!;
    if (fate === KEPT) return response;
    if (fate === HIDDEN) return undefined;
    offset += fate;
    return fates.bytes.subarray(offset - fate, offset);
  });
}

/** The other way round: fates from what is to leave; the very bytes of a folder mean that it is kept. */
export function fatesOf(folders: Folders, leaving: readonly (Uint8Array | undefined)[]): FolderFates {
  const lengths = new Int32Array(leaving.length);
  const changed: Uint8Array[] = [];
  unpackFolders(folders).forEach((response, at) => {
    const bytes = leaving[at];
    if (bytes === undefined) lengths[at] = HIDDEN;
    else if (isSameMemory(bytes, response)) lengths[at] = KEPT;
    else {
      lengths[at] = bytes.length;
      changed.push(bytes);
    }
  });
  return { lengths, bytes: concat(changed) };
}

function isSameMemory(left: Uint8Array, right: Uint8Array): boolean {
  return left.buffer === right.buffer && left.byteOffset === right.byteOffset && left.length === right.length;
}

/** How many folders the client does not get to see. */
export function countHidden({ lengths }: FolderFates): number {
  let hidden = 0;
  for (let at = 0; at < lengths.length; at++) if (lengths[at] === HIDDEN) hidden++;
  return hidden;
}

/** The same fate for all. */
export function sameFate({ lengths }: Folders, fate: typeof KEPT | typeof HIDDEN): FolderFates {
  return { lengths: new Int32Array(lengths.length).fill(fate), bytes: new Uint8Array(0) };
}
