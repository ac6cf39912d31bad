/**
 * The benchmark as a command: `npm run bench`, see README.md.
 *
 * Always holds: 0 when everything was measured, whatever came out; 1 when something could not be measured; 2 when
 * the call is wrong. What was started is ended before.
 */
import { writeFile } from 'node:fs/promises';
import { measureAll, withoutFailing } from './benchmark.ts';
import { checkout, fieldWith } from './field.ts';
import { machine } from './measure.ts';
import { type Call, readCall, rowNames, usage } from './options.ts';
import { alone, profile, profilePage } from './profile.ts';
import { progress } from './progress.ts';
import { report } from './report.ts';
import { scaleOf } from './scale.ts';
import { Stage } from './stage.ts';
import { judge } from './targets.ts';

async function main(): Promise<number> {
  const call = readCall(process.argv.slice(2), process.cwd());
  if (call.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (call.kind === 'fault') {
    process.stderr.write(`imapveil: ${call.sentence}\n\n${usage}`);
    return 2;
  }
  if (process.platform !== 'linux') {
    process.stderr.write('imapveil: the benchmark reads /proc, which only Linux has\n');
    return 1;
  }
  const stage = await Stage.set();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stage.clear().finally(() => process.exit(1)));
  }
  try {
    if (call.kind === 'measure') return await measure(stage, call);
    process.stdout.write(`${await profile(stage, call.row, alone, progress())}\n`);
    return 0;
  } finally {
    await stage.clear();
  }
}

async function measure(stage: Stage, call: Extract<Call, { kind: 'measure' }>): Promise<number> {
  const { pace, rows, against } = call;
  const say = progress();
  const scale = scaleOf(pace);
  const field = await withoutFailing(stage, fieldWith(against));
  const { versions } = field;
  const leftOut = [...field.leftOut, ...scale.shortOf];
  for (const sentence of leftOut) say(`left out: ${sentence}`);
  const { results, troubles } = await measureAll(stage, field, rows, scale, say);
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC');
  const about = { date, machine: machine(), pace, versions, leftOut, troubles };
  const verdicts = judge(results);
  const page = report(results, verdicts, about);
  process.stdout.write(`\n${page}`);
  const whole = pace === 'full' && rows.length === rowNames.length && against.length === 0;
  if (whole && troubles.length === 0) {
    await writeFile(`${checkout}bench/results.md`, page);
    const missed = rowNames.filter((name) => verdicts.some(({ row, met }) => row === name && met === false));
    await writeFile(`${checkout}bench/profiles.md`, await profilePage(stage, missed, say));
    say('written to bench/results.md and bench/profiles.md');
  }
  return troubles.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error('imapveil: the benchmark failed.', error);
  process.exitCode = 1;
}
