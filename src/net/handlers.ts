/** The events of a socket that a connection lives by: put on together, taken off together, and all gone at the end. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** What is listened for on one socket. */
interface Handlers {
  readonly data: (bytes: Buffer) => void;
  readonly end: () => void;
  readonly close: () => void;
  readonly drain: () => void;
}

/** Adds the handlers; the result takes them off again, and leaves Node's own where they are. */
export function listen(socket: Socket, handlers: Handlers): () => void {
  socket
    .on('data', handlers.data)
    .on('end', handlers.end)
    .on('close', handlers.close)
    .on('drain', handlers.drain);
  return () => {
    socket
      .off('data', handlers.data)
      .off('end', handlers.end)
      .off('close', handlers.close)
      .off('drain', handlers.drain);
  };
}

/**
 * Takes everything off a closed socket. What is left of a TLS socket lives until V8 collects its whole heap, and takes
 * with it whatever listens.
 */
export function letGo(socket: Socket): void {
  // A stream's own method would look once more, in the next tick, at who reads it.
  EventEmitter.prototype.removeAllListeners.call(socket);
  // An error that comes late must not find nobody.
  socket.on('error', nothing);
}

/** What is done where nothing is to be done. */
export function nothing(): void {}
