/**
 * `imapveil run`: serves until it is told to stop, then lets the sessions finish. Two things take most of a start, and
 * they are done at the same time: reading the configuration, in a thread, and loading the code that serves, here.
 */
import { loadConfigInThread } from './config-in-thread.ts';
import { readConfigOption } from './config-option.ts';
import type { Io } from './io.ts';

/** Exit code 0: it was told to stop; 1: it could not start or go on; 2: the call or the configuration is wrong. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const file = readConfigOption('run', argv, io);
  if (file === undefined) return 2;
  const [loaded, { serveConfig }] = await Promise.all([
    loadConfigInThread(file),
    import('./serve-config.ts'),
  ]);
  return serveConfig(loaded, io);
}
