/** HTTP from a script, against servers that are slow, wrong, huge and gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { HookEvent, HookHost } from '../../../src/hooks/hook-host.ts';
import { createHookHost } from '../../../src/hooks/host.ts';
import type { HookContext } from '../../../src/rewrite/question.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { close, freePorts, listen, portOf } from '../../support/ports.ts';
import { without } from '../../support/required.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

let folder = '';
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

const context: HookContext = {
  ...{ session: 's', client: '192.0.2.1', server: '192.0.2.2', serverport: 143, tls: false },
  ...{ user: undefined, command: undefined },
};

/** A web service on a free port, ended with the test. */
async function service(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await listen(server);
  t.after(() => {
    server.closeAllConnections();
    return close(server);
  });
  return `127.0.0.1:${portOf(server)}`;
}

let scripts = 0;

interface Limits {
  readonly allow: readonly string[];
  readonly timeout?: number;
  readonly responseSize?: number;
}

/** A script whose DoGreeting is the given Lua, `url` being the text that it is asked with. */
async function scripted(
  t: TestContext,
  body: string,
  { allow, timeout = 5000, responseSize = 1024 }: Limits,
): Promise<{ say(url: string): Promise<string>; host: HookHost; events: HookEvent[] }> {
  scripts++;
  const script = join(folder, `script${scripts}.lua`);
  await writeFile(script, `function DoGreeting(client, url) ${body} end`);
  const events: HookEvent[] = [];
  const http = { allow, timeout, responseSize };
  const host = await createHookHost({ script, deadline: 1000, onError: 'pass', http }, (event) =>
    events.push(event),
  );
  assert.ok(!('fault' in host), JSON.stringify(host));
  t.after(() => host.close());
  const say = async (text: string) => {
    const answer = await host.openSession().ask({ kind: 'greeting', text, context });
    assert.ok(answer.kind === 'greeting');
    return Buffer.from(answer.text, 'latin1').toString('utf8');
  };
  return { say, host, events };
}

/** The reply in one line, or the message. */
const inOneLine = `local reply, message = http.get(url)
  if not reply then return message end
  return reply.status .. " " .. reply.body .. " " .. (reply.headers["x-more"] or "")`;

test('GET and POST: status, headers and body, both ways', async (t) => {
  const at = await service(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('X-More', ['one', 'two']);
      response.statusCode = request.method === 'POST' ? 201 : 404;
      response.end(`${request.method} ${request.url} ${request.headers['x-key']} ${Buffer.concat(chunks)}`);
    });
  });
  const { say } = await scripted(
    t,
    `local got = http.get(url .. "/a?b=1", { headers = { ["X-Key"] = "k" } })
  local posted = http.post(url, "ü{}", { headers = { ["X-Key"] = "p" }, timeout = 2 })
  return got.status .. got.body .. "|" .. posted.status .. posted.body .. "|" .. posted.headers["x-more"]`,
    { allow: ['127.0.0.1'] },
  );
  assert.equal(await say(`http://${at}`), '404GET /a?b=1 k |201POST / p ü{}|one, two');
});

test('a slow service costs its own session only: others are answered meanwhile, and the deadline is for Lua', async (t) => {
  let release = (): void => {};
  const arrived = new Promise<void>((asked) => {
    void service(t, (_request, response) => {
      release = () => response.end('late');
      asked();
    }).then((at) => start(at));
  });
  let start: (at: string) => void = () => {};
  const at = await new Promise<string>((resolve) => {
    start = resolve;
  });
  const { say } = await scripted(
    t,
    `if url == "quick" then return "at once" end
  local before = client
  local reply = http.get(url)
  return before .. " " .. reply.body`,
    { allow: ['127.0.0.1'] },
  );
  const waiting = say(`http://${at}/`);
  await arrived;
  assert.equal(await say('quick'), 'at once');
  // Longer than hooks.deadline: waiting is not Lua's time.
  const until = Date.now() + 1200;
  while (Date.now() < until) assert.equal(await say('quick'), 'at once');
  release();
  assert.equal(await waiting, '192.0.2.1 late');
});

test('too slow, too large, gone, no HTTP: nil and a sentence, and never the URL', async (t) => {
  const slow = await service(t, () => {});
  const huge = await service(t, (_request, response) => {
    response.on('error', () => {});
    const more = () => {
      while (response.write(Buffer.alloc(16 * 1024, 'x')));
    };
    response.on('drain', more);
    more();
  });
  const cut = await service(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const wrong = createTcpServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('* OK IMAP ready\r\n'),
  );
  await listen(wrong);
  t.after(() => close(wrong));
  const [gone = 0] = await freePorts(1);
  const { say } = await scripted(t, inOneLine, { allow: ['127.0.0.1'], timeout: 500 });
  assert.equal(await say(`http://${slow}/key`), 'no whole answer within 500 milliseconds');
  assert.equal(await say(`http://${huge}/key`), 'the answer has more than 1024 bytes');
  assert.equal(await say(`http://${cut}/key`), 'the connection ended before the answer');
  assert.equal(await say(`http://127.0.0.1:${portOf(wrong)}/key`), 'the answer is no HTTP');
  assert.equal(await say(`http://127.0.0.1:${gone}/key`), 'nothing listens there');
});

