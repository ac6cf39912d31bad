/**
 * Threads for scripts, before they have one. A thread needs some 90 ms until it can open a script, most of them for
 * loading Lua; at the start of the process it may do so while nobody knows yet which script it will be.
 */
import { Worker } from 'node:worker_threads';
import { HEAP, STACK_SLOTS } from './limits.ts';

let spare: Worker | undefined;

/** Starts a thread that waits for a script. It does not keep the process alive. */
export function prepareThread(): void {
  if (spare !== undefined) return;
  const thread = startThread();
  thread.unref();
  thread.once('error', forget);
  thread.once('exit', forget);
  spare = thread;
}

/** The prepared thread, or a new one; its first message has to be a ThreadStart. */
export function takeThread(): Worker {
  const thread = spare ?? startThread();
  forget();
  thread.off('error', forget).off('exit', forget).ref();
  return thread;
}

/** Ends the prepared thread where nobody took it. */
export async function dismissThread(): Promise<void> {
  const thread = spare;
  forget();
  await thread?.terminate();
}

function forget(): void {
  spare = undefined;
}

function startThread(): Worker {
  return new Worker(new URL('./thread.js', import.meta.url), {
    // Nothing of our environment, and above all not its FENGARICONF, which fengari reads when it is loaded (L10).
    // With its own bound on the stack, endless recursion would be out of memory before it is an error with a line.
    env: { FENGARICONF: JSON.stringify({ LUAI_MAXSTACK: STACK_SLOTS }) },
    argv: [],
    execArgv: [],
    resourceLimits: HEAP,
    stdout: true,
  });
}
