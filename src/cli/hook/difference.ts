/** What changed between two lines, word by word, for the eyes of a person. */

/** A word, a space or a parenthesis, and which of the two lines has it. */
export interface Part {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Comparing takes memory by the product of the words of both lines; one of 16 KB has up to 16,000. */
const LARGEST_PRODUCT = 1_000_000;

/**
 * The shortest way from one to the other, or, where the lines are too long for that, one in between their common
 * beginning and end. Joined without what was added the parts are `before`, without what was removed `after`.
 */
export function difference(before: string, after: string): readonly Part[] {
  const [left, right] = [words(before), words(after)];
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start++;
  let behind = 0;
  while (behind < shorter - start && left.at(-1 - behind) === right.at(-1 - behind)) behind++;
  const removed = left.slice(start, left.length - behind);
  const added = right.slice(start, right.length - behind);
  const compares = removed.length * added.length <= LARGEST_PRODUCT;
  return [
    ...parts('same', left.slice(0, start)),
    ...(compares ? compared(removed, added) : [...parts('removed', removed), ...parts('added', added)]),
    ...parts('same', left.slice(left.length - behind)),
  ];
}

type Words = readonly string[];

function parts(kind: Part['kind'], texts: Words): readonly Part[] {
  return texts.map((text) => ({ kind, text }));
}

function compared(left: Words, right: Words): readonly Part[] {
  const common = commonLengths(left, right);
  const parts: Part[] = [];
  let [at, other] = [0, 0];
  while (at < left.length || other < right.length) {
    if (at < left.length && left[at] === right[other]) {
      parts.push({ kind: 'same', text: left[at]! });
      at++;
      other++;
    } else if (
      at < left.length &&
      (other === right.length || common[at + 1]![other]! >= common[at]![other + 1]!)
    ) {
      parts.push({ kind: 'removed', text: left[at++]! });
    } else {
      parts.push({ kind: 'added', text: right[other++]! });
    }
  }
  return parts;
}

function words(line: string): Words {
  return line.match(/"(?:[^"\\]|\\.)*"|[()]| +|[^ ()"]+|"/g) ?? [];
}

/** At [i][j]: how many words the two have in common, in the same order, from their `i`th and `j`th on. */
function commonLengths(left: Words, right: Words): readonly number[][] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let at = left.length - 1; at >= 0; at--) {
    for (let other = right.length - 1; other >= 0; other--) {
      lengths[at]![other] =
        left[at] === right[other]
          ? lengths[at + 1]![other + 1]! + 1
          : Math.max(lengths[at + 1]![other]!, lengths[at]![other + 1]!);
    }
  }
  return lengths;
}
