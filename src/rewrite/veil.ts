/** The veil put into a hidden name on its way up, taken out of what the server says about that name. */
import { concat, endOfText, Framer, fromLatin1, latin1, OPEN_BRACE } from '../imap-parser-lite/index.ts';

/** `/`, `.`, `\\` and `^`: what servers have between the levels of a name. */
const delimiters: ReadonlySet<number> = new Set([0x2f, 0x2e, 0x5c, 0x5e]);

/** The index behind the last level of a name, without the delimiters that may end it; 0 where it has nothing else. */
export function endOfLevels(name: Uint8Array): number {
  let end = name.length;
  while (end > 0 && delimiters.has(name[end - 1]!)) end--;
  return end;
}

/**
 * A name as one that cannot exist, in the same place: only its last level is another one. It may be so from a character
 * on that is no delimiter of this server, which makes no difference.
 */
export function withVeil(name: Uint8Array, veil: Uint8Array): Uint8Array {
  let leaf = endOfLevels(name);
  while (leaf > 0 && !delimiters.has(name[leaf - 1]!)) leaf--;
  return concat([name.subarray(0, leaf), veil, name.subarray(leaf)]);
}

/**
 * `response`, whole, without every `veil` in it; the sizes of literals that held one are written anew. The very
 * same response where there is none.
 */
export function withoutVeil(response: Uint8Array, veil: Uint8Array): Uint8Array {
  const mark = latin1(veil);
  if (!latin1(response).includes(mark)) return response;
  const framer = new Framer('server');
  framer.push(response);
  const parts: Uint8Array[] = [];
  let literal: Uint8Array[] = [];
  for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
    if (segment.kind === 'fault') return response;
    if (segment.kind === 'line') {
      parts.push(fromLatin1(latin1(segment.bytes).replaceAll(mark, '')));
      continue;
    }
    literal.push(segment.bytes);
    if (!segment.complete) continue;
    const bytes = fromLatin1(latin1(concat(literal)).replaceAll(mark, ''));
    parts.push(resized(parts.pop()!, bytes.length), bytes);
    literal = [];
  }
  return concat(parts);
}

/** A line that announces a literal, announcing `size` bytes. */
function resized(line: Uint8Array, size: number): Uint8Array {
  const open = line.lastIndexOf(OPEN_BRACE);
  return concat([line.subarray(0, open), fromLatin1(`{${size}}`), line.subarray(endOfText(line))]);
}
