/** HTTP without a script: what becomes of it where the process has no file left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('once the script has started, requests that meet no file left fail, and those after them do not', () => {
  const module = new URL('../../../src/hooks/library/http-request.js', import.meta.url).href;
  const script = `import { openSync, closeSync } from 'node:fs';
    import { createServer } from 'node:http';
    import { HttpClient } from '${module}';
    const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const host = '127.0.0.1:' + server.address().port;
    const client = new HttpClient({ allow: [host], timeout: 5000, responseSize: 1024 });
    const ask = () => client.send({ method: 'GET', url: 'http://' + host, headers: {}, body: undefined }, 5000);
    server.unref();
    await new Promise((resolve) => process.once('beforeExit', resolve));
    const files = [];
    try { for (;;) files.push(openSync('/dev/null')); } catch {}
    server.ref();
    const first = await ask();
    for (const file of files) closeSync(file);
    const second = await ask();
    console.log(JSON.stringify(['fault' in first, second.status]));
    process.exit(0);`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { encoding: 'utf8' },
  );
  assert.equal(stdout, '[true,200]\n', stderr);
});
