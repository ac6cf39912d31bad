/** From a place in what Node ran to a place that somebody wrote. */
import { readFileSync } from 'node:fs';
import { checkout } from './field.ts';

const program = new URL('dist/', `file://${checkout}`).href;

/** By URL. */
const lines = new Map<string, readonly string[]>();

/**
 * Where the function at this place is, as a profile has it: the URL of a file and a line from 0. The program is bundled,
 * so for a part of it the source is named without a line, as the bundler names it above the part.
 */
export function sourceOf(url: string, line: number): string {
  if (!url.startsWith(program)) return `${url.replace(`file://${checkout}`, '')}:${line + 1}`;
  const known = lines.get(url) ?? readFileSync(new URL(url), 'utf8').split('\n');
  lines.set(url, known);
  const above = known.findLast((text, at) => at <= line && /^\/\/ \S+\.js$/.test(text));
  if (above === undefined) return url.slice(program.length);
  const source = above.slice('// '.length);
  return source.startsWith('../') ? source.slice('../'.length) : `src/${source}`;
}
