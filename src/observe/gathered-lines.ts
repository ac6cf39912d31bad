/**
 * Lines that are written together: on a busy proxy many sessions end within a few milliseconds, and a system call
 * for each line costs more than the line. What always holds: no line waits longer than that, and none is lost when
 * the process ends by itself, whatever the reason.
 */
import type { DestinationStream } from 'pino';

/** Milliseconds. */
const GATHERED = 10;
/** Bytes that a pipe takes in one piece (PIPE_BUF of Linux): in more of them, lines of several workers would mix. */
const PIECE = 4096;

/** A destination that gives `target` what came in the last milliseconds in one piece, if it is not too long for one. */
export function gatheredLines(target: DestinationStream): DestinationStream {
  let lines = '';
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const piece = lines;
    lines = '';
    length = 0;
    if (piece !== '') target.write(piece);
  };
  process.once('exit', write);
  return {
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (length + bytes > PIECE) write();
      lines += line;
      length += bytes;
      timer ??= setTimeout(write, GATHERED).unref();
    },
  };
}
