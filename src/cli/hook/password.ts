/** Asks for a password on the terminal. What always holds: what is typed is shown nowhere, and the terminal is left as it was. */
import type { ReadStream } from 'node:tty';
import type { Io } from '../io.ts';

/** Undefined: there is no terminal, or Ctrl-C was pressed. */
export async function askPassword(prompt: string, { stdin, stderr }: Io): Promise<string | undefined> {
  if (!isTerminal(stdin)) return undefined;
  stderr.write(prompt);
  stdin.setRawMode(true);
  try {
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function isTerminal(stdin: Io['stdin']): stdin is ReadStream {
  return 'isTTY' in stdin && stdin.isTTY === true;
}

/** A line in raw mode, where the keys that mend it are characters like any other. */
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
