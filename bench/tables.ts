/** Markdown tables whose columns stand under each other, so that a terminal shows them as well as a page does. */

/** The first column is words and stands left; all others stand right unless `words` are asked for. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'numbers' | 'words' = 'numbers',
): string {
  const widths = head.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const left = (at: number): boolean => at === 0 || align === 'words';
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, at) =>
      left(at) ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, at) => (left(at) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** Rows of one table by contender: what a contender has nothing of is a dash. */
export function byContender(
  corner: string,
  rows: readonly { readonly title: string; readonly cells: ReadonlyMap<string, string> }[],
): string {
  const contenders = [...new Set(rows.flatMap(({ cells }) => [...cells.keys()]))];
  return table(
    [corner, ...contenders],
    rows.map(({ title, cells }) => [title, ...contenders.map((name) => cells.get(name) ?? '–')]),
  );
}

/** Three digits or so: 0.5231 is 0.523, 12.345 is 12.3, 1234.5 is 1,235. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
