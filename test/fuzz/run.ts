/**
 * Runs targets on one random input after the other, for a time or a number of inputs, and makes what breaks an
 * invariant short.
 *
 * What always holds: input number i of a run has the seed of the run plus i, whatever its target does, so the
 * seed that is printed begins a run with that very input.
 */
import { Broken } from './broken.ts';
import { floodInput } from './flood.ts';
import { framerInput } from './framer.ts';
import { proxyHeaderInput } from './proxy-header.ts';
import { Random } from './random.ts';
import { rewriterInput } from './rewriter.ts';
import { sessionInput, transparentInput } from './scenarios.ts';

type Target = (random: Random, note: (line: string) => void) => void;

const targets: Readonly<Record<string, Target>> = {
  framer: framerInput,
  session: sessionInput,
  transparent: transparentInput,
  rewriter: rewriterInput,
  flood: floodInput,
  'proxy-header': proxyHeaderInput,
};

/** The targets and what share of the time each gets. */
const shares: ReadonlyMap<string, number> = new Map([
  ['framer', 2],
  ['session', 5],
  ['transparent', 2],
  ['rewriter', 1],
  ['flood', 1],
  ['proxy-header', 1],
]);

export interface FuzzOptions {
  /** 32 bits. */
  readonly seed: number;
  /** Milliseconds; the run ends at this or at `inputs`, whichever comes first. */
  readonly time: number;
  /** Inputs of each target, at most. */
  readonly inputs: number;
  /** One target by name, or undefined: all. */
  readonly target: string | undefined;
}

export interface Failure {
  readonly target: string;
  readonly invariant: string;
  readonly seed: number;
  /** What was seen, in one sentence. */
  readonly seen: string;
  /** The shortest input found, line by line. */
  readonly transcript: readonly string[];
}

export interface FuzzResult {
  /** Inputs tried, by target. */
  readonly tried: ReadonlyMap<string, number>;
  readonly failure: Failure | undefined;
}

export const targetNames: readonly string[] = Object.keys(targets);

/** Milliseconds in which a failing input is made shorter. */
const shrinkTime = 8000;

/** Runs until the first failure or the end. */
export function fuzz({ seed, time, inputs, target }: FuzzOptions): FuzzResult {
  const chosen = target === undefined ? targetNames : [target];
  const tried = new Map(chosen.map((name) => [name, 0]));
  const spent = new Map(chosen.map((name) => [name, 0]));
  const end = performance.now() + time;
  for (let before = performance.now(); before < end; ) {
    let next: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const name of chosen) {
      const claim = spent.get(name)! / shares.get(name)!;
      if (tried.get(name)! >= inputs || claim >= least) continue;
      next = name;
      least = claim;
    }
    if (next === undefined) break;
    const failure = tryRound(next, seed, tried, Math.min(inputs, tried.get(next)! + 20));
    if (failure !== undefined) return { tried, failure };
    const after = performance.now();
    spent.set(next, spent.get(next)! + after - before);
    before = after;
  }
  return { tried, failure: undefined };
}

function tryRound(
  name: string,
  seed: number,
  tried: Map<string, number>,
  until: number,
): Failure | undefined {
  for (let at = tried.get(name)!; at < until; at++) {
    tried.set(name, at + 1);
    const random = new Random((seed + at) | 0);
    const fault = attempt(name, random);
    if (fault === undefined) continue;
    const short = shrink(name, random.choices, fault);
    return { target: name, seed: (seed + at) | 0, ...short };
  }
  return undefined;
}

interface Fault {
  readonly invariant: string;
  readonly seen: string;
  readonly transcript: readonly string[];
}

function attempt(name: string, random: Random): Fault | undefined {
  const transcript: string[] = [];
  try {
    targets[name]!(random, (line) => transcript.push(line));
    return undefined;
  } catch (error) {
    if (error instanceof Broken) return { invariant: error.invariant, seen: error.message, transcript };
    const seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { invariant: 'nothing throws', seen, transcript };
  }
}

/** Leaves choices out, then makes them plainer, as long as the same invariant breaks. */
function shrink(name: string, first: readonly number[], firstFault: Fault): Fault {
  let best = first;
  let fault = firstFault;
  const end = performance.now() + shrinkTime;
  const better = (choices: readonly number[]): boolean => {
    const random = new Random(choices);
    const found = attempt(name, random);
    if (found?.invariant !== fault.invariant) return false;
    if (found.transcript.length > fault.transcript.length) return false;
    best = choices;
    fault = found;
    return true;
  };
  for (let again = true; again && performance.now() < end; ) {
    again = false;
    for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
      for (let at = 0; at + size <= best.length && performance.now() < end; ) {
        if (better([...best.slice(0, at), ...best.slice(at + size)])) again = true;
        else at += size;
      }
    }
    for (let at = 0; at < best.length && performance.now() < end; at++) {
      if (best[at] !== 0 && better([...best.slice(0, at), 0, ...best.slice(at + 1)])) again = true;
    }
  }
  return fault;
}
