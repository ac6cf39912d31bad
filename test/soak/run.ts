/**
 * Years in a quarter of an hour: hundreds of users work through a proxy with two workers in front of two Dovecots,
 * while everything that an operator does happens every ten seconds. CONTRIBUTING.md says how it is called. What
 * always holds: the result is true only when something was done, and nothing was lost that did not have to be.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { makeCertificates } from '../support/certificates.ts';
import { startDovecot } from '../support/dovecot.ts';
import { makeIssuer } from '../support/issuer.ts';
import { startProxy } from '../support/proxy.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { User } from './client.ts';
import { Disturbances, liveCopy, scripts, upstreamOf } from './disturbances.ts';
import { Judge } from './judge.ts';
import { beginAndEnd, memoryOf } from './memory.ts';

export interface SoakOptions {
  /** Milliseconds. */
  readonly time: number;
  readonly sessions: number;
  /** Is given a line from time to time. */
  readonly say: (line: string) => void;
}

const WORKERS = 2;
/** Milliseconds. */
const DISTURBED_EVERY = 10_000;
const SAID_EVERY = 30_000;
const SAMPLED_EVERY = 1000;
/** Users who come in a second, at the beginning. */
const ARRIVALS = 40;
/** What memory may grow by: a tenth, and KiB for what a garbage collector has not come to yet. */
const GROWTH = { part: 1.1, kib: 24 * 1024 };

/** True: everything held. */
export async function soak({ time, sessions, say }: SoakOptions): Promise<boolean> {
  const folder = await temporaryFolder();
  const users = Array.from({ length: sessions }, (_, number) => `user${number}`);
  const dovecotOptions = {
    users: Object.fromEntries(users.map((user) => [user, passwords.everyone])),
    settings: ['default_client_limit = 4000', 'default_process_limit = 2000', 'default_vsz_limit = 1G'],
  };
  const servers = [await startDovecot(dovecotOptions), await startDovecot(dovecotOptions)] as const;
  const issuer = await makeIssuer(folder);
  const names = ['first', 'second', 'third'];
  const pairs = await Promise.all(
    names.map(async (name) => ({ name, ...(await issuer.issue(name, 'ecdsa', ['localhost'])) })),
  );
  const live = await liveCopy(pairs[0]!, folder);
  const proxy = await startProxy({
    listen: ['tls', 'starttls-required'],
    certificates: { ...(await makeCertificates(folder)), ca: issuer.ca },
    tls: { certificates: [live] },
    upstream: upstreamOf(servers[0]),
    script: scripts[0]!,
    // Of a busy machine it is not asked that each call is quick, and what is late would be hidden anyway.
    hooks: { onError: 'hide', deadline: '2s' },
    workers: WORKERS,
    logLevel: 'info',
    within: 60_000,
  });
  const judge = new Judge(proxy.log);
  const disturbances = new Disturbances({ proxy, judge, servers, live, pairs, workers: WORKERS });
  const done = { sessions: 0, commands: 0 };
  const crowd = users.map(
    (user, number) =>
      new User(
        {
          endpoint: proxy.endpoint(number % 2, number % 2 === 0 ? 'tls' : 'starttls'),
          account: { user, password: passwords.everyone },
          address: `127.1.${number >> 8}.${number & 255}`,
          certificate: () => disturbances.certificate,
        },
        {
          opened: () => done.sessions++,
          worked: () => done.commands++,
          lost: (loss) => judge.lost(loss),
          wrong: (sentence) => judge.fault(sentence),
        },
      ),
  );

  const lives: Promise<void>[] = [];
  for (const user of crowd) {
    lives.push(user.live());
    await pause(1000 / ARRIVALS);
  }
  say(`${sessions} users have come; ${WORKERS} workers, two Dovecots`);

  const samples: number[] = [];
  const sampling = setInterval(() => {
    judge.readLog();
    memoryOf(proxy, WORKERS).then((size) => samples.push(size));
  }, SAMPLED_EVERY);
  const began = performance.now();
  const tell = (): void => {
    const { reloads, refusals, kills, restarts } = disturbances.counts;
    const seconds = Math.round((performance.now() - began) / 1000);
    const memory = Math.round((samples.at(-1) ?? 0) / 1024);
    say(
      `${seconds} s: ${done.sessions} sessions, ${done.commands} commands, ${judge.excused} lost and excused; ` +
        `${reloads} reloads, ${refusals} refused, ${kills} workers killed, ${restarts} restarts of a server, ` +
        `${judge.scriptErrors} calls of a script failed; ${memory} MiB; ${judge.faults.length} faults`,
    );
  };
  const telling = setInterval(tell, SAID_EVERY);
  while (performance.now() - began < time && proxy.alive) {
    const until = performance.now() + DISTURBED_EVERY;
    await disturbances.next().catch((error) => judge.fault((error as Error).message.slice(0, 500)));
    await pause(Math.max(0, Math.min(until, began + time) - performance.now()));
  }
  await disturbances.settled();
  clearInterval(telling);
  clearInterval(sampling);
  for (const user of crowd) user.leave();
  await Promise.all(lives);
  tell();

  if (!proxy.alive) judge.fault('the proxy has ended');
  const { begin, end } = beginAndEnd(samples);
  const allowed = begin * GROWTH.part + GROWTH.kib;
  say(
    `memory: ${Math.round(begin / 1024)} MiB after the beginning, ${Math.round(end / 1024)} MiB at the end`,
  );
  if (end > allowed) judge.fault(`memory grows: ${begin} KiB, then ${end} KiB`);
  if (judge.scriptErrors === 0) judge.fault('no script has failed, which it should have');
  if (done.sessions < sessions) judge.fault(`there were ${done.sessions} logins only`);
  // Rejects for an exit code that is not 0, and for a password in the log.
  await proxy.stop().catch((error) => judge.fault((error as Error).message));
  judge.readLog();
  const { kills } = disturbances.counts;
  if (judge.deaths !== kills) judge.fault(`${judge.deaths} workers have died, and ${kills} were killed`);
  await Promise.all(servers.map((server) => server.stop()));
  await removeFolder(folder);
  for (const fault of judge.faults) say(`FAULT: ${fault}`);
  return judge.faults.length === 0;
}
