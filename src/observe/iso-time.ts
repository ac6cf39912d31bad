/** The time of a line in the log. What is the same for all lines of a second is written once a second. */

let second = Number.NaN;
let written = '';

/** The current time as pino puts it into a line, `,"time":"2026-03-01T08:15:30.123Z"`. */
export function isoTime(): string {
  const now = Date.now();
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    written = `,"time":"${new Date(second).toISOString().slice(0, -'000Z'.length)}`;
  }
  return `${written}${String(milliseconds).padStart(3, '0')}Z"`;
}
