/**
 * Every password that the end-to-end tests use, in one place, and the search for them in whatever must not hold
 * them. Each is so odd that it can stand nowhere by chance. What a proxy wrote is searched when a test stops it.
 */

export const passwords = {
  /** Needs quoting and escaping. */
  alice: 'wonder "land" \\o/',
  bob: 'pass word 2',
  /** For servers with many users. */
  everyone: 'aunt mildred hums',
  /** For scripted servers, which take any. */
  scripted: 'never-shown-to-anybody',
  /** Sent where nobody should have asked for it. */
  unasked: 'zebra-crossing-by-night',
} as const;

const known = new Set<string>(Object.values(passwords));

/** Passwords of a server that has its own, so that they are searched for too. */
export function alsoSecret(more: Iterable<string>): void {
  for (const password of more) known.add(password);
}

/** The first form of a password that stands in `text`, with the password it belongs to; undefined: none does. */
export function findSecret(text: string): { readonly password: string; readonly form: string } | undefined {
  for (const password of known) {
    const form = formsOf(password).find((each) => text.includes(each));
    if (form !== undefined) return { password, form };
  }
  return undefined;
}

/** So much of a password in a row, and it is taken for the password. */
const PIECE = 8;

/** How a password may be written: as it is, escaped once and twice, in base64 behind anything, and in pieces. */
function formsOf(password: string): string[] {
  const escaped = JSON.stringify(password).slice(1, -1);
  const plain = [password, escaped, JSON.stringify(escaped).slice(1, -1), encodeURIComponent(password)];
  const pieces = Array.from({ length: Math.max(0, password.length - PIECE) }, (_, at) =>
    password.slice(at, at + PIECE),
  );
  return [...plain, ...base64Forms(password), ...pieces];
}

/** What base64 makes of it, whatever stands before and behind it: the SASL PLAIN message is one of them. */
function base64Forms(password: string): string[] {
  return ['', 'x', 'xx'].flatMap((before) => {
    const encoded = Buffer.from(`${before}${password}`).toString('base64').replace(/=+$/, '');
    // The first and the last characters depend on the neighbours.
    const form = encoded.slice(before === '' ? 0 : 4, -2);
    return form.length >= 6 ? [form] : [];
  });
}
