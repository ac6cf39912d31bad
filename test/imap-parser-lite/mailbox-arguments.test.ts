import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fromLatin1,
  latin1,
  quoted,
  readAstring,
  readCommandHead,
  readMailboxArguments,
} from '../../src/imap-parser-lite/index.ts';

/** `none`, `literal`, `unreadable`, or the names with `|` between them. */
function mailboxes(text: string): string {
  const line = fromLatin1(`${text}\r\n`);
  const found = readMailboxArguments(readCommandHead(line)!, line);
  if (found.kind !== 'named') return found.kind;
  for (const { start, end, value } of found.mailboxes) {
    assert.deepEqual(readAstring(line, start), { value, end }, 'the place is that of the name');
  }
  return found.mailboxes.map(({ value }) => latin1(value)).join('|');
}

test('P29: the mailboxes that a command names, in every spelling and place', () => {
  const table: readonly (readonly [command: string, expected: string])[] = [
    ['a SELECT x', 'x'],
    ['a select "a \\"b" (CONDSTORE)', 'a "b'],
    ['a STATUS x (MESSAGES)', 'x'],
    ['a RENAME x "y z"', 'x|y z'],
    ['a RENAME x {3}', 'literal'],
    ['a APPEND x (\\Seen) {5}', 'x'],
    ['a APPEND {3+}', 'literal'],
    ['a APPEND ~{3}', 'literal'],
    ['a COPY 1:* x', 'x'],
    ['a UID MOVE 1,2 "x"', 'x'],
    ['a uid replace 4 x {5}', 'x'],
    ['a GETMETADATA (MAXSIZE 1 DEPTH infinity) x /private/comment', 'x'],
    ['a GETMETADATA x /private/comment', 'x'],
    ['a NOOP', 'none'],
    ['a UID FETCH 1 FLAGS', 'none'],
    ['a UID', 'none'],
    ['a TOSTRING x', 'none'],
    ['a SELECT', 'unreadable'],
    ['a SELECT  x', 'unreadable'],
    ['a SELECT "x', 'unreadable'],
    ['a SELECT x"y"', 'unreadable'],
    ['a SELECT "x"y', 'unreadable'],
    ['a SELECT (x)', 'unreadable'],
    ['a COPY x', 'unreadable'],
    ['a RENAME x', 'unreadable'],
    ['a GETMETADATA (DEPTH 1', 'unreadable'],
    ['a getmetadata (depth 0) {6}', 'literal'],
    ['a GETMETADATA "" /shared/comment', ''],
    ['a GETQUOTA "x y"', 'x y'],
    ['a SETQUOTA x (STORAGE 5)', 'x'],
    // Cyrus reads a list as mailboxes, and as options only what is nothing else.
    ['a GETMETADATA (Hidden) /private/comment', 'unreadable'],
    ['a GETMETADATA (Hidden x) (/private/comment)', 'unreadable'],
    ['a GETMETADATA (DEPTH 1 Hidden) x /private/comment', 'unreadable'],
    ['a GETMETADATA (DEPTH x) x /private/comment', 'unreadable'],
    ['a GETMETADATA () x /private/comment', 'unreadable'],
    ['a GETMETADATA (DEPTH 1) (Hidden) /private/comment', 'unreadable'],
    ['a GETMETADATA (DEPTH 1) /private/comment', 'unreadable'],
    ['a SETMETADATA (Hidden) (/private/comment "x")', 'unreadable'],
    // Cyrus takes the first of two for the kind of the second.
    ['a SUBSCRIBE mailbox Hidden', 'unreadable'],
    ['a UNSUBSCRIBE mailbox {6}', 'unreadable'],
  ];
  for (const [command, expected] of table) assert.equal(mailboxes(command), expected, command);
});

test('A10: what is written upstream as a quoted string stays one, or is not written', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (value) => {
      const written = quoted(value);
      if (written === undefined) {
        assert.ok(value.some((byte) => byte === 0 || byte === 10 || byte === 13));
        return;
      }
      assert.doesNotMatch(latin1(written), /[\r\n\0]/);
      assert.deepEqual(readAstring(written, 0), { value, end: written.length });
    }),
  );
});
