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
  // Newer versions of Node give one chunk at a time.
  const read = (stream: PassThrough): string => {
    let text = '';
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) text += chunk;
    return text;
  };
  return {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    output: () => read(stdout),
    errors: () => read(stderr),
  };
}
