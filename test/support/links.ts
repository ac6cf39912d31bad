/**
 * Relative links of Markdown pages. What always holds: paths are those of the repository, with `/`, whichever page a
 * link stands in; what stands in code is no link.
 */
import { posix } from 'node:path';

export interface Link {
  /** As it is written. */
  readonly written: string;
  /** What it leads to, from the root of the repository, without `/` at its end. */
  readonly path: string;
  /** The heading, as an anchor; undefined where it names none. */
  readonly anchor: string | undefined;
}

/** The links of `page`, a path from the root, whose text is `text`; those to other sites are left out. */
export function relativeLinks(page: string, text: string): Link[] {
  const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)]*))?\)/g)].map(([, written = '', anchor]) => ({
    written: anchor === undefined ? written : `${written}#${anchor}`,
    path: written === '' ? page : posix.join(posix.dirname(page), written).replace(/\/$/, ''),
    anchor,
  }));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
