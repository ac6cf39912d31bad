/** `imapveil check`: everything that would keep `run` from starting, said before a port is opened. */
import { relative } from 'node:path';
import type { Config, Listen } from '../config/config.ts';
import { formatFault, formatWarning } from '../config/fault.ts';
import { type CheckScript, checkFiles } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { functionNames, hookKinds } from '../hooks/names.ts';
import type { DefinedHooks } from '../rewrite/question.ts';
import { readConfigOption } from './config-option.ts';
import type { Io } from './io.ts';

/** Loaded only for a configuration that names a script. */
const askLua: CheckScript = async (script, config) => {
  const { OpenedScript } = await import('./opened-script.ts');
  const opened = new OpenedScript();
  const checked = await opened.check(script, config);
  await opened.close();
  return checked;
};

/** Exit code 0: `run` would start with it; 2: it would not, and every reason is one line on standard error. */
export async function check(
  argv: readonly string[],
  io: Io,
  checkScript: CheckScript = askLua,
): Promise<number> {
  const file = readConfigOption('check', argv, io);
  if (file === undefined) return 2;

  const result = await checkFiles(await loadConfig(file), checkScript);
  if (result.kind === 'faults') {
    for (const fault of result.faults) io.stderr.write(`${formatFault(fault)}\n`);
    return 2;
  }
  for (const warning of result.warnings) io.stderr.write(`${formatWarning(warning)}\n`);
  io.stdout.write(`${file} is valid: ${summary(result.config, result.defines)}\n`);
  return 0;
}

function summary({ listen, upstream, hooks }: Config, defines: DefinedHooks): string {
  const behind =
    upstream.servers[0]?.host === 'demo'
      ? 'the built-in demo mailbox'
      : `${upstream.servers.map(({ host, port }) => at(host, port)).join(', ')} (${upstream.encryption})`;
  return [
    `listens on ${listen.map(describeListen).join(' and ')}`,
    `upstream ${behind}`,
    hooks.script === undefined ? 'no script' : `${relative('', hooks.script)} defines ${functions(defines)}`,
  ].join('; ');
}

const ENCRYPTIONS = { 0: 'starttls', 1: 'tls', 3: 'starttls-required' } as const;

function describeListen({ address, port, mode }: Listen): string {
  return `${at(address, port)} (${ENCRYPTIONS[mode]})`;
}

function at(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function functions(defines: DefinedHooks): string {
  const names = hookKinds.filter((kind) => defines[kind]).map((kind) => functionNames[kind]);
  return names.length === 0 ? 'none of the functions' : names.join(', ');
}
