/**
 * Every bound of the wire in one place, so that they cannot drift apart. Sizes are bytes. None of them limits
 * what a server allows: what exceeds `heldLine` is streamed on instead of being held.
 */

/**
 * So much of a line without its end is handed on in parts. Never is more held, so whoever stops reading at this many
 * bytes does not stop for ever.
 */
export const heldLine: number = 64 * 1024;

/** Small chunks that wait are put together in blocks of this many bytes; a quarter of it is no longer small. */
export const block = 4096;

/** When a line goes on in parts, this much of its end is kept back, so that no literal mark is ever cut in two. */
export const keptBack = 64;

/** Digits of a literal's size. Fifteen stay below 2^53, so no size is ever rounded. */
export const literalDigits = 15;

/** A tag longer than this is no tag. Real ones have under 20. */
export const tag = 255;

/** A verb longer than this is no verb. */
export const verb = 64;

/** The response head is looked at this far: enough for a tag of full length and a response word. */
export const responseHead = 400;
