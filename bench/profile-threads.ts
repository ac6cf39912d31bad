/**
 * Handed to Node with `--import` where the product is profiled: its threads are started without the words of the
 * process, so the profiler, which is one of these words, would not see them.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread, type WorkerOptions } from 'node:worker_threads';

if (isMainThread) {
  const threads = createRequire(import.meta.url)(
    'node:worker_threads',
  ) as typeof import('node:worker_threads');
  const Original = threads.Worker;
  threads.Worker = class extends Original {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, { ...options, execArgv: process.execArgv });
    }
  };
  syncBuiltinESMExports();
}
