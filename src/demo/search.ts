/**
 * SEARCH and UID SEARCH (RFC 9051 §6.4.4): flags, sets, UIDs and text. Dates, sizes and CHARSET conversion are
 * left out; asked for them, the demo mailbox says so instead of finding nothing.
 */
import { latin1 } from '../imap-parser-lite/index.ts';
import {
  type Argument,
  astring,
  deepest,
  inSet,
  keyword,
  list,
  type SequenceSet,
  sequenceSet,
} from './arguments.ts';
import { headerFields, splitMessage } from './message.ts';
import { type Outcome, type SelectedSession, tagged } from './session.ts';
import type { Numbered } from './view.ts';

type Test = (candidate: Numbered) => boolean;

interface Criterion {
  readonly test: Test;
  /** How many arguments it took. */
  readonly length: number;
}

interface Largest {
  readonly number: number;
  readonly uid: number;
}

const flagKeys: Readonly<Record<string, string>> = {
  ANSWERED: '\\Answered',
  DELETED: '\\Deleted',
  DRAFT: '\\Draft',
  FLAGGED: '\\Flagged',
  SEEN: '\\Seen',
};

/** Runs SEARCH, or UID SEARCH where `by` is `uid`. */
export function search(session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid'): Outcome {
  const all = session.selected.all();
  const largest = { number: all.length, uid: all.at(-1)?.message.uid ?? 0 };
  const withCharset = keyword(given[0]) === 'CHARSET';
  const test = given.length > 0 ? readAll(withCharset ? given.slice(2) : given, largest, 0) : undefined;
  if (test === undefined)
    return tagged(
      'NO [CANNOT] The demo mailbox searches by flags, numbers, UIDs and text only, and not deep in one another',
    );
  const found = all.filter(test).map(({ number, message }) => (by === 'uid' ? message.uid : number));
  session.send(['* SEARCH', ...found].join(' '));
  return tagged('OK SEARCH completed');
}

/** All criteria at once; undefined where one is not known, or too deep in others. */
function readAll(given: readonly Argument[], largest: Largest, depth: number): Test | undefined {
  const tests: Test[] = [];
  for (let at = 0; at < given.length; ) {
    const criterion = readCriterion(given.slice(at), largest, depth);
    if (criterion === undefined) return undefined;
    tests.push(criterion.test);
    at += criterion.length;
  }
  return (candidate) => tests.every((test) => test(candidate));
}

function readCriterion(given: readonly Argument[], largest: Largest, depth: number): Criterion | undefined {
  if (depth > deepest) return undefined;
  const inside = list(given[0]);
  if (inside) return only(readAll(inside, largest, depth + 1));
  const set = sequenceSet(given[0]);
  if (set) return only(({ number }) => inSet(set, number, largest.number));
  const key = keyword(given[0]) ?? '';
  const flag = flagKeys[key.replace(/^UN/, '')];
  if (flag !== undefined) {
    const wanted = !key.startsWith('UN');
    return only(({ message }) => message.flags.includes(flag) === wanted);
  }
  switch (key) {
    case 'ALL':
    case 'OLD':
      return only(() => true);
    case 'NEW':
    case 'RECENT':
      return only(() => false);
    case 'UID':
      return uidCriterion(sequenceSet(given[1]), largest);
    case 'NOT': {
      const inner = readCriterion(given.slice(1), largest, depth + 1);
      return inner && { test: (candidate) => !inner.test(candidate), length: 1 + inner.length };
    }
    case 'OR': {
      const left = readCriterion(given.slice(1), largest, depth + 1);
      const right = left && readCriterion(given.slice(1 + left.length), largest, depth + 1);
      if (!left || !right) return undefined;
      return { test: (one) => left.test(one) || right.test(one), length: 1 + left.length + right.length };
    }
    case 'FROM':
    case 'TO':
    case 'CC':
    case 'BCC':
    case 'SUBJECT':
      return fieldCriterion(key, given[1], 2);
    case 'HEADER':
      return fieldCriterion(wordOf(given[1])?.toUpperCase(), given[2], 3);
    case 'BODY':
    case 'TEXT':
      return textCriterion(key, given[1]);
    default:
      return undefined;
  }
}

function only(test: Test | undefined): Criterion | undefined {
  return test && { test, length: 1 };
}

function uidCriterion(set: SequenceSet | undefined, largest: Largest): Criterion | undefined {
  return set && { test: ({ message }) => inSet(set, message.uid, largest.uid), length: 2 };
}

function fieldCriterion(
  name: string | undefined,
  argument: Argument | undefined,
  length: number,
): Criterion | undefined {
  const wanted = wordOf(argument)?.toLowerCase();
  if (name === undefined || wanted === undefined) return undefined;
  const test: Test = ({ message }) =>
    headerFields(splitMessage(message.bytes).header).some(
      (field) => field.name === name && field.value.toLowerCase().includes(wanted),
    );
  return { test, length };
}

function textCriterion(where: 'BODY' | 'TEXT', argument: Argument | undefined): Criterion | undefined {
  const wanted = wordOf(argument)?.toLowerCase();
  if (wanted === undefined) return undefined;
  const test: Test = ({ message }) => {
    const bytes = where === 'BODY' ? splitMessage(message.bytes).text : message.bytes;
    return latin1(bytes).toLowerCase().includes(wanted);
  };
  return { test, length: 2 };
}

function wordOf(argument: Argument | undefined): string | undefined {
  const bytes = astring(argument);
  return bytes && latin1(bytes);
}
