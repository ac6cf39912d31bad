/**
 * What V8 does with the heap of a process that serves. A mail proxy works in bursts: left alone, V8 uses each rest
 * to collect everything and to shrink, and the next burst pays for growing again (decision 9).
 *
 * Always holds: a V8 that does not know one of the flags says so and goes on, and a large heap is V8's own affair.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Bytes up to which a heap is small: a proxy with some hundred sessions. */
const SMALL = 32 * 1024 * 1024;
/** Milliseconds between two looks. */
const LOOK_EVERY = 10_000;
/** Milliseconds: 23 days. */
const NEVER = 2_000_000_000;
/** Bytes; twice as many may lie free at the top of glibc's heap before it gives them back. */
const LARGEST_PIECE = 16 * 1024 * 1024;

/** From now on the heap is collected when it is full, and not because there is time. */
export function keepHeapSteady(): void {
  // V8's memory reducer looks for rests from this long after the first collection. In a rest with nobody there it
  // throws away what the compiled code rests on, and all that code with it. `--no-memory-reducer` comes too late here.
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${NEVER}`);
  // glibc's mallopt(3), M_MMAP_THRESHOLD: having freed a piece of this size, it keeps twice as much. Otherwise it gives
  // back what each collection frees, and the kernel clears the same pages again for the next few megabytes of mail.
  // The piece is never written to, so it is no memory, and the first collection frees it.
  new ArrayBuffer(LARGEST_PIECE);
  let roomy = false;
  const look = (): void => {
    const small = getHeapStatistics().used_heap_size < SMALL;
    if (small === roomy) return;
    roomy = small;
    // What TLS has decrypted counts as growth until the young generation is collected, at 32 MB. A heap of 9 MB that
    // may grow by as much again is therefore marked as a whole, on every core, for each 16 MB of mail. This holds for
    // the script's thread too, whose heap has a limit of its own.
    setFlagsFromString(`--heap-growing-percent=${small ? 400 : 0}`);
  };
  look();
  setInterval(look, LOOK_EVERY).unref();
}
