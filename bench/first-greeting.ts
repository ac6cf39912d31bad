/** How long it takes from the call of `imapveil run` to the first byte of a greeting, on a port with STARTTLS. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { start, stop } from './child.ts';
import { configure } from './contenders/imapveil.ts';
import { type Build, nameOf, type Script, scriptPath } from './field.ts';
import type { Say } from './progress.ts';
import type { Start } from './results.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { median } from './statistics.ts';

const LATEST = 10_000;

export async function measureStarts(
  stage: Stage,
  builds: readonly Build[],
  { starts }: Scale,
  say: Say,
): Promise<Start[]> {
  const subjects = builds.flatMap((build) =>
    (['none', 'imap4'] as const).map((script) => ({ build, script, took: [] as number[] })),
  );
  for (let round = 0; round <= starts; round++) {
    say(`start: ${round === 0 ? 'warm-up' : `${round} of ${starts}`}`);
    for (const { build, script, took } of subjects) {
      const milliseconds = await startOnce(stage, build, script);
      if (round > 0) took.push(milliseconds);
    }
  }
  return subjects.map(({ build, script, took }) => ({
    contender: nameOf(build, script),
    milliseconds: median(took),
    slowest: Math.max(...took),
  }));
}

async function startOnce(stage: Stage, { command }: Build, script: Script): Promise<number> {
  const place = await stage.place('any');
  const config = await configure(place, scriptPath(script), 'starttls');
  const before = performance.now();
  const child = start(process.execPath, [command, 'run', '--config', config], place.cores);
  try {
    while (!(await greets(place.port))) {
      if (performance.now() - before > LATEST || child.exitCode !== null) {
        throw new Error(`${command} did not greet within ten seconds`);
      }
      await pause(2);
    }
    return performance.now() - before;
  } finally {
    await stop(child);
  }
}

/** False when nobody listens yet. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(LATEST) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
