/** What an operator reads of a script that fails: once for each distinct error, with all that helps to find it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ErrorBook } from '../../src/hooks/error-book.ts';
import { createHookHost } from '../../src/hooks/host.ts';
import { ERRORS_KEPT, REPORT_AGAIN } from '../../src/hooks/limits.ts';
import { failures, folderWith, list, listQuestion, openFile, openScript } from './scripted-host.ts';

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
    [['DoListResult', 'script.lua:2: no idea of 3', 3]],
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
    [['script.lua:2: no idea of 3', 6]],
  );
});

test('what a client sent reaches a message about an error as harmless text (A8)', async (t) => {
  const { session, events } = await openScript(t, failing);
  await list(session, listQuestion('\x1b[2Jred'));
  const [first] = events;
  assert.ok(first?.kind === 'failed');
  assert.doesNotMatch(first.arguments, /\x1b/);
});

test('the name of a script may have spaces: it stands once before the line, and one line is one error', async (t) => {
  const folder = folderWith(t, { 'my script.lua': failing });
  const { session, events } = await openFile(t, join(folder, 'my script.lua'));
  await list(session, listQuestion('A', 'BB'));
  assert.deepEqual(
    events.map((event) => event.kind === 'failed' && [event.message, event.count]),
    [['my script.lua:2: no idea of 1', 2]],
  );
});

test('a name that a script gives to its own code moves no cursor in a message (A8)', async (t) => {
  const { session, events } = await openScript(t, 'load("function DoListResult() end", "@a\\nb\\27[31m")()');
  await list(session, listQuestion('x'));
  assert.deepEqual(failures(events), [
    String.raw`a\nb\x1b[31m:1: DoListResult returned nil first, not true or false (is a return missing?)`,
  ]);
});

test('an error that goes on is told again after a minute, with the times in between', () => {
  const book = new ErrorBook();
  const failure = { place: 'p', message: 'm', arguments: '', traceback: '', count: 2 };
  assert.equal(book.note('DoLogin', 's1', failure, 1000), 2);
  assert.equal(book.note('DoLogin', 's2', failure, 2000), undefined);
  assert.equal(book.note('DoCommand', 's2', failure, 2000), 2, 'another function is another error');
  assert.equal(book.note('DoLogin', 's3', failure, 1000 + REPORT_AGAIN), 4);
  const other = { ...failure, message: 'another name' };
  assert.equal(book.note('DoLogin', 's3', other, 1001 + REPORT_AGAIN), undefined, 'the same place');
  const [latest] = book.all;
  assert.equal(latest?.message, 'another name');
  assert.deepEqual([latest?.count, latest?.session, latest?.first], [8, 's3', 1000]);
});

test('a script that says something else each time fills no memory', () => {
  const book = new ErrorBook();
  for (let at = 0; at < 10 * ERRORS_KEPT; at++) {
    book.note(
      'DoLogin',
      's',
      { place: `p${at}`, message: `m${at}`, arguments: '', traceback: '', count: 1 },
      at,
    );
  }
  assert.equal(book.all.length, ERRORS_KEPT);
  assert.equal(book.all[0]?.message, `m${10 * ERRORS_KEPT - 1}`);
});

test('all calls that failed are counted, however many different things they say', async (t) => {
  const answered: number[] = [];
  const script = join(folderWith(t, { 'script.lua': failing.replace('#name', 'name') }), 'script.lua');
  const host = await createHookHost({ script, deadline: 2000, onError: 'pass' }, (event) => {
    if (event.kind === 'answered') answered.push(event.failures);
  });
  assert.ok(!('fault' in host));
  t.after(() => host.close());
  await host.openSession().ask(listQuestion(...Array.from({ length: 40 }, (_, at) => `folder ${at}`)));
  assert.deepEqual(answered, [40]);
  assert.equal(host.errors.length, 1, 'one line of the script is one error');
  assert.equal(host.errors[0]?.count, 40);
});
