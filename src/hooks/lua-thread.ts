/** How every thread that runs Lua is started: with nothing of our environment, and bounds on what it may use. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { HEAP, STACK_SLOTS } from './limits.ts';

/**
 * `entry` is the file of this folder that runs in it; `workerData` is copied to it.
 *
 * The thread compiles its own code. V8 would have four helpers do it, all at once: a script that loops makes 50 ms of
 * work for them before its deadline, and on two cores every session waits behind them (decision 9).
 */
export function startLuaThread(entry: 'thread' | 'test-thread', workerData?: unknown): Worker {
  // V8 reads this when it makes a heap: the event loop's was made before, and goes on being compiled by helpers.
  setFlagsFromString('--no-concurrent-recompilation');
  // The folder is named because this code runs in another one once it is bundled (scripts/bundle.mjs).
  return new Worker(new URL(`../hooks/${entry}.js`, import.meta.url), {
    // Above all not its FENGARICONF, which fengari reads when it is loaded (L10). With its own bound on the stack,
    // endless recursion would be out of memory before it is an error with a line.
    env: { FENGARICONF: JSON.stringify({ LUAI_MAXSTACK: STACK_SLOTS }) },
    argv: [],
    execArgv: [],
    resourceLimits: HEAP,
    stdout: true,
    workerData,
  });
}
