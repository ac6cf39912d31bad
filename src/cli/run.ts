/**
 * `imapveil run`: serves until it is told to stop, then lets the sessions finish. The script's thread takes longest to
 * start, so it is started before the code that serves is loaded, where the text of the configuration speaks of one.
 */
import { readFileSync } from 'node:fs';
import { prepareThread } from '../hooks/spare-thread.ts';
import { readConfigOption } from './config-option.ts';
import type { Io } from './io.ts';
import { catchSignals, openNoDebugger } from './signals.ts';
import { shareSocketShapes } from './socket-shapes.ts';
import { keepHeapSteady } from './steady-heap.ts';

/** Exit code 0: it was told to stop; 1: it could not start or go on; 2: the call or the configuration is wrong. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const file = readConfigOption('run', argv, io);
  if (file === undefined) return 2;
  openNoDebugger();
  const hangUps = catchSignals('SIGHUP');
  keepHeapSteady();
  // Perhaps there is a script, perhaps not: then a thread was started for nothing, and ends.
  if (mentionsScript(file)) prepareThread();
  shareSocketShapes();
  const { serveConfig } = await import('./serve-config.ts');
  return serveConfig(file, io, hangUps);
}

/** A look at the text alone, before anything is known of it for certain. */
function mentionsScript(file: string): boolean {
  try {
    return /\bscript["']?\s*:/.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}
