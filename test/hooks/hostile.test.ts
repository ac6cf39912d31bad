/** Scripts that loop, swell or die: what it costs their session, and that it costs nobody else. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHookHost } from '../../src/hooks/host.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import {
  capability,
  encryption,
  folderWith,
  list,
  listed,
  listQuestion,
  openFile,
  openScript,
} from './scripted-host.ts';

const loops = `function DoListResult(f, a, e)
  if f == "loop" then while true do end end
  return true, a .. " \\\\Seen", e
end
function DoCapability(ip, caps) return caps:lower() end`;
const seen = (name: string): string => listed(name, '\\HasNoChildren \\Seen').toString();
const missed = (strikes: number, limit: 'time' | 'memory' = 'time') => ({
  kind: 'deadline-missed',
  session: 's1',
  call: 'DoListResult',
  strikes,
  limit,
});

for (const [place, names] of [
  ['first', ['loop', 'a', 'b']],
  ['middle', ['a', 'loop', 'b']],
  ['last', ['a', 'b', 'loop']],
  ['only', ['loop']],
] as const) {
  test(`an endless loop for the ${place} folder: it is answered by onError, the others by the script`, async (t) => {
    for (const onError of ['pass', 'hide'] as const) {
      const { session, events } = await openScript(t, loops, { deadline: 50, onError });
      const stuck = onError === 'pass' ? listed('loop').toString() : undefined;
      const expected = names.map((name) => (name === 'loop' ? stuck : seen(name)));
      assert.deepEqual(await list(session, listQuestion(...names)), expected);
      assert.deepEqual(events, [missed(1)]);
    }
  });
}

test("another session's question, queued behind an endless loop, is answered by the new thread", async (t) => {
  const { host, session } = await openScript(t, loops, { deadline: 100 });
  const other = host.openSession();
  const [stuck, folders, capabilities] = await Promise.all([
    list(session, listQuestion('loop')),
    list(other, listQuestion('a')),
    capability(other, ' IDLE '),
  ]);
  assert.deepEqual(stuck, [listed('loop').toString()]);
  assert.deepEqual(folders, [seen('a')]);
  assert.equal(capabilities, ' idle ');
});

test('the event loop goes on while a script is stuck', async (t) => {
  const { session } = await openScript(t, loops, { deadline: 300 });
  let longest = 0;
  let last = performance.now();
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await list(session, listQuestion('loop'));
  clearInterval(ticking);
  assert.ok(longest < 100, `the event loop stood still for ${longest} ms`);
});

test('a pattern that takes for ever is ended (L5)', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoListResult(f, a, e)
       string.find(string.rep("a", 400), "a-a-a-a-a-a-a-b")
       return false
     end`,
    { deadline: 50 },
  );
  assert.deepEqual(await list(session, listQuestion('x')), [listed('x').toString()]);
  assert.deepEqual(events, [missed(1)]);
});

test('neither pcall around an endless loop nor an error handler keeps a script alive (L1, L2)', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoListResult()
       while true do pcall(function() while true do end end) end
     end
     function DoCapability()
       xpcall(error, function() while true do end end)
     end
     function GetEncryption()
       error(setmetatable({}, { __tostring = function() while true do end end }))
     end`,
    { deadline: 50 },
  );
  assert.deepEqual(await list(session, listQuestion('x')), [listed('x').toString()]);
  assert.equal(await capability(session, ' A '), ' A ');
  assert.equal(await encryption(session, 3), 3);
  assert.deepEqual(
    events.map((event) => event.kind),
    ['deadline-missed', 'deadline-missed', 'deadline-missed', 'given-up'],
  );
});

for (const [what, bomb] of [
  ['a table that grows', 'local t = {} while true do t[#t + 1] = {} end'],
  ['numbers without end', 'local t = {} for i = 1, 2147483647 do t[i] = i end'],
  ['a chain of closures', 'local f while true do local g = f f = function() return g end end'],
  ['a string that doubles', 'local s = "x" while true do s = s .. s end'],
  ['a doubling string under pcall', 'local s = "x" while true do pcall(function() s = s .. s end) end'],
  ['kept repetitions', 'local t = {} while true do t[#t + 1] = string.rep("x", 1000000) end'],
  ['a huge key', 'local s = "x" while true do s = s .. s local t = { [s] = 1 } end'],
  ['packed padding', 'local t = {} while true do t[#t + 1] = string.pack("c2147483647", "") end'],
] as const) {
  test(`${what}: the thread is ended long before its deadline, the process lives (L4)`, async (t) => {
    const { session, events } = await openScript(
      t,
      `function DoListResult(f) if f == "bomb" then ${bomb} end return true end`,
      { deadline: 60_000 },
    );
    const before = process.memoryUsage.rss();
    let highest = 0;
    const watching = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, 5);
    assert.deepEqual(await list(session, listQuestion('bomb', 'x')), [
      listed('bomb').toString(),
      listed('x').toString(),
    ]);
    clearInterval(watching);
    assert.deepEqual(events, [missed(1, 'memory')]);
    assert.ok(highest - before < 1024 ** 3, `the process grew by ${highest - before} bytes`);
  });
}

test('strings kept from call to call are bounded, and their thread is replaced (L4)', async (t) => {
  const { session, events } = await openScript(
    t,
    `kept = {}
     function DoCapability(ip, caps)
       for i = 1, 20 do kept[#kept + 1] = string.rep("x", 1000000) end
       return tostring(#kept)
     end`,
    { deadline: 60_000 },
  );
  let highest = 0;
  let last = 0;
  for (let call = 0; call < 30; call++) {
    last = Number(await capability(session, ' A '));
    highest = Math.max(highest, last);
  }
  assert.ok(highest >= 200 && highest <= 320, `kept up to ${highest}`);
  assert.ok(last < highest, 'a new thread began from nothing');
  assert.ok(events.every((event) => event.kind === 'thread-ended' && /strings/.test(event.message)));
  assert.ok(events.length > 0);
});

test('three missed deadlines, and the session is answered by onError without a call', async (t) => {
  const { host, session, events } = await openScript(t, loops, { deadline: 40, onError: 'hide' });
  const names = ['a', 'loop', 'b', 'loop', 'loop', 'c'];
  assert.deepEqual(
    await list(session, listQuestion(...names)),
    names.map(() => undefined),
    'the rest of the batch included',
  );
  assert.deepEqual(events, [missed(1), missed(2), missed(3), { kind: 'given-up', session: 's1' }]);
  assert.deepEqual(await list(session, listQuestion('a')), [undefined]);
  assert.equal(await capability(session, ' IDLE IMAP4rev1 '), 'IMAP4rev1');
  assert.equal(events.length, 4, 'reported once');
  assert.deepEqual(await list(host.openSession(), listQuestion('a')), [seen('a')]);
});

test("strikes are one session's own, and those of its questions in line count", async (t) => {
  const { host, session, events } = await openScript(t, loops, { deadline: 40 });
  const other = host.openSession();
  const [, , , late, good] = await Promise.all([
    list(session, listQuestion('loop')),
    list(session, listQuestion('loop')),
    list(session, listQuestion('loop')),
    list(session, listQuestion('late')),
    list(other, listQuestion('a')),
  ]);
  assert.deepEqual(late, [listed('late').toString()], 'given up before its turn');
  assert.deepEqual(good, [seen('a')]);
  assert.equal(events.filter((event) => event.kind === 'given-up').length, 1);
});

test('a batch may take longer than the deadline, each call of it may not', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoListResult() local till = os.clock() + 0.03 while os.clock() < till do end return false end`,
    { deadline: 500 },
  );
  const names = Array.from({ length: 40 }, (_, at) => `f${at}`);
  assert.deepEqual(
    await list(session, listQuestion(...names)),
    names.map(() => undefined),
  );
  assert.deepEqual(events, []);
});

test('a new thread runs the text that was opened, whatever has become of the files', async (t) => {
  const folder = folderWith(t, {
    'script.lua': `local word = require("word")\n${loops}\nfunction DoCapability() return word end`,
    'word.lua': 'return "old"',
  });
  const { session } = await openFile(t, join(folder, 'script.lua'), { deadline: 50 });
  writeFileSync(join(folder, 'script.lua'), 'x = =');
  writeFileSync(join(folder, 'word.lua'), 'return "new"');
  await list(session, listQuestion('loop'));
  assert.equal(await capability(session, ' A '), 'old');
});

test('a script that cannot be opened again is answered for by onError, and said so', async (t) => {
  // The flag is a module: it is read at most once a thread, and only the second thread finds it in the way.
  const folder = folderWith(t, {
    'script.lua': `${loops}\nfunction GetEncryption() return pcall(require, "flag") and 0 or 1 end\nif pcall(require, "flag") then error("second") end`,
  });
  const { session, events } = await openFile(t, join(folder, 'script.lua'), { deadline: 50 });
  writeFileSync(join(folder, 'flag.lua'), 'return true');
  assert.deepEqual(await list(session, listQuestion('loop', 'a')), [
    listed('loop').toString(),
    listed('a').toString(),
  ]);
  assert.deepEqual(events, [missed(1), { kind: 'thread-ended', message: 'script.lua:7: second' }]);
  assert.equal(await encryption(session, 3), 3);
});

test('close answers what waits, and a closed host still answers', async (t) => {
  const { host, session } = await openScript(t, loops, { deadline: 60_000, onError: 'hide' });
  const waiting = list(session, listQuestion('loop', 'a'));
  await host.close();
  assert.deepEqual(await waiting, [undefined, undefined]);
  assert.deepEqual(await list(session, listQuestion('a')), [undefined]);
});

test('an idle host does not keep the process alive, a waiting question does', async (t) => {
  const script = join(folderWith(t, { 'script.lua': loops }), 'script.lua');
  const code = `import { createHookHost } from ${JSON.stringify(new URL('../../src/hooks/host.js', import.meta.url))};
    const host = await createHookHost({ script: process.argv[1], deadline: 200, onError: 'pass' }, () => {});
    const context = { session: 's', client: '10.0.0.5', server: '10.0.0.1', serverport: 143, tls: false };
    const bytes = Buffer.from('* LIST () "/" "loop"\\r\\n');
    const folders = { bytes, lengths: Uint32Array.of(bytes.length) };
    const answer = await host.openSession().ask({ kind: 'list', names: 'utf8', context, folders });
    console.log(answer.fates.lengths[0] === -1);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 10_000,
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [exitCode] = await once(child, 'close');
  assert.equal(exitCode, 0);
  assert.equal(said.trim(), 'true');
});

test('without a script there is no thread and nothing is changed', async () => {
  const host = await createHookHost({ script: undefined, deadline: 100, onError: 'hide' }, () => {});
  assert.ok(!('fault' in host));
  assert.deepEqual(host.defines, noHooks);
  assert.deepEqual(await list(host.openSession(), listQuestion('a')), [listed('a').toString()]);
  await host.close();
});
