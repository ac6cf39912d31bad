/** Where all contenders stand: one upstream, one certificate, one load, and what a run of a job cost. */
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from '../test/support/certificates.ts';
import { freePorts } from '../test/support/ports.ts';
import { removeFolder, temporaryFolder } from '../test/support/temporary-folder.ts';
import { type Cores, startModule, stop } from './child.ts';
import { Clients } from './clients.ts';
import type { Contender, Entrant, Place } from './contenders/contender.ts';
import type { Job } from './load.ts';
import { cpuOf, familyOf } from './measure.ts';

/** One run of a job against one contender. CPU in microseconds; busy: shares of the time that the run took. */
export interface Run {
  readonly cpu: number;
  readonly seconds: number;
  readonly samples: readonly number[];
  readonly busy: { readonly proxy: number; readonly load: number; readonly upstream: number };
}

export class Stage {
  readonly #folder: string;
  readonly #certificates: Certificates;
  readonly #upstream: ChildProcess;
  readonly #ports: Place['upstream'];
  readonly #standing = new Set<Contender>();
  #clients: Clients;
  #places = 0;

  static async set(): Promise<Stage> {
    const folder = await temporaryFolder();
    const [imap = 0, http = 0] = await freePorts(2);
    const certificates = await makeCertificates(folder);
    const upstream = await startModule('upstream.js', [String(imap), String(http)], 'others');
    return new Stage(folder, certificates, upstream, { imap, http }, await Clients.start());
  }

  private constructor(
    folder: string,
    certificates: Certificates,
    upstream: ChildProcess,
    ports: Place['upstream'],
    clients: Clients,
  ) {
    this.#folder = folder;
    this.#certificates = certificates;
    this.#upstream = upstream;
    this.#ports = ports;
    this.#clients = clients;
  }

  get clients(): Clients {
    return this.#clients;
  }

  /** A new place, for a contender that is not yet there. */
  async place(cores: Cores): Promise<Place> {
    const folder = join(this.#folder, String(++this.#places));
    await mkdir(folder);
    const [port = 0] = await freePorts(1);
    return { folder, port, cores, upstream: this.#ports, certificates: this.#certificates };
  }

  async enter(entrant: Entrant, cores: Cores = 'measured'): Promise<Contender> {
    const contender = await entrant.start(await this.place(cores));
    this.#standing.add(contender);
    return contender;
  }

  async leave(contender: Contender): Promise<void> {
    this.#standing.delete(contender);
    await contender.stop();
  }

  /** Prepares the job, runs it, and says what it cost the contender. */
  async run(contender: Contender, job: Job): Promise<Run> {
    await this.clients.prepare(job);
    const before = this.#cpu(contender);
    const { milliseconds, samples } = await this.clients.start();
    const after = this.#cpu(contender);
    await this.clients.cleared();
    const used = (who: keyof typeof before): number => after[who] - before[who];
    const busy = (who: keyof typeof before): number => used(who) / (milliseconds * 1000);
    return {
      cpu: used('proxy'),
      seconds: milliseconds / 1000,
      samples,
      busy: { proxy: busy('proxy'), load: busy('load'), upstream: busy('upstream') },
    };
  }

  #cpu(contender: Contender): { proxy: number; load: number; upstream: number } {
    return {
      proxy: cpuOf(familyOf(contender.pid)),
      load: cpuOf([this.clients.pid]),
      upstream: cpuOf([this.#upstream.pid!]),
    };
  }

  /** After a failure: everybody leaves, and there are new clients, for the old ones may be in the middle of a job. */
  async restart(): Promise<void> {
    await Promise.all([...this.#standing].map((contender) => this.leave(contender)));
    await this.#clients.stop();
    this.#clients = await Clients.start();
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#standing].map((contender) => contender.stop()));
    await this.#clients.stop();
    await stop(this.#upstream);
    await removeFolder(this.#folder);
  }
}
