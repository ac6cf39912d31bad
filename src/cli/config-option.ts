/** The one option that `run` and `check` have: which configuration. */
import { parseArgs } from 'node:util';
import type { Io } from './io.ts';

/** The file that `--config` names; undefined when the call is wrong, which has been said then. */
export function readConfigOption(
  command: 'run' | 'check',
  argv: readonly string[],
  io: Io,
): string | undefined {
  try {
    const options = { config: { type: 'string', short: 'c', default: 'proxy.yaml' } } as const;
    return parseArgs({ args: [...argv], options, strict: true }).values.config;
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    io.stderr.write(`imapveil ${command}: ${sentence}; see imapveil ${command} --help\n`);
    return undefined;
  }
}
