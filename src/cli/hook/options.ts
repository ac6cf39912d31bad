/** The options of `imapveil hook`: what they may be, and what they say of the script and of the client. */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { Listen } from '../../config/config.ts';
import { formatFault } from '../../config/fault.ts';
import { loadConfig } from '../../config/load.ts';
import type { HookSettings } from '../../hooks/hook-host.ts';
import type { HookContext } from '../../rewrite/question.ts';
import { WrongCall, wrongCall } from './wrong-call.ts';

const options = {
  script: { type: 'string' },
  config: { type: 'string', short: 'c' },
  client: { type: 'string', default: '127.0.0.1' },
  server: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '143' },
  default: { type: 'string' },
  user: { type: 'string' },
  from: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  watch: { type: 'boolean', short: 'w', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export interface Values {
  readonly script?: string;
  readonly config?: string;
  readonly client: string;
  readonly server: string;
  readonly port: string;
  readonly default?: string;
  readonly user?: string;
  readonly from?: string;
  readonly insecure: boolean;
  readonly json: boolean;
  readonly watch: boolean;
  readonly help: boolean;
}

/** Takes the words apart; `positionals` begins with the name of the function. Throws a `WrongCall`. */
export function readOptions(argv: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw wrongCall(sentence ?? 'the options cannot be read');
  }
}

/** Where the script is and what holds for it. */
export interface ScriptChoice {
  readonly settings: HookSettings & { readonly script: string };
  readonly listen: readonly Listen[];
  /** The configuration that named it, where one did, and its `hooks.commands`. */
  readonly config: { readonly file: string; readonly commands: readonly string[] } | undefined;
}

/** With `--script` the defaults of a configuration hold, and no port has an encryption of its own. */
export async function findScript({ script, config }: Values): Promise<ScriptChoice> {
  if (script !== undefined) {
    if (config !== undefined) throw wrongCall('give --script or --config, not both');
    return { settings: { script, deadline: 100, onError: 'pass' }, listen: [], config: undefined };
  }
  const file = config ?? 'proxy.yaml';
  const loaded = await loadConfig(file);
  if (loaded.kind === 'faults') {
    throw new WrongCall(loaded.faults.map((fault) => `${formatFault(fault)}\n`).join(''));
  }
  const { hooks, listen } = loaded.config;
  if (hooks.script === undefined) throw wrongCall(`${file} names no script (hooks.script)`);
  const settings = { ...hooks, script: hooks.script, onError: 'pass' } as const;
  return { settings, listen, config: { file, commands: hooks.commands } };
}

/** The client that the script is told of. */
export function contextOf({ client, server, port, user }: Values): HookContext {
  for (const address of [client, server]) {
    if (isIP(address) === 0) throw wrongCall(`${JSON.stringify(address)} is not an IP address`);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw wrongCall('--port must be a whole number from 1 to 65535');
  }
  const serverport = Number(port);
  return { session: 'hook', client, server, serverport, tls: false, user, command: undefined };
}
