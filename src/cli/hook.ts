/**
 * `imapveil hook`: calls one function of a script the way the proxy would, thread, sandbox and deadline
 * included, and prints what would become of the answer.
 */
import { isIP } from 'node:net';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Listen } from '../config/config.ts';
import { formatFault } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import type { HookEvent, HookSettings } from '../hooks/hook-host.ts';
import { createHookHost } from '../hooks/host.ts';
import type { HookContext } from '../rewrite/question.ts';
import { help } from './help.ts';
import {
  asJson,
  asText,
  capabilityTrial,
  encryptionTrial,
  folderTrial,
  modeNamed,
  responseTrials,
  type Trial,
} from './hook-trial.ts';
import type { Io } from './io.ts';

/** Exit code 0: printed; 1: the script failed, with `script.lua:7: message` on standard error; 2: the call is wrong. */
export async function hook(argv: readonly string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    if (values.help) {
      io.stdout.write(help('hook'));
      return 0;
    }
    const [name, ...words] = positionals;
    const { settings, listen } = await findScript(values);
    const trials = await trialsFor(name, words, contextOf(values), values.default, listen, io);
    return await tryAll(settings, trials, values.json ? asJson : asText, io);
  } catch (error) {
    if (!(error instanceof WrongCall)) throw error;
    io.stderr.write(error.message);
    return 2;
  }
}

/** The caller's mistake; the message is written as it is. */
class WrongCall extends Error {}

function wrongCall(sentence: string): WrongCall {
  return new WrongCall(`imapveil hook: ${sentence}; see imapveil hook --help\n`);
}

const options = {
  script: { type: 'string' },
  config: { type: 'string', short: 'c' },
  client: { type: 'string', default: '127.0.0.1' },
  server: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '143' },
  default: { type: 'string' },
  user: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function read(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}
type Values = ReturnType<typeof read>['values'];

function parse(argv: readonly string[]): ReturnType<typeof read> {
  try {
    return read(argv);
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw wrongCall(sentence ?? 'the options cannot be read');
  }
}

/** With `--script` the defaults of a configuration hold, and no port has an encryption of its own. */
async function findScript(values: Values): Promise<{ settings: HookSettings; listen: readonly Listen[] }> {
  if (values.script !== undefined) {
    if (values.config !== undefined) throw wrongCall('give --script or --config, not both');
    return { settings: { script: values.script, deadline: 100, onError: 'pass' }, listen: [] };
  }
  const file = values.config ?? 'proxy.yaml';
  const loaded = await loadConfig(file);
  if (loaded.kind === 'faults') {
    throw new WrongCall(loaded.faults.map((fault) => `${formatFault(fault)}\n`).join(''));
  }
  const { hooks, listen } = loaded.config;
  if (hooks.script === undefined) throw wrongCall(`${file} names no script (hooks.script)`);
  return { settings: { ...hooks, onError: 'pass' }, listen };
}

function contextOf({ client, server, port, user }: Values): HookContext {
  for (const address of [client, server]) {
    if (isIP(address) === 0) throw wrongCall(`${JSON.stringify(address)} is not an IP address`);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw wrongCall('--port must be a whole number from 1 to 65535');
  }
  const serverport = Number(port);
  return { session: 'hook', client, server, serverport, tls: false, user, command: undefined };
}

async function trialsFor(
  name: string | undefined,
  words: readonly string[],
  context: HookContext,
  mode: string | undefined,
  listen: readonly Listen[],
  io: Io,
): Promise<readonly Trial[]> {
  switch (name) {
    case 'capability':
      if (words.length === 0) throw wrongCall("name the capabilities, such as 'IMAP4rev1 IDLE'");
      return [capabilityTrial(words, context)];
    case 'list': {
      const trials =
        words.length > 0
          ? words.map((folder) => folderTrial(folder, context))
          : responseTrials(await readAll(io), context);
      if (trials.length === 0) throw wrongCall('name a folder, or give "* LIST ..." lines on standard input');
      return trials.map((trial) => {
        if ('fault' in trial) throw wrongCall(trial.fault);
        return trial;
      });
    }
    case 'encryption': {
      if (words.length > 0) throw wrongCall('encryption takes options only');
      const named = mode === undefined ? undefined : modeNamed(mode);
      if (mode !== undefined && named === undefined) {
        throw wrongCall('--default must be starttls, tls or starttls-required');
      }
      const { serverport } = context;
      const configured = listen.find(({ port }) => port === serverport)?.mode;
      return [encryptionTrial(named ?? configured ?? (serverport === 993 ? 1 : 3), context)];
    }
    default:
      throw wrongCall('say which function: capability, list or encryption');
  }
}

async function readAll({ stdin }: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

type Show = typeof asText;

async function tryAll(settings: HookSettings, trials: readonly Trial[], show: Show, io: Io): Promise<number> {
  let failures: string[] = [];
  const host = await createHookHost(settings, (event) => {
    if (event.kind === 'printed') io.stderr.write(`${event.text}\n`);
    else failures.push(...failure(event, settings));
  });
  if ('fault' in host) {
    io.stderr.write(`${host.fault}\n`);
    return 1;
  }
  const [first] = trials;
  if (first !== undefined && !host.defines[first.question.kind]) {
    io.stderr.write(
      `${basename(settings.script ?? '')} does not define ${first.calls}: nothing is changed\n`,
    );
  }
  let exitCode = 0;
  for (const trial of trials) {
    failures = [];
    // A session of its own, so that no folder is passed over because earlier ones missed the deadline.
    const answer = await host.openSession().ask(trial.question);
    if (failures.length === 0) {
      io.stdout.write(`${show(trial, answer)}\n`);
      continue;
    }
    exitCode = 1;
    io.stderr.write(`${failures.join('\n')}\n`);
  }
  await host.close();
  return exitCode;
}

function failure(event: HookEvent, { script, deadline }: HookSettings): string[] {
  switch (event.kind) {
    case 'failed':
      return [event.message];
    case 'deadline-missed': {
      const why =
        event.limit === 'time' ? `did not return within ${deadline} milliseconds` : 'used too much memory';
      return [`${basename(script ?? '')}: ${event.call} ${why}`];
    }
    case 'thread-ended':
      return [event.message];
    case 'printed':
    case 'given-up':
      return [];
  }
}
