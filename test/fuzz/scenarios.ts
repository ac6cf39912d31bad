/**
 * What kinds of session are tried: which settings, and how well both sides behave.
 */
import { garbage } from './garbage.ts';
import type { Random } from './random.ts';
import { Run } from './session.ts';

type Note = (line: string) => void;

/** Both sides keep to the protocol, or nearly; the models know what must come out. */
export function sessionInput(random: Random, note: Note): void {
  if (random.chance(15)) {
    garbage(random, note);
    return;
  }
  const literals = random.pick(['LITERAL+', 'LITERAL-', 'synchronising'] as const);
  new Run(random, note, {
    mode: random.pick([1, 0, 3] as const),
    upstream: random.pick(['none', 'tls', 'starttls'] as const),
    script: random.chance(50),
    asked: random.chance(50),
    literals,
    transparent: false,
    eager: random.chance(30),
    rude: random.chance(10),
    asksHidden: random.chance(25),
  }).run();
}

/** Nothing to rewrite and nothing to refuse: both streams must be what went in. */
export function transparentInput(random: Random, note: Note): void {
  new Run(random, note, {
    mode: 1,
    upstream: random.pick(['none', 'tls'] as const),
    script: false,
    asked: false,
    literals: random.pick(['LITERAL+', 'synchronising'] as const),
    transparent: true,
    eager: random.chance(30),
    rude: false,
    asksHidden: true,
  }).run();
}
