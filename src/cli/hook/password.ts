/** Asks for a password on the terminal. What always holds: what is typed is shown nowhere, and the terminal is left as it was. */
import type { ReadStream } from 'node:tty';
import type { Io } from '../io.ts';

export type Asked =
  | { readonly kind: 'typed'; readonly password: string }
  /** By Ctrl-C, Ctrl-D, or the end of the terminal. */
  | { readonly kind: 'given-up' }
  | { readonly kind: 'no-terminal' };

/** Writes `prompt` to standard error and reads a line from standard input, where that is a terminal. */
export async function askPassword(prompt: string, { stdin, stderr }: Io): Promise<Asked> {
  if (!isTerminal(stdin)) return { kind: 'no-terminal' };
  stderr.write(prompt);
  stdin.setRawMode(true);
  try {
    const password = await readLine(stdin);
    return password === undefined ? { kind: 'given-up' } : { kind: 'typed', password };
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function isTerminal(stdin: Io['stdin']): stdin is ReadStream {
  return 'isTTY' in stdin && stdin.isTTY === true;
}

/** A line in raw mode, where the keys that mend it are characters like any other. Undefined: given up. */
async function readLine(stdin: ReadStream): Promise<string | undefined> {
  let typed: string[] = [];
  return await new Promise((resolve) => {
    const settle = (line: string | undefined): void => {
      stdin.off('data', read).off('end', ended);
      resolve(line);
    };
    const ended = (): void => settle(undefined);
    const read = (chunk: Buffer): void => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') {
          settle(typed.join(''));
          return;
        }
        // Ctrl-C, and Ctrl-D on an empty line.
        if (character === '\x03' || (character === '\x04' && typed.length === 0)) {
          settle(undefined);
          return;
        }
        // Backspace, as either key that sends it; Ctrl-U.
        if (character === '\x7f' || character === '\b') typed.pop();
        else if (character === '\x15') typed = [];
        else typed.push(character);
      }
    };
    stdin.on('data', read).once('end', ended).resume();
  });
}
