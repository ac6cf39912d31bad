/**
 * What an operator, and fate, do to a proxy in years, every ten seconds: other certificates, another server, another
 * script, a broken one, a worker that dies, a server that is restarted. Each leaves the proxy as it has to be then.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dovecot } from '../support/dovecot.ts';
import type { Issued } from '../support/issuer.ts';
import type { ProxyOptions, RunningProxy } from '../support/proxy.ts';
import { hideFolders } from '../support/scripts.ts';
import { pidOf } from '../support/workers.ts';
import type { Shown } from './client.ts';
import type { Judge } from './judge.ts';

/** Scripts that hide the folder Secret, each in its way; where a call fails, `onError: hide` hides it as well. */
export const scripts: readonly string[] = [
  hideFolders(['Secret']),
  'function DoListResult(name) return not string.find(name, "^Secret") end',
  `function DoCapability(ip, caps) return (string.gsub(caps, " ID ", " ")) end
   function DoListResult(name)
     if name ~= "INBOX" then error("broken on purpose: " .. name) end
     return true
   end`,
];

const broken = 'function DoListResult(name\n';

export interface Stage {
  readonly proxy: RunningProxy;
  readonly judge: Judge;
  readonly servers: readonly [Dovecot, Dovecot];
  /** Where the proxy reads certificate and key from. */
  readonly live: Issued;
  readonly pairs: readonly (Issued & { readonly name: string })[];
  readonly workers: number;
}

export class Disturbances {
  readonly #stage: Stage;
  readonly #comingBack: Promise<void>[] = [];
  #round = 0;
  #certificate: Shown;
  /** What was done so far. */
  readonly counts = { reloads: 0, refusals: 0, kills: 0, restarts: 0 };

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#certificate = { name: stage.pairs[0]!.name };
  }

  /** What new handshakes have to be shown: another object after each change, and while one is made. */
  get certificate(): Shown {
    return this.#certificate;
  }

  /** Everything that is due this time; what dies may come back while the next is done. */
  async next(): Promise<void> {
    const round = ++this.#round;
    if (round % 3 === 1) await this.#breakScript();
    await this.#reload(round);
    // Seldom enough for most sessions to see many reloads and no death.
    if (round % 6 === 2) this.#meanwhile(this.#kill(1 + ((round / 2) % this.#stage.workers)));
    if (round % 6 === 4) this.#meanwhile(this.#restart(this.#stage.servers[(round / 2) % 2]!));
  }

  #meanwhile(death: Promise<void>): void {
    this.#comingBack.push(death.catch((error) => this.#stage.judge.fault((error as Error).message)));
  }

  /** Resolves when everything has come back that died. */
  async settled(): Promise<void> {
    await Promise.all(this.#comingBack);
  }

  async #reload(round: number): Promise<void> {
    const { proxy, servers, pairs, live, judge } = this.#stage;
    const pair = pairs[round % pairs.length]!;
    await cp(pair.key, live.key);
    await cp(pair.cert, live.cert);
    await proxy.configure({
      upstream: upstreamOf(servers[round % 2]!),
      script: scripts[round % scripts.length]!,
    });
    this.#certificate = { name: undefined };
    const entries = await proxy.reload();
    this.#certificate = { name: pair.name };
    this.counts.reloads++;
    if (!/^reloaded/.test(String(entries.at(-1)?.msg))) judge.fault('a reload was refused that is right');
  }

  async #breakScript(): Promise<void> {
    const { proxy, judge } = this.#stage;
    await proxy.configure({ script: broken });
    const entries = await proxy.reload();
    this.counts.refusals++;
    if (!/^not reloaded/.test(String(entries.at(-1)?.msg))) judge.fault('a broken script was taken');
    if (!entries.some(({ msg }) => /proxy\.yaml:\d+:\d+: hooks\.script: script\.lua:2: /.test(String(msg))))
      judge.fault('the log does not say where a script is broken');
  }

  async #kill(worker: number): Promise<void> {
    const { proxy, judge } = this.#stage;
    const before = proxy.log.length;
    const outage = judge.killed();
    process.kill(pidOf(proxy, worker), 'SIGKILL');
    await proxy.logged(new RegExp(`"worker":${worker}.*worker serves`), before);
    outage.to = Date.now();
    this.counts.kills++;
  }

  async #restart(server: Dovecot): Promise<void> {
    const outage = this.#stage.judge.restarted(`127.0.0.1:${server.ports.imap}`);
    await server.restart();
    outage.to = Date.now();
    this.counts.restarts++;
  }
}

export function upstreamOf(server: Dovecot): ProxyOptions['upstream'] {
  return { port: server.ports.imap, encryption: 'none', connectTimeout: '5s' };
}

/** The pair in files of its own, which others can be copied over. */
export async function liveCopy(pair: Issued, folder: string): Promise<Issued> {
  const live = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') };
  await cp(pair.cert, live.cert);
  await cp(pair.key, live.key);
  return live;
}
