/** The thread that config-in-thread.ts starts: reads and validates one `proxy.yaml`, posts what it found, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { keepCompiledCode } from './compiled-code.ts';

keepCompiledCode();
const { loadConfig } = await import('../config/load.ts');
parentPort?.postMessage(await loadConfig(workerData as string));
