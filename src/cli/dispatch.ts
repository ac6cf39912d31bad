/**
 * From the words of the call to a command and its exit code. The one thing that always holds: a user's mistake
 * is answered by a sentence and exit code 2, and a bug of ours by one line that says how to see more.
 */
import { nearestWord } from '../config/nearest-word.ts';
import { COMMANDS, type CommandName, help, isCommand, version } from './help.ts';
import type { Command, Io } from './io.ts';

/** Commands are loaded when they are called, so that `--help` does not pay for a Lua interpreter. */
export type LoadCommand = (name: CommandName) => Promise<Command>;

/** Runs one call, `argv` without node and the script; the result is the exit code. Never rejects. */
export async function dispatch(argv: readonly string[], io: Io, load: LoadCommand): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined) {
    io.stderr.write(help());
    return 2;
  }
  if (word === '--help' || word === '-h') {
    io.stdout.write(help());
    return 0;
  }
  if (word === '--version' || word === '-v') {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  if (!isCommand(word)) {
    io.stderr.write(`imapveil: ${unknown(word)}; see imapveil --help\n`);
    return 2;
  }
  if (asksForHelp(rest)) {
    io.stdout.write(help(word));
    return 0;
  }
  try {
    const command = await load(word);
    return await command(rest, io);
  } catch (error) {
    io.stderr.write(bugReport(error));
    return 1;
  }
}

/** What is said when something fails that we did not foresee; the stack only for those who ask for it. */
export function bugReport(error: unknown): string {
  if (process.env.IMAPVEIL_DEBUG === '1' && error instanceof Error) return `imapveil: ${error.stack}\n`;
  const said = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replaceAll(
    /\s+/g,
    ' ',
  );
  return `imapveil: this is a bug in imapveil: ${said} (IMAPVEIL_DEBUG=1 shows where)\n`;
}

function unknown(word: string): string {
  const what = word.startsWith('-') ? 'option' : 'command';
  const nearest = nearestWord(word, what === 'option' ? ['--help', '--version'] : COMMANDS);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return `unknown ${what} ${JSON.stringify(word)}${hint}`;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}
