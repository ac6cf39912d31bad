/**
 * A client's line of more than 64 KiB goes up in parts. What always holds: a word that is cut in two is seen whole with
 * the second part, and what is in a quoted string stays in it, wherever that was cut.
 */
import {
  endOfText,
  type LineSegment,
  latin1,
  replaceStrings,
  startOfOpenString,
} from '../imap-parser-lite/index.ts';

/** The longest word that is looked for. */
const longestWord = 'UNCHANGEDSINCE'.length;

export class LineParts {
  /** What the next part of the line is read with. */
  #before = '';

  /**
   * The text (latin1) of a line or of a part of one, from `start` on, without its line end: with what belongs to it of
   * the part before, and without a string at its end that is not closed yet.
   */
  read(line: LineSegment, start: number): string {
    const before = line.first ? '' : this.#before;
    const text = before + latin1(line.bytes, start, endOfText(line.bytes));
    this.#before = '';
    if (line.complete) return text;
    const open = startOfOpenString(text);
    this.#before = open === undefined ? endOfWords(text) : beginningOf(text.slice(open));
    return text.slice(0, open);
  }
}

/** The strings in it say nothing, and the half of one would turn the others around. */
function endOfWords(text: string): string {
  return replaceStrings(text, () => ' ').slice(-longestWord);
}

/** A short string may be a word in quotes; of a long one, all that counts is how it can end. */
function beginningOf(string: string): string {
  if (string.length <= longestWord) return string;
  const endsInEscape = /^"(?:[^"\\]|\\.)*\\$/s.test(string);
  return endsInEscape ? '" \\' : '" ';
}
