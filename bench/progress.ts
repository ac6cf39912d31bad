/** Tells on standard error what is being measured, so that nobody wonders during a quarter of an hour. */

export type Say = (line: string) => void;

/** Each line has the minutes and seconds since this call in front. */
export function progress(): Say {
  const began = performance.now();
  return (line) => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    process.stderr.write(`${clock.padStart(5)}  ${line}\n`);
  };
}
