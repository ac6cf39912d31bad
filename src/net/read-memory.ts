/**
 * The memory that all servers are read into. What comes from them is most of what a proxy reads: a new buffer for each
 * read costs more than the reading, and above all keeps the garbage collector busy (decision 9).
 */

/**
 * Bytes that are read at once at most, eight times what Node does by itself: each read, each write to TLS, and each wait
 * for a client that takes what it was given, then stands for more. It is also what a session may hold of a quick server.
 */
const LONGEST = 512 * 1024;
const memory: Buffer = Buffer.alloc(LONGEST);
/** What has to be looked at line by line comes in smaller pieces, so that other sessions have their turn between them. */
export const forLines: Buffer = memory.subarray(0, 128 * 1024);
/** Of messages, all sessions together read so much in a turn of the event loop: a millisecond's work. */
const TURN = 1024 * 1024;
/** By how many read messages at the time. More than sixteen take longer turns, for smaller pieces are dear. */
const shares: readonly Buffer[] = Array.from({ length: 17 }, (_, sharers) =>
  memory.subarray(0, Math.min(LONGEST, Math.floor(TURN / Math.max(sharers, 1)))),
);

/** Pieces of messages that were read by anybody. */
let taken = 0;

/** What one connection reads messages into: the fewer others read one, the longer are its pieces. */
export class MessageShare {
  #before = 0;

  /** For the next read. As many others share the memory as have read since this one last did. */
  next(): Buffer {
    const sharers = ++taken - this.#before;
    this.#before = taken;
    return shares[Math.min(sharers, shares.length - 1)]!;
  }
}

/** The first so many bytes of what was read last. */
export function borrowed(length: number): Buffer {
  return memory.subarray(0, length);
}

/** The bytes as they are, or a copy of them where they are borrowed. */
export function kept(bytes: Uint8Array): Uint8Array {
  return bytes.buffer === memory.buffer ? Buffer.from(bytes) : bytes;
}
