/**
 * Threads for scripts, before they have one. A thread needs some 90 ms until it can open a script, most of them for
 * loading Lua; at the start of the process it may do so while nobody knows yet which script it will be.
 */
import type { Worker } from 'node:worker_threads';
import { startLuaThread } from './lua-thread.ts';

let spare: Worker | undefined;

/** Starts a thread that waits for a script. It does not keep the process alive. */
export function prepareThread(): void {
  if (spare !== undefined) return;
  const thread = startLuaThread('thread');
  thread.unref();
  thread.once('error', forget);
  thread.once('exit', forget);
  spare = thread;
}

/** The prepared thread, or a new one; its first message has to be a ThreadStart. */
export function takeThread(): Worker {
  const thread = spare ?? startLuaThread('thread');
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
