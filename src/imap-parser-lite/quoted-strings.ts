/**
 * The quoted strings in a text (latin1; RFC 9051 §4.3), whatever stands around them. What always holds: the text is gone
 * through once, however many quotes, escapes and strings without an end are in it (A6).
 */
const strings = /"((?:[^"\\]|\\.)*)("?)/gs;

/** The text with what `instead` makes of each string, given what is between its quotes; one without an end stays. */
export function replaceStrings(text: string, instead: (content: string) => string): string {
  return text.replace(strings, (whole: string, content: string, end: string) =>
    end === '' ? whole : instead(content),
  );
}

/** The index of the string without an end, which can only be the last one; undefined where all have one. */
export function startOfOpenString(text: string): number | undefined {
  for (const match of text.matchAll(strings)) if (match[2] === '') return match.index;
  return undefined;
}
