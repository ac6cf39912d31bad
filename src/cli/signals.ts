/** Signals that are never lost: those too are heard that came before anybody could do something about them. */

/** Hands every one of these signals to whoever listens later, those first that came until then. */
export type CaughtSignals = (listener: (signal: NodeJS.Signals) => void) => void;

/** From now on they do not end the process. */
export function catchSignals(...names: readonly NodeJS.Signals[]): CaughtSignals {
  const early: NodeJS.Signals[] = [];
  let listener = (signal: NodeJS.Signals): void => {
    early.push(signal);
  };
  for (const name of names) process.on(name, (signal) => listener(signal));
  return (heard) => {
    listener = heard;
    for (const signal of early.splice(0)) heard(signal);
  };
}

/**
 * From now on SIGUSR1 does nothing. Node.js would open a port for a debugger, by which everybody on the machine could
 * read passwords; and who rotates logs as for nginx or Dovecot sends it without a thought.
 */
export function openNoDebugger(): void {
  process.on('SIGUSR1', () => {});
}

/** Ends the process as the signal does when nobody catches it. */
export function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
