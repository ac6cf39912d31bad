/**
 * Lines that are written together: on a busy proxy many sessions end within a few milliseconds, and a system call
 * for each line costs more than the line. What always holds: no line waits longer than that, and none is lost when
 * the process ends by itself, whatever the reason.
 */
import type { DestinationStream } from 'pino';

/** Milliseconds. */
const GATHERED = 10;

/** A destination that gives `target` what came in the last milliseconds in one piece. */
export function gatheredLines(target: DestinationStream): DestinationStream {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const piece = lines;
    lines = '';
    if (piece !== '') target.write(piece);
  };
  process.once('exit', write);
  return {
    write(line) {
      lines += line;
      timer ??= setTimeout(write, GATHERED).unref();
    },
  };
}
