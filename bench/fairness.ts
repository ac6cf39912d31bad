/**
 * What one session's NOOP has to wait while another session gives the script much to do, or something that never
 * ends. Nobody measured here is kept to one core: that the script has a thread of its own is the point.
 */
import { Clients } from './clients.ts';
import type { Contender, Entrant } from './contenders/contender.ts';
import { pipe } from './contenders/pipe.ts';
import { type Build, entrantOf } from './field.ts';
import type { Say } from './progress.ts';
import type { Fairness } from './results.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { median, percentile } from './statistics.ts';

interface Subject {
  readonly entrant: Entrant;
  readonly trouble: string;
  readonly command: string;
}

interface Round {
  readonly idle: readonly number[];
  readonly troubled: readonly number[];
  readonly times: number;
}

const list = { trouble: 'another lists 100,000 folders', command: 'LIST "" 100000' };
const loop = { trouble: 'a script loops for ever', command: 'LIST "" Loop' };

/** The bare pipe is there to show how much of the waiting is the machine's, the server's and the clients'. */
function subjects(builds: readonly Build[]): Subject[] {
  return [
    { entrant: pipe, ...list },
    ...builds.flatMap((build) => [
      { entrant: entrantOf(build, 'none'), ...list },
      { entrant: entrantOf(build, 'tenth'), ...list },
      { entrant: entrantOf(build, 'loops'), ...loop },
    ]),
  ];
}

export async function measureFairness(
  stage: Stage,
  builds: readonly Build[],
  { fairness: { rounds, pings } }: Scale,
  say: Say,
): Promise<Fairness[]> {
  const all = subjects(builds);
  const standing = new Map<Subject, Contender>();
  const measured = new Map<Subject, Round[]>(all.map((subject) => [subject, []]));
  for (const subject of all) standing.set(subject, await stage.enter(subject.entrant, 'any'));
  const others = await Clients.start();
  try {
    for (let round = 0; round <= rounds; round++) {
      say(`fairness: ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
      for (const [subject, contender] of standing) {
        const count = round === 0 ? Math.ceil(pings / 5) : pings;
        const result = await measureOnce(stage, others, contender, subject.command, count);
        if (round > 0) measured.get(subject)?.push(result);
      }
    }
  } finally {
    await others.stop();
  }
  for (const contender of standing.values()) await stage.leave(contender);
  return [...measured].map(([subject, results]) => summary(subject, results));
}

async function measureOnce(
  stage: Stage,
  others: Clients,
  contender: Contender,
  command: string,
  count: number,
): Promise<Round> {
  const { port } = contender;
  const idle = await stage.run(contender, { kind: 'pings', port, count });
  await others.prepare({ kind: 'trouble', port, command });
  const troubling = others.start();
  // Looked at below; a failure before that must not end the process, and leave everybody standing.
  troubling.catch(() => {});
  const troubled = await stage.run(contender, { kind: 'pings', port, count });
  others.finish();
  const { samples } = await troubling;
  await others.cleared();
  return { idle: idle.samples, troubled: troubled.samples, times: samples.length };
}

function summary({ entrant, trouble }: Subject, rounds: readonly Round[]): Fairness {
  const over = (of: (round: Round) => number): number => median(rounds.map(of));
  return {
    contender: entrant.name,
    trouble,
    idle: {
      p50: over(({ idle }) => percentile(idle, 50)),
      p99: over(({ idle }) => percentile(idle, 99)),
    },
    troubled: {
      p50: over(({ troubled }) => percentile(troubled, 50)),
      p99: over(({ troubled }) => percentile(troubled, 99)),
    },
    above: over(({ idle, troubled }) => percentile(troubled, 99) - percentile(idle, 99)),
    times: over(({ times }) => times),
  };
}