/** A port that answers no SYN: the queue of its listener is full, and nobody takes from it. */
async function blackHole(t: TestContext): Promise<number> {
  const listener = new Worker(
    `const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`,
    { eval: true },
  );
  const [port] = (await once(listener, 'message')) as [number];
  const queued = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  t.after(async () => {
    for (const socket of queued) socket.on('error', () => {}).destroy();
    await listener.terminate();
  });
  await Promise.all(queued.map((socket) => once(socket, 'connect')));
  return port;
}

test('a host that answers nothing, not even a connection, takes no longer than any other', async (t) => {
  const port = await blackHole(t);
  const { say } = await scripted(t, inOneLine, { allow: ['127.0.0.1'], timeout: 500 });
  const began = performance.now();
  assert.equal(await say(`http://127.0.0.1:${port}/`), 'no whole answer within 500 milliseconds');
  assert.ok(performance.now() - began < 5000);
});

test('what undici finds wrong is said in its words, without the URL', async (t) => {
  const at = await service(t, (_request, response) => {
    response.setHeader('x-long', 'x'.repeat(64 * 1024));
    response.end();
  });
  const { say } = await scripted(t, inOneLine, { allow: ['127.0.0.1'] });
  assert.equal(await say(`http://${at}/key`), 'Headers Overflow Error');
});

test('only hosts that are allowed, by redirects too; redirects keep no secret for another host', async (t) => {
  const seen: string[] = [];
  const other = await service(t, (request, response) => {
    seen.push(`${request.method} ${request.headers.authorization}`);
    response.end('other');
  });
  const at = await service(t, (request, response) => {
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/out')
      response.writeHead(302, { location: `http://localhost:${other.split(':')[1]}/` }).end();
    else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (request.url === '/other') response.writeHead(303, { location: `http://${other}/` }).end();
    else response.end('here');
  });
  const { say } = await scripted(
    t,
    `local reply, message = http.post(url, "x", { headers = { Authorization = "secret" } })
  return reply and reply.body or message`,
    { allow: [at, other] },
  );
  assert.equal(await say(`http://${at}/`), 'here');
  assert.equal(await say(`http://${at}/other`), 'other');
  assert.deepEqual(seen, ['GET undefined']);
  assert.equal(await say(`http://${at}/loop`), 'redirected more than 5 times');
  assert.match(await say(`http://${at}/out`), /^localhost:\d+ is not in hooks\.http\.allow$/);
  assert.equal(await say(`http://${at}/file`), 'this is no http or https URL');
  assert.match(await say('http://127.0.0.1:1/'), /^127\.0\.0\.1:1 is not in/);
  assert.match(await say('http://example.org/'), /^example\.org:80 is not in/);
  assert.match(await say(`http://user:pw@${at}/`), /password in it is not used/);
  assert.equal(await say('imap://127.0.0.1/'), 'this is no http or https URL');
  assert.equal(seen.length, 1, 'nobody was asked who is not allowed');
});

