/** The bounds of a connection. */

/** Bytes that may wait in the session, or in a socket's buffer, until the side they come from is read no more. */
export const BACKLOG: number = 64 * 1024;
/** Bytes that a client may leave unread before its commands are read no more. */
export const UNREAD: number = 256 * 1024;
/** Milliseconds that a closed session's last bytes have to reach the client, once they have left. */
export const LINGER = 2000;
/**
 * Milliseconds of silence after which the system asks whether the other end is still there: what a balancer or a router
 * has forgotten without a word is noticed before `limits.idleTimeout`, and a live one costs a packet every five minutes.
 */
export const SILENCE = 300_000;
