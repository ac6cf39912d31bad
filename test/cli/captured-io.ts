/** Standard streams for a command under test, and what it wrote to them. */
import { PassThrough } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

export interface CapturedIo extends Io {
  /** What was written to standard output so far. */
  output(): string;
  /** What was written to standard error so far. */
  errors(): string;
}

export function captureIo(): CapturedIo {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = (stream: PassThrough): string => String(stream.read() ?? '');
  return {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    output: () => read(stdout),
    errors: () => read(stderr),
  };
}