test('TLS is verified', { skip: without('openssl') }, async (t) => {
  const certificates = await makeCertificates(folder);
  const server = createTlsServer(
    { cert: readFileSync(certificates.cert), key: readFileSync(certificates.key) },
    (_request, response) => response.end('secret'),
  );
  await listen(server);
  t.after(() => close(server));
  const { say } = await scripted(t, inOneLine, { allow: ['localhost'] });
  assert.match(await say(`https://localhost:${portOf(server)}/`), /^the certificate cannot be verified \(/);
});

test('connections are kept: from one call to the next, and from one request of a call to the next', async (t) => {
  const ports = new Set<number | undefined>();
  const at = await service(t, (request, response) => {
    ports.add(request.socket.remotePort);
    if (request.url === '/old') response.writeHead(302, { location: '/new' });
    response.end('x');
  });
  const { say } = await scripted(t, `for at = 1, 3 do http.get(url) end ${inOneLine}`, {
    allow: ['127.0.0.1'],
  });
  for (let times = 0; times < 5; times++) assert.equal(await say(`http://${at}/old`), '200 x ');
  assert.equal(ports.size, 1);
});

test('where a script cannot wait, and too many requests in one call, are errors with a line', async (t) => {
  const at = await service(t, (_request, response) => response.end('x'));
  const { say, events } = await scripted(
    t,
    `if url == "sort" then table.sort({ 1, 2 }, function() http.get("http://x") end) end
  if url == "header" then http.get("http://x", { headers = { ["a b"] = "c" } }) end
  if url == "line" then http.get("http://x", { headers = { a = "c\\r\\nd" } }) end
  local fine, message = pcall(http.get, url)
  for at = 1, 20 do http.get(url) end`,
    { allow: ['127.0.0.1'] },
  );
  for (const url of ['sort', 'header', 'line', `http://${at}/`]) assert.equal(await say(url), url);
  const messages = events.filter((event) => event.kind === 'failed').map(({ message }) => message);
  assert.match(messages[0] ?? '', /^script\d+\.lua:1: this cannot be used here/);
  assert.match(messages[1] ?? '', /a header has a name that is none/);
  assert.match(messages[2] ?? '', /a header has a line end in it/);
  assert.match(messages[3] ?? '', /more than 10 requests in one call/);
});

test('a timeout is any number of seconds above 0; anything else is an error with a line, and harms nobody else', async (t) => {
  const at = await service(t, (_request, response) => response.end('x'));
  const silent = await service(t, () => {});
  const { say, host, events } = await scripted(
    t,
    `local timeouts = { third = 31/3, thousandth = 8.005, short = 0.0015, huge = math.huge, whole = 2,
    zero = 0, negative = -1, nan = 0/0, infinite = -math.huge, text = "2", yes = true }
  local name, to = string.match(url, "^(%a+) (.*)$")
  local reply, message = http.get(to, { timeout = timeouts[name] })
  return reply and reply.body or message`,
    { allow: ['127.0.0.1'] },
  );
  for (const name of ['third', 'thousandth', 'huge', 'whole', 'unnamed']) {
    assert.equal(await say(`${name} http://${at}/`), 'x');
  }
  assert.equal(await say(`short http://${silent}/`), 'no whole answer within 2 milliseconds');
  const refused = ['zero', 'negative', 'nan', 'infinite', 'text', 'yes'];
  for (const name of refused) {
    const asked = `${name} http://${at}/`;
    assert.equal(await say(asked), asked, 'the greeting stays');
  }
  const [error, ...others] = host.errors;
  assert.match(error?.message ?? '', /^script\d+\.lua:4: timeout must be a number of seconds above 0$/);
  assert.deepEqual([error?.count, others], [refused.length, []]);
  assert.ok(!events.some(({ kind }) => kind === 'thread-ended'));
});

test('without an allowed host HTTP is off, and says so', async (t) => {
  const { say } = await scripted(t, inOneLine, { allow: [] });
  assert.equal(await say('http://127.0.0.1/'), 'HTTP is off: hooks.http.allow names no host');
});

test('a script that loops while others wait ends, and those are asked again', async (t) => {
  let requests = 0;
  let arrived = (): void => {};
  const at = await service(t, (_request, response) => {
    requests++;
    if (requests > 1) response.end('second');
    else arrived();
  });
  const first = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { say } = await scripted(t, `if url == "loop" then while true do end end\n${inOneLine}`, {
    allow: ['127.0.0.1'],
  });
  const waiting = say(`http://${at}/`);
  await first;
  assert.equal(await say('loop'), 'loop');
  assert.equal(await waiting, '200 second ');
});

test('an error at any depth is the same as without HTTP: the thread stays, and who waits goes on', async (t) => {
  const body = `counted = (counted or 0) + 1
  if url == "count" then return tostring(counted) end
  local function deep(left) if left == 0 then error("deep") end return 1 + deep(left - 1) end
  local function endless() return 1 + endless() end
  if url == "deep" then return deep(50) end
  if url == "endless" then return endless() end
  return http.get(url).body`;
  const failed = ['deep', 'endless'];
  const told = async (allow: readonly string[]) => {
    const { say, events } = await scripted(t, body, { allow });
    for (const url of failed) assert.equal(await say(url), url);
    return events
      .filter(({ kind }) => kind !== 'answered')
      .map((event) =>
        event.kind === 'failed'
          ? [event.message, event.traceback].map((text) => text.replace(/script\d+/g, 'script'))
          : event,
      );
  };
  const inCoroutines = await told(['127.0.0.1']);
  assert.equal(inCoroutines.length, failed.length, JSON.stringify(inCoroutines));
  assert.deepEqual(inCoroutines, await told([]));

  let release = (): void => {};
  let asked = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const at = await service(t, (_request, response) => {
    release = () => response.end('late');
    asked();
  });
  const { say } = await scripted(t, body, { allow: ['127.0.0.1'] });
  const waiting = say(`http://${at}/`);
  await arrived;
  for (const url of failed) assert.equal(await say(url), url);
  release();
  assert.equal(await waiting, 'late');
  assert.equal(await say('count'), '4', 'the globals are those of the first call');
});
