/** What an operator reads of a script that fails: once for each distinct error, with all that helps to find it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorBook } from '../../src/hooks/error-book.ts';
import { ERRORS_KEPT, REPORT_AGAIN } from '../../src/hooks/limits.ts';
import { list, listQuestion, openScript } from './scripted-host.ts';

const failing = `local function inner(name)
  error("no idea of " .. #name)
end
function DoListResult(folder, attributes, extended)
  inner(folder)
  return true
end`;

test('an error is told with function, arguments and traceback, once for a batch, and not again for the next', async (t) => {
  const { session, events, host } = await openScript(t, failing);
  const names = listQuestion('AAA', 'BBB', 'CCCC');
  await list(session, names);
  await list(session, names);
  assert.deepEqual(
    events.map((event) => event.kind === 'failed' && [event.call, event.message, event.count]),
    [
      ['DoListResult', 'script.lua:2: no idea of 3', 2],
      ['DoListResult', 'script.lua:2: no idea of 4', 1],
    ],
  );
  const [first] = events;
  assert.ok(first?.kind === 'failed');
  assert.equal(first.arguments, '"AAA", "\\HasNoChildren", ""');
  assert.match(
    first.traceback,
    /^\[(C|JS)\]: in function 'error' < script\.lua:2: in .*inner.* < script\.lua:5: in/,
  );
  assert.deepEqual(
    host.errors.map(({ message, count }) => [message, count]),
    [
      ['script.lua:2: no idea of 4', 2],
      ['script.lua:2: no idea of 3', 4],
    ],
  );
});

test('what a client sent reaches a message about an error as harmless text (A8)', async (t) => {
  const { session, events } = await openScript(t, failing);
  await list(session, listQuestion('\x1b[2Jred'));
  const [first] = events;
  assert.ok(first?.kind === 'failed');
  assert.doesNotMatch(first.arguments, /\x1b/);
});

test('an error that goes on is told again after a minute, with the times in between', () => {
  const book = new ErrorBook();
  const failure = { message: 'm', arguments: '', traceback: '', count: 2 };
  assert.equal(book.note('DoLogin', 's1', failure, 1000), 2);
  assert.equal(book.note('DoLogin', 's2', failure, 2000), undefined);
  assert.equal(book.note('DoCommand', 's2', failure, 2000), 2, 'another function is another error');
  assert.equal(book.note('DoLogin', 's3', failure, 1000 + REPORT_AGAIN), 4);
  const [latest] = book.all;
  assert.deepEqual([latest?.count, latest?.session, latest?.first], [6, 's3', 1000]);
});

test('a script that says something else each time fills no memory', () => {
  const book = new ErrorBook();
  for (let at = 0; at < 10 * ERRORS_KEPT; at++) {
    book.note('DoLogin', 's', { message: `m${at}`, arguments: '', traceback: '', count: 1 }, at);
  }
  assert.equal(book.all.length, ERRORS_KEPT);
  assert.equal(book.all[0]?.message, `m${10 * ERRORS_KEPT - 1}`);
});
