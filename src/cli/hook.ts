/**
 * `imapveil hook`: calls one function of a script the way the proxy would, and prints what would become of the
 * answer. The words of the call become trials (hook/trials.ts), the script is asked (hook/try-all.ts), and what it
 * says is shown (hook/show.ts).
 */
import type { Writable } from 'node:stream';
import { isListedCommand } from '../rewrite/question.ts';
import { help } from './help.ts';
import { ServerFault } from './hook/imap-client.ts';
import { contextOf, findScript, readOptions, type ScriptChoice, type Values } from './hook/options.ts';
import { readServer } from './hook/server-url.ts';
import { asDifference, asJson, asText, type Show } from './hook/show.ts';
import type { Trial } from './hook/trial.ts';
import { trialsFor } from './hook/trials.ts';
import { tryAll } from './hook/try-all.ts';
import { watching } from './hook/watch.ts';
import { GivenUp, WrongCall } from './hook/wrong-call.ts';
import type { Io } from './io.ts';

/** Exit code 0: printed; 1: the script failed, with `script.lua:7: message` on standard error; 2: the call is wrong; 130: given up. */
export async function hook(argv: readonly string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = readOptions(argv);
    if (values.help) {
      io.stdout.write(help('hook'));
      return 0;
    }
    return await tryScript(values, positionals, io);
  } catch (error) {
    if (error instanceof WrongCall) {
      io.stderr.write(error.message);
      return 2;
    }
    if (error instanceof GivenUp) return 130;
    if (!(error instanceof ServerFault)) throw error;
    io.stderr.write(`imapveil hook: ${error.message}\n`);
    return 1;
  }
}

async function tryScript(values: Values, [name, ...words]: readonly string[], io: Io): Promise<number> {
  const { settings, listen, config } = await findScript(values);
  const context = contextOf(values);
  const verify = values.insecure ? 'nothing' : 'certificate';
  const server = values.from === undefined ? undefined : await readServer(values.from, verify, io);
  const trials = await trialsFor(name, words, { context, mode: values.default, listen, server, io });
  if (config !== undefined) warnOfUnlisted(trials, config, io);
  const show = howToShow(values, io.stdout);
  const run = () => tryAll(settings, trials, show, io);
  if (!values.watch) return (await run()).exitCode;
  return await watching(settings.script, run, io);
}

/** A refusal that is seen here and by no client would be believed. */
function warnOfUnlisted(
  trials: readonly Trial[],
  { file, commands }: NonNullable<ScriptChoice['config']>,
  io: Io,
): void {
  for (const { question } of trials) {
    if (question.kind !== 'command' || isListedCommand(commands, question.verb)) continue;
    const { verb } = question;
    io.stderr.write(`${file}: hooks.commands does not list ${verb}, so no session asks about it\n`);
  }
}

/** Colours are for a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise. */
function howToShow({ json }: Values, stdout: Writable & { hasColors?(): boolean }): Show {
  if (json) return asJson;
  return stdout.hasColors?.() === true ? asDifference : asText;
}
