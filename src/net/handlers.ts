/** The four events of a socket that a connection lives by, put on together and taken off together. */
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
