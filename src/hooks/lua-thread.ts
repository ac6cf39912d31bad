/** How every thread that runs Lua is started: with nothing of our environment, and bounds on what it may use. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { HEAP, STACK_SLOTS } from './limits.ts';

const lua = {
  // With fengari's own bound on the stack, endless recursion would be out of memory before it is an error with a line.
  LUAI_MAXSTACK: STACK_SLOTS,
  // Scripts that were written for Lua 5.2 make names of numbers: "Archive/" .. (os.date("%Y") - 1) is Archive/2025, and
  // would be Archive/2025.0, which no folder is called.
  LUA_COMPAT_FLOATSTRING: true,
};

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
    // Above all not its FENGARICONF, which fengari reads when it is loaded (L10).
    env: { FENGARICONF: JSON.stringify(lua) },
    argv: [],
    execArgv: [],
    resourceLimits: HEAP,
    stdout: true,
    workerData,
  });
}
