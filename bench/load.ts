/**
 * The mail clients, as a process of its own. A job is prepared (connections made, logged in), started when the
 * parent has looked at the clock, and cleared away when it has looked again.
 */
import { ImapClient } from './imap-client.ts';

/** What the clients are to do; `port` is the contender's. */
export type Job =
  | { readonly kind: 'sessions'; readonly port: number; readonly clients: number; readonly count: number }
  /** `count` commands for each of `clients`. */
  | {
      readonly kind: 'commands';
      readonly port: number;
      readonly clients: number;
      readonly count: number;
      readonly command: string;
    }
  | { readonly kind: 'append'; readonly port: number; readonly count: number; readonly bytes: number }
  /**
   * Sessions that are only there until `finish` is said, and must then all still answer. Prepared more than once,
   * the sessions add up.
   */
  | { readonly kind: 'idle'; readonly port: number; readonly clients: number }
  /** `clients` sessions are there, and eight at a time of them say NOOP until `count` were said; as many before. */
  | { readonly kind: 'crowd'; readonly port: number; readonly clients: number; readonly count: number }
  /** One session says NOOP every few milliseconds; the result are the round trips. */
  | { readonly kind: 'pings'; readonly port: number; readonly count: number }
  /** One session after the other gives a command, until `finish` is said; the result is how long each took. */
  | { readonly kind: 'trouble'; readonly port: number; readonly command: string }
  /** A FETCH that is not read until `finish` is said. */
  | { readonly kind: 'unread'; readonly port: number; readonly bytes: number }
  /** A FETCH of which 64 KiB are read every 10 ms until `finish` is said; the result is how many bytes were. */
  | { readonly kind: 'slow'; readonly port: number; readonly bytes: number };

export type ToLoad =
  | { readonly say: 'prepare'; readonly job: Job }
  | { readonly say: 'start' }
  | { readonly say: 'finish' };

export type FromLoad =
  | { readonly said: 'prepared' }
  /** `milliseconds` from start to end; `samples` in milliseconds where the job takes any. */
  | { readonly said: 'done'; readonly milliseconds: number; readonly samples: readonly number[] }
  | { readonly said: 'cleared' }
  | { readonly said: 'failed'; readonly message: string };

const EVERY = 2;
const piece = Buffer.alloc(256 * 1024, `${'x'.repeat(76)}\r\n`);

let clients: ImapClient[] = [];
let job: Job | undefined;
let finish: () => void = () => {};
let finished: Promise<void> = Promise.resolve();

/** Twenty at a time, for a backlog is short. */
async function connectAll(port: number, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await ImapClient.connect(port);
      await client.command('LOGIN user password');
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

async function prepare(next: Job): Promise<void> {
  job = next;
  finished = new Promise((resolve) => {
    finish = resolve;
  });
  if (next.kind === 'sessions' || next.kind === 'trouble') return;
  await connectAll(next.port, 'clients' in next ? next.clients : 1);
  // What new sessions leave to clear up, thousands of them or those before, is no cost of the commands that come later.
  if (next.kind === 'crowd') await crowd(Math.max(4 * next.clients, next.count / 4));
}

async function start(): Promise<number[]> {
  switch (job?.kind) {
    case 'sessions':
      await sessions(job.port, job.clients, job.count);
      return [];
    case 'commands': {
      const { count, command } = job;
      await Promise.all(clients.map((client) => repeat(client, command, count)));
      return [];
    }
    case 'append':
      for (let at = 0; at < job.count; at++) await clients[0]!.append(job.bytes, piece);
      return [];
    case 'idle':
      await finished;
      await crowd(clients.length);
      return [];
    case 'crowd':
      await crowd(job.count);
      return [];
    case 'pings':
      return await pings(job.count);
    case 'trouble':
      return await trouble(job.port, job.command);
    case 'unread':
      await unread(job.bytes);
      return [];
    case 'slow':
      clients[0]!.fetchSlowly(job.bytes, 64 * 1024, 10);
      await finished;
      return [clients[0]!.bytes];
    default:
      throw new Error('there is no job');
  }
}

async function sessions(port: number, side: number, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await ImapClient.connect(port);
      await client.command('LOGIN user password');
      await client.command('LOGOUT');
      client.close();
    }
  };
  await Promise.all(Array.from({ length: side }, worker));
}

async function repeat(client: ImapClient, command: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await client.command(command);
}

async function crowd(count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await clients[next++ % clients.length]!.command('NOOP');
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function pings(count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let at = 0; at < count; at++) {
    const before = performance.now();
    await clients[0]!.command('NOOP');
    samples.push(performance.now() - before);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  return samples;
}

async function trouble(port: number, command: string): Promise<number[]> {
  const samples: number[] = [];
  let over = false;
  void finished.then(() => {
    over = true;
  });
  while (!over) {
    const client = await ImapClient.connect(port);
    await client.command('LOGIN user password');
    const before = performance.now();
    await client.command(command);
    samples.push(performance.now() - before);
    client.close();
  }
  return samples;
}

async function unread(bytes: number): Promise<void> {
  const fetching = clients[0]!.fetchUnread(bytes);
  await finished;
  await fetching.goOn();
}

function say(message: FromLoad): void {
  process.send?.(message);
}

async function hear(message: ToLoad): Promise<void> {
  switch (message.say) {
    case 'prepare':
      await prepare(message.job);
      say({ said: 'prepared' });
      return;
    case 'start': {
      const before = performance.now();
      const samples = await start();
      const milliseconds = performance.now() - before;
      say({ said: 'done', milliseconds, samples });
      for (const client of clients) client.close();
      clients = [];
      say({ said: 'cleared' });
      return;
    }
    case 'finish':
      finish();
  }
}

process.on('message', (message: ToLoad) => {
  hear(message).catch((error: unknown) => {
    say({ said: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
