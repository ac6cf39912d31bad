/** An invariant that did not hold: its name, and what was seen. */
export class Broken extends Error {
  readonly invariant: string;

  constructor(invariant: string, seen: string) {
    super(`${invariant}: ${seen}`);
    this.name = 'Broken';
    this.invariant = invariant;
  }
}

/** Says that an invariant did not hold. */
export function broken(invariant: string, seen: string): never {
  throw new Broken(invariant, seen);
}

/** Bytes of a latin1 string, as a case file writes them, shortened. */
export function shown(text: string): string {
  const short = text.length > 300 ? `${text.slice(0, 200)}<${text.length} bytes>${text.slice(-60)}` : text;
  return JSON.stringify(short).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\u00', '\\x');
}

/** A latin1 string as bytes of its own. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Bytes as a latin1 string. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
