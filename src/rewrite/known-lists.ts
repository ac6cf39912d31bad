/**
 * What is to be known of a capability list, found out once: a server says the same two or three lists to everybody,
 * twice a session. The result follows from what goes in alone, so that remembering it changes nothing but the time.
 */
import { splitWords } from '../imap-parser-lite/index.ts';
import { type CapabilityView, honestCapabilities } from './capability.ts';
import { type Refused, refusedWords } from './refused.ts';

export interface KnownList {
  /** As the server says them. */
  readonly words: readonly string[];
  readonly upperCase: ReadonlySet<string>;
  /** Whether the server lets anybody log in, as far as the list says. */
  readonly takesLogins: boolean;
  /** Those that the proxy refuses, upper case. */
  readonly refused: readonly string[];
  /** What the proxy can stand for, in this view. */
  readonly honest: readonly string[];
  /** How many of the words are not in `honest`. */
  readonly removed: number;
}

/** Lists remembered, and the longest of them: a server that makes up a new one each time costs no memory. */
const REMEMBERED = 64;
const LONGEST = 4096;

/** By the text of a list; one map for each view that there is of it. */
type Lists = readonly Map<string, KnownList>[];

const known = new WeakMap<Refused, Lists>();

/** Looks at the words of a list (`text`, latin1, space separated) as `view` says. */
export function knownList(text: string, view: CapabilityView): KnownList {
  const lists = listsFor(view);
  const remembered = lists.get(text);
  if (remembered !== undefined) return remembered;

  const words = splitWords(text);
  const honest = honestCapabilities(words, view);
  const kept = new Set(honest);
  const upper = words.map((word) => word.toUpperCase());
  const list: KnownList = {
    words,
    upperCase: new Set(upper),
    takesLogins: !upper.includes('LOGINDISABLED') || upper.some((word) => word.startsWith('AUTH=')),
    refused: refusedWords(words, view.refused),
    honest,
    removed: words.filter((word) => !kept.has(word)).length,
  };
  if (text.length > LONGEST) return list;
  if (lists.size >= REMEMBERED) lists.clear();
  lists.set(text, list);
  return list;
}

function listsFor({ refused, offersStartTls, refusesLogin }: CapabilityView): Map<string, KnownList> {
  let lists = known.get(refused);
  if (lists === undefined) {
    lists = [new Map(), new Map(), new Map(), new Map()];
    known.set(refused, lists);
  }
  return lists[(offersStartTls ? 1 : 0) + (refusesLogin ? 2 : 0)]!;
}
