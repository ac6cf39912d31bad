/**
 * The log: one line an event. The one thing that always holds: no text from outside can start a line of its own or
 * steer a terminal.
 */
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { type DestinationStream, destination, type Logger, type LoggerOptions, pino } from 'pino';
import type { PrettyOptions } from 'pino-pretty';
import type { Config } from '../config/config.ts';
import { gatheredLines } from './gathered-lines.ts';
import { isoTime } from './iso-time.ts';
import { isPiped, PipedOutput } from './piped-output.ts';
import { controlsEscaped, printable } from './printable.ts';

export { printable };

/** `log.info({ session, client }, 'logged in')`; errors go under the key `err`. */
export type Log = Logger;

/** A log on standard output, or on `target`. Without a format a terminal is shown what is for people, coloured. */
export function createLog(settings: Config['log'], target?: Writable): Log {
  const options: LoggerOptions = {
    level: settings.level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
    hooks: { streamWrite: escapeInJson },
  };
  const format = settings.format ?? (isTerminal(target) ? 'pretty' : 'json');
  if (format === 'pretty') return pino(options, prettyStream(target));
  if (target !== undefined) return pino(options, target);
  const log: Log = pino(
    options,
    standardOutput(settings.level, (lines) =>
      log.warn({ lines }, 'lines of the log were lost: nobody read it'),
    ),
  );
  return log;
}

/** Bytes that are kept for a disk that is full, and written when it has room again; what comes beyond is lost. */
const UNWRITTEN = 1024 * 1024;

/** At `debug` each line is written at once: who looks for a fault wants the last one before it. */
function standardOutput(level: Config['log']['level'], tellLost: (lines: number) => void): DestinationStream {
  const output = isPiped() ? new PipedOutput(tellLost) : fileOutput();
  return level === 'debug' || level === 'trace' ? output : gatheredLines(output);
}

function fileOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true, maxLength: UNWRITTEN });
  // A full disk costs lines of the log, and nobody's mail.
  return output.on('error', () => {});
}

/** pino-pretty costs 20 ms at start and is for people, so it is loaded when somebody asks for it. */
function prettyStream(target: Writable | undefined): DestinationStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as (
    options: PrettyOptions,
  ) => DestinationStream;
  return pretty({
    ...(target === undefined ? { destination: 1 } : { destination: target }),
    sync: true,
    singleLine: true,
    colorize: isTerminal(target),
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    // Here the message stands outside of any quotes, so that a line end in it would be a line end.
    messageFormat: (line, key) => controlsEscaped(String(line[key] ?? '')),
  });
}

function isTerminal(target: Writable | undefined): boolean {
  if (target === undefined) return isatty(1);
  return 'isTTY' in target && target.isTTY === true;
}

/**
 * JSON escapes C0 by itself, but leaves DEL and C1, which some terminals obey. Written with two backslashes, so
 * that they are still escaped after pino-pretty has read the JSON again.
 */
function escapeInJson(line: string): string {
  // Replacing costs as much as the rest of a line, also where there is nothing to replace.
  if (!/[\u007f-\u009f\u2028\u2029]/.test(line)) return line;
  return line.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** An error as a value. Its message may hold what a server said, and so may the first lines of its stack. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? { code: error.code } : {};
  const message = controlsEscaped(error.message);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type: error.name, message, ...code, stack: [`${error.name}: ${message}`, ...frames].join('\n') };
}
