/**
 * The configuration read in a thread that ends after it. In this thread's heap the code that reads YAML and checks it
 * would stay for ever, and every collection of garbage would walk through it (docs/decisions/0010). The one thing
 * that always holds: however the thread ends, whoever waits for it hears of it.
 */
import { Worker } from 'node:worker_threads';
import type { LoadResult } from '../config/load.ts';

const ENTRY = new URL('./config-thread.js', import.meta.url);

/**
 * `loadConfig`, in a new thread each time, so that it may be called again while the proxy serves. Rejects with the
 * error that ended the thread, or when it ended and had said nothing. `entry` is what the thread runs.
 */
export function loadConfigInThread(file: string, entry: URL = ENTRY): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(entry, { workerData: file });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => {
      reject(new Error(`the thread that reads ${file} ended with code ${code} and without a result`));
    });
  });
}
