/** What becomes of the log of a process whose standard output nobody reads for a while, or never. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../support/child.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

interface Logging {
  readonly child: ChildProcess;
  readonly output: NodeJS.ReadableStream;
  /** Resolves to what it writes to standard error next. */
  said(): Promise<string>;
  goOn(): void;
}

describe('a log that nobody reads', { timeout: 60_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
  });
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await removeFolder(folder);
  });

  /** A process that does this with `many(count)`, which logs so many lines of 350 bytes, and `log`. */
  const logging = async (kind: 'socket' | 'pipe', act: string): Promise<Logging> => {
    const module = new URL('../../src/observe/log.js', import.meta.url).href;
    const script = `import { once } from 'node:events';
      import { createLog } from '${module}';
      const log = createLog({ level: 'info', format: 'json' });
      const many = (count) => {
        for (let at = 0; at < count; at++) log.info({ at, filler: 'x'.repeat(280) }, 'line');
      };
      ${act}`;
    const args = ['--input-type=module', '-e', script];
    if (kind === 'socket') {
      const child = spawn(process.execPath, args);
      children.push(child);
      return loggingOf(child, child.stdout);
    }
    const name = join(folder, String(Math.random()));
    await run('mkfifo', [name]);
    const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(name, constants.O_WRONLY);
    const child = spawn(process.execPath, args, { stdio: ['pipe', writer, 'pipe'] });
    children.push(child);
    closeSync(writer);
    return loggingOf(child, new Socket({ fd: reader, readable: true, writable: false }));
  };

  for (const kind of ['socket', 'pipe'] as const) {
    test(`${kind}: the process goes on, and nothing is missing once somebody reads`, async () => {
      const { child, output, said, goOn } = await logging(
        kind,
        `many(3000);
        setTimeout(() => console.error('lives'), 50);
        await once(process.stdin, 'data');
        log.info('the last');`,
      );
      assert.equal(await said(), 'lives\n');
      const exit = once(child, 'exit');
      goOn();
      const read = await linesOf(output);
      assert.deepEqual(
        read.map(({ at }) => at),
        [...Array(3000).keys(), undefined],
      );
      assert.equal(read.at(-1)?.msg, 'the last');
      assert.deepEqual(await exit, [0, null]);
    });

    test(`${kind}: what is too much is lost, and how much is said`, async () => {
      const { output, said } = await logging(
        kind,
        `many(40_000);
        setTimeout(() => console.error('lives'), 50);
        setInterval(() => {}, 1000);`,
      );
      assert.equal(await said(), 'lives\n');
      const read: Line[] = [];
      for await (const line of eachLine(output)) {
        read.push(line);
        if (line.lines !== undefined) break;
      }
      const last = read.at(-1);
      assert.equal(last?.msg, 'lines of the log were lost: nobody read it');
      assert.deepEqual(
        read.slice(0, -1).map(({ at }) => at),
        [...Array(40_000 - Number(last?.lines)).keys()],
      );
      assert.ok(Number(last?.lines) < 20_000, `${last?.lines} were lost`);
    });

    test(`${kind}: a child that was given the output, too, does not make the process wait`, async () => {
      // Node has a child's outputs wait again, and a description that is shared is the parent's as well.
      const { output, said } = await logging(
        kind,
        `const { spawnSync } = await import('node:child_process');
        many(3000);
        spawnSync('true', { stdio: ['ignore', 'inherit', 'ignore'] });
        many(3000);
        setTimeout(() => console.error('lives'), 50);`,
      );
      assert.equal(await said(), 'lives\n');
      assert.equal((await linesOf(output)).length, 6000);
    });

    test(`${kind}: the process ends though nobody reads`, async () => {
      const { child } = await logging(kind, 'many(3000); setTimeout(() => process.exit(3), 50);');
      assert.deepEqual(await once(child, 'exit'), [3, null]);
    });
  }

  test('a reader that has gone costs nothing', async () => {
    const { child, output, said, goOn } = await logging(
      'socket',
      `many(3000);
      console.error('full');
      await once(process.stdin, 'data');
      many(3000);
      setTimeout(() => console.error('lives'), 50);`,
    );
    assert.equal(await said(), 'full\n');
    const exit = once(child, 'exit');
    (output as Socket).destroy();
    goOn();
    assert.equal(await said(), 'lives\n');
    assert.deepEqual(await exit, [0, null]);
  });
});

interface Line {
  readonly at?: number;
  readonly msg: string;
  readonly lines?: number;
}

function loggingOf(child: ChildProcess, output: NodeJS.ReadableStream): Logging {
  const stderr = child.stderr!;
  return {
    child,
    output,
    async said() {
      const [chunk] = (await once(stderr, 'data')) as [Buffer];
      return chunk.toString();
    },
    goOn: () => void child.stdin!.end('go on\n'),
  };
}

/** The lines of the log up to its end. Each has to be whole. */
async function linesOf(output: NodeJS.ReadableStream): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of eachLine(output)) lines.push(line);
  return lines;
}

async function* eachLine(output: NodeJS.ReadableStream): AsyncGenerator<Line> {
  let rest = '';
  for await (const chunk of output) {
    const texts = (rest + String(chunk)).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) yield JSON.parse(text) as Line;
  }
  assert.equal(rest, '');
}
