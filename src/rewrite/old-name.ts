/** OLDNAME in a folder answer (RFC 9051 §6.3.9.7) names a folder too: the one that was renamed (P22). */
import {
  CLOSE_PARENTHESIS,
  concat,
  fromLatin1,
  latin1,
  OPEN_PARENTHESIS,
  readAstring,
  SPACE,
  skipParenthesised,
} from '../imap-parser-lite/index.ts';
import { decodeName, type FolderResponse } from './list.ts';
import type { NameEncoding } from './question.ts';

/** One item of the extended data: a tag and its value, from `start` to `end`. */
interface Item {
  readonly tag: string;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** The former name of the folder, decoded; undefined where the answer has none that can be read. */
export function oldName({ extended }: FolderResponse, names: NameEncoding): Uint8Array | undefined {
  const item = itemsOf(extended).find(({ tag }) => tag === 'OLDNAME');
  const name =
    item && extended[item.value] === OPEN_PARENTHESIS ? readAstring(extended, item.value + 1) : undefined;
  return name && decodeName(name.value, names);
}

/** The extended data without OLDNAME. */
export function withoutOldName(extended: Uint8Array): Uint8Array {
  const kept = itemsOf(extended).filter(({ tag }) => tag !== 'OLDNAME');
  if (kept.length === 0) return new Uint8Array(0);
  const parts = kept.flatMap(({ start, end }, at) => [
    fromLatin1(at === 0 ? ' (' : ' '),
    extended.subarray(start, end),
  ]);
  return concat([...parts, fromLatin1(')')]);
}

function itemsOf(extended: Uint8Array): Item[] {
  const items: Item[] = [];
  if (extended[0] !== SPACE || extended[1] !== OPEN_PARENTHESIS) return items;
  let at = 2;
  while (at < extended.length && extended[at] !== CLOSE_PARENTHESIS) {
    const tag = readAstring(extended, at);
    if (tag === undefined || extended[tag.end] !== SPACE) return items;
    const value = tag.end + 1;
    const end =
      extended[value] === OPEN_PARENTHESIS
        ? skipParenthesised(extended, value)
        : readAstring(extended, value)?.end;
    if (end === undefined) return items;
    items.push({ tag: latin1(tag.value).toUpperCase(), value, start: at, end });
    at = extended[end] === SPACE ? end + 1 : end;
  }
  return items;
}
