/**
 * How failed logins are counted, wherever the counts are kept. One thing always holds: where a user has logged in
 * lately, nobody elsewhere can lock that user out, whatever names he tries (decision 18).
 */
import type { FailedLogins as Settings } from '../config/config.ts';
import type { RefusedBy, Verdict } from '../net/login-guard.ts';
import type { Keys } from './keys.ts';

/** What failures are counted under: an address, a user, or a user at one address. */
export type Counted = 'address' | 'user' | 'pair';

/** Where counts are kept; in memory, or elsewhere, which then may fail. */
export interface Tallies {
  /** The failures under this key that still count. */
  failures(of: Counted, key: string): number | Promise<number>;
  addFailure(of: Counted, key: string): unknown;
  forgetFailures(of: Counted, key: string): unknown;
  /** Whether this user has logged in from this address lately. */
  isKnown(pair: string): boolean | Promise<boolean>;
  setKnown(pair: string): unknown;
}

/** Milliseconds for which an address where a user has logged in is known as the user's: a holiday. */
export const KNOWN_FOR: number = 14 * 24 * 3_600_000;

interface Standing {
  readonly isKnown: boolean;
  readonly failures: Readonly<Record<Counted, number>>;
}

/** Of somebody who shows no name, only the address can be judged. */
function strangerOf(address: number): Standing {
  return { isKnown: false, failures: { address, user: 0, pair: 0 } };
}

/** How many failures there are against this login. Everything is asked at once, for the way to a store is long. */
export async function standingOf({ address, named }: Keys, tallies: Tallies): Promise<Standing> {
  if (named === undefined) return strangerOf(await tallies.failures('address', address));
  const [isKnown, ofAddress, user, pair] = await Promise.all([
    tallies.isKnown(named.pair),
    tallies.failures('address', address),
    tallies.failures('user', named.user),
    tallies.failures('pair', named.pair),
  ]);
  return { isKnown, failures: { address: ofAddress, user, pair } };
}

/** The same where nobody has to be waited for, which every login would pay for. */
export function standingHere(
  { address, named }: Keys,
  memory: { failures(of: Counted, key: string): number; isKnown(pair: string): boolean },
): Standing {
  if (named === undefined) return strangerOf(memory.failures('address', address));
  const isKnown = memory.isKnown(named.pair);
  return {
    isKnown,
    failures: {
      address: memory.failures('address', address),
      user: memory.failures('user', named.user),
      pair: memory.failures('pair', named.pair),
    },
  };
}

/** A password was refused. Where the user is known, that is between the user and this address. */
export async function countFailure({ address, named }: Keys, tallies: Tallies): Promise<void> {
  if (named === undefined) await tallies.addFailure('address', address);
  else if (await tallies.isKnown(named.pair)) await tallies.addFailure('pair', named.pair);
  else await Promise.all([tallies.addFailure('address', address), tallies.addFailure('user', named.user)]);
}

/** A password was right. Only what was counted against this user here is forgotten: an attacker has a password, too. */
export async function countSuccess({ named }: Keys, tallies: Tallies): Promise<void> {
  if (named === undefined) return;
  const { pair } = named;
  await Promise.all([tallies.setKnown(pair), tallies.forgetFailures('pair', pair)]);
}

/** How many failures under such a key are too many; 0: they are not counted. */
export function mostOf(of: Counted, settings: Settings): number {
  return of === 'address' ? settings.perAddress : settings.perUser;
}

/** The wait grows with the share of the limit that is used up; at the limit there is nothing to wait for. */
export function verdictOf({ isKnown, failures }: Standing, settings: Settings): Verdict {
  const against: readonly (readonly [Counted, RefusedBy])[] = isKnown
    ? [['pair', 'user']]
    : [
        ['address', 'address'],
        ['user', 'user'],
      ];
  let milliseconds = 0;
  for (const [of, by] of against) {
    const most = mostOf(of, settings);
    if (most === 0) continue;
    const share = failures[of] / most;
    if (share >= 1) return { kind: 'refuse', by };
    milliseconds = Math.max(milliseconds, Math.round(settings.delay * share));
  }
  return milliseconds === 0 ? { kind: 'pass' } : { kind: 'wait', milliseconds };
}
