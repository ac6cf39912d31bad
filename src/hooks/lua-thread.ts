/** How every thread that runs Lua is started: with nothing of our environment, and bounds on what it may use. */
import { Worker } from 'node:worker_threads';
import { HEAP, STACK_SLOTS } from './limits.ts';

/** `file` is the compiled file that runs in it; `workerData` is copied to it. */
export function startLuaThread(file: URL, workerData?: unknown): Worker {
  return new Worker(file, {
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
