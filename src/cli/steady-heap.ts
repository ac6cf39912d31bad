/**
 * What V8 does with the heap of a process that serves. A mail proxy works in bursts: left alone, V8 uses each rest
 * to collect everything and to shrink, and the next burst pays for growing again (decision 9).
 */
import { setFlagsFromString } from 'node:v8';

/** From now on the heap is collected when it is full, and not because there is time. A V8 without this flag says so and goes on. */
export function keepHeapSteady(): void {
  setFlagsFromString('--no-memory-reducer');
}
