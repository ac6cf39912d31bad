/** Who compiles what: V8's helpers the event loop's code, and the script's thread its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Opens a script that works for a while; then this thread works until its own function is compiled too. */
const program = `
import { startLuaThread } from ${JSON.stringify(new URL('../../src/hooks/lua-thread.js', import.meta.url))};
const source = new TextEncoder().encode('local sum = 0 for at = 1, 2000000 do sum = sum + at end');
const thread = startLuaThread('thread');
const clock = new SharedArrayBuffer(24);
thread.postMessage({ clock, settings: {}, http: undefined, folder: '/', modules: [], source, name: 'busy.lua' });
thread.once('message', ({ kind }) => {
  function onEventLoop(times) {
    let sum = 0;
    for (let at = 0; at < times; at++) sum = (sum * 31 + at) | 0;
    return sum;
  }
  for (let time = 0; time < 100_000; time++) onEventLoop(1000);
  console.log('script:', kind);
  process.exit();
});
`;

test("a script's thread compiles its own code, the event loop has helpers for its own", {
  timeout: 60_000,
}, () => {
  const { stdout } = spawnSync(process.execPath, ['--trace-opt', '--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.match(stdout, /script: ready/);
  const ways = (name: string): string[] => {
    const compiled = new RegExp(
      `compiling method .*<JSFunction ${name} .*mode: ConcurrencyMode::k(\\w+)`,
      'g',
    );
    return [...new Set([...stdout.matchAll(compiled)].map(([, way]) => way!))];
  };
  assert.deepEqual(ways('luaV_execute'), ['Synchronous']);
  assert.deepEqual(ways('onEventLoop'), ['Concurrent']);
});
