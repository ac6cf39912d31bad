/**
 * How Node's `Socket` takes its options: it copies them, `{ ...options }`, and adds a few to the copy. In V8 before 12,
 * as in Node 20, a copy made the quick way gets a shape of its own with each thing that is added. So none of the thirty
 * places that look for an option knows what it is given, and each asks V8's runtime, for each socket anew: a
 * twentieth of all that a session costs (decision 9).
 */
import { Socket } from 'node:net';

/** V8 remembers what a place has met only once the code around it has run a few times. */
const TIMES = 20;

/** From now on the copies share their shapes: V8 gives the quick way up, in that place, where it meets a getter. */
export function shareSocketShapes(): void {
  if (Number.parseInt(process.versions.v8, 10) >= 12) return;
  for (let time = 0; time < TIMES; time++) {
    new Socket({
      get readable() {
        return false;
      },
    }).destroy();
  }
}
