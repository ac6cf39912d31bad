/** The veil put into a hidden name on its way up, taken out of what the server says about that name. */
import { concat, endOfText, Framer, fromLatin1, latin1, OPEN_BRACE } from '../imap-parser-lite/index.ts';

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
