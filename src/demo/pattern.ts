/**
 * LIST patterns (RFC 9051 §6.3.9.5): `*` is anything, `%` anything within one level. Every place where the
 * pattern may stand is followed at once, so that no pattern takes longer than its length times the name's.
 */

/** Whether the folder `name` (INBOX in any case) matches `pattern`; both decoded. */
export function matchesPattern(name: string, pattern: string): boolean {
  const wanted = name === 'INBOX' ? pattern.toUpperCase() : pattern;
  let places = new Set([0]);
  skipWildcards(wanted, places);
  for (const character of name) {
    const next = new Set<number>();
    for (const place of places) {
      const rule = wanted[place];
      if (rule === '*' || (rule === '%' && character !== '/')) next.add(place);
      else if (rule !== undefined && wanted.startsWith(character, place)) next.add(place + character.length);
    }
    skipWildcards(wanted, next);
    places = next;
  }
  return places.has(wanted.length);
}

/** A wildcard may stand for nothing: adds the place behind each that `places` holds. A set visits what is added to it. */
function skipWildcards(pattern: string, places: Set<number>): void {
  for (const place of places) if (pattern[place] === '*' || pattern[place] === '%') places.add(place + 1);
}
