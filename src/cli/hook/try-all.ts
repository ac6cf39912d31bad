/** Puts each trial to the script as a session would, thread, sandbox and deadline included. */
import { basename } from 'node:path';
import type { HookError, HookEvent, HookSettings } from '../../hooks/hook-host.ts';
import { createHookHost } from '../../hooks/host.ts';
import { functionNames } from '../../hooks/names.ts';
import type { Io } from '../io.ts';
import type { Show } from './show.ts';
import type { Trial } from './trial.ts';

export interface Tried {
  /** 1: the script does not load, or a call failed. */
  readonly exitCode: 0 | 1;
  /** Absolute paths of the script and of the modules that it has required; empty where it does not load. */
  readonly files: readonly string[];
}

/** Results go to standard output, what the script prints and why it failed to standard error. */
export async function tryAll(
  settings: HookSettings,
  trials: readonly Trial[],
  show: Show,
  io: Io,
): Promise<Tried> {
  const script = basename(settings.script ?? '');
  let failures: string[] = [];
  const host = await createHookHost(settings, (event) => {
    if (event.kind === 'printed') io.stderr.write(`${event.text}\n`);
    else failures.push(...failure(event, settings));
    // An error that was told before is not told again, but it has happened again, as the last of all.
    if (event.kind !== 'answered' || event.failures === 0 || 'fault' in host) return;
    failures.push(...host.errors.slice(0, 1).map(described));
  });
  if ('fault' in host) {
    io.stderr.write(`${host.fault}\n`);
    return { exitCode: 1, files: host.files };
  }
  const first = trials[0]?.question.kind;
  if (first !== undefined && !host.defines[first]) {
    io.stderr.write(`${script} does not define ${functionNames[first]}: nothing is changed\n`);
  }
  let exitCode: 0 | 1 = 0;
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
  const { files } = host;
  await host.close();
  return { exitCode, files };
}

/** The message, what the function was called with, and how Lua got there: a line each. */
function described({ call, message, arguments: given, traceback }: HookError): string {
  const lines = [message, `  in ${call}(${given})`];
  return (traceback === '' ? lines : [...lines, `  ${traceback}`]).join('\n');
}

function failure(event: HookEvent, { script, deadline }: HookSettings): string[] {
  switch (event.kind) {
    case 'deadline-missed': {
      const why =
        event.limit === 'time' ? `did not return within ${deadline} milliseconds` : 'used too much memory';
      return [`${basename(script ?? '')}: ${event.call} ${why}`];
    }
    case 'thread-ended':
      return [event.message];
    default:
      return [];
  }
}
