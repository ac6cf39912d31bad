/**
 * Reloads: what is read anew, judged as at the start, and handed to the running proxy. What always holds: one at a
 * time, in the order in which they were asked for; whatever is wrong, the proxy goes on with what it has, and the log
 * says why.
 */
import type { Config } from '../config/config.ts';
import { formatFault } from '../config/fault.ts';
import { checkFiles } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import type { FileReference } from '../config/references.ts';
import type { Log } from '../observe/log.ts';
import { FileWatch } from '../process/file-watch.ts';
import type { RunningProxy } from '../process/serve.ts';
import { StartFault } from '../process/start-fault.ts';
import type { OpenedScript } from './opened-script.ts';

/** What runs when the first reload may come. */
interface Started {
  readonly config: Config;
  /** The files that it names. */
  readonly files: readonly FileReference[];
  readonly proxy: RunningProxy;
  /** The one that has opened its script. */
  readonly script: OpenedScript;
  readonly log: Log;
}

export class Reloader {
  readonly #proxy: RunningProxy;
  readonly #script: OpenedScript;
  readonly #log: Log;
  readonly #watch: FileWatch;
  #config: Config;
  /** Those of the script that runs. */
  #scriptFiles: readonly string[];
  #state: 'idle' | 'busy' | 'stopped' = 'idle';
  /** Who asked while one was under way, which may have read the files too early for him. */
  #next: string | undefined;

  constructor({ config, files, proxy, script, log }: Started) {
    this.#config = config;
    this.#proxy = proxy;
    this.#script = script;
    this.#log = log;
    this.#scriptFiles = script.files;
    this.#watch = new FileWatch(() => this.reload('a file has changed'));
    this.#watchFiles(files, performance.timeOrigin);
  }

  /** What runs. */
  get config(): Config {
    return this.#config;
  }

  /** Reloads now, or once more behind the reload under way. `why` is for the log. */
  reload(why: string): void {
    if (this.#state === 'stopped') this.#log.info(`${why}: not reloaded, for the proxy is stopping`);
    else if (this.#state === 'busy') this.#next = why;
    else void this.#run(why);
  }

  /** No reload begins any more. */
  stop(): void {
    this.#state = 'stopped';
    this.#watch.stop();
  }

  async #run(why: string): Promise<void> {
    this.#state = 'busy';
    try {
      await this.#once(why);
    } catch (error) {
      // Nobody's session may end for it (A7).
      this.#log.error({ err: error }, 'a bug in imapveil: not reloaded');
    }
    await this.#script.close();
    const next = this.#next;
    this.#next = undefined;
    // `stop` may have been called meanwhile, which the compiler cannot know.
    if ((this.#state as string) === 'stopped') return;
    this.#state = 'idle';
    if (next !== undefined) this.reload(next);
  }

  async #once(why: string): Promise<void> {
    const began = Date.now();
    await this.#watch.acknowledge();
    const read = await loadConfig(this.#config.file);
    const loaded = await checkFiles(read, (script, config) =>
      this.#script.check(script, config && asItRuns(config, this.#config).config),
    );
    if (loaded.kind === 'faults') {
      this.#refuse(why, loaded.faults.map(formatFault));
    } else {
      const { config, kept } = asItRuns(loaded.config, this.#config);
      const fault = await this.#apply(config);
      if (fault !== undefined) this.#refuse(why, [fault]);
      else {
        this.#proxy.countReload('ok');
        this.#config = config;
        this.#scriptFiles = config.hooks.script === undefined ? [] : this.#script.files;
        for (const warning of loaded.warnings) this.#log.warn(formatFault(warning));
        for (const key of kept) {
          this.#log.warn({ key }, `${key} cannot be changed by a reload and stays as it is until a restart`);
        }
        this.#log.info({ milliseconds: Date.now() - began }, `reloaded (${why})`);
      }
    }
    await this.#watchFiles(read.files, began);
  }

  /** Undefined: it runs. */
  async #apply(config: Config): Promise<string | undefined> {
    try {
      await this.#proxy.reload(config);
      return undefined;
    } catch (error) {
      if (error instanceof StartFault) return error.message;
      throw error;
    }
  }

  #refuse(why: string, faults: readonly string[]): void {
    this.#proxy.countReload('refused');
    for (const fault of faults) this.#log.error(fault);
    this.#log.error(`not reloaded (${why}): the proxy goes on with what it has`);
  }

  /** What was read last counts, because it has to be mended where it is wrong, and what runs. */
  async #watchFiles(named: readonly FileReference[], readSince: number): Promise<void> {
    if (!this.#config.watch) {
      this.#watch.stop();
      return;
    }
    // The script that was checked last may be one that is not named any more.
    const checked = named.some(({ kind }) => kind === 'script') ? this.#script.files : [];
    const files = [this.#config.file, ...named.flatMap(pathsOf), ...checked, ...this.#scriptFiles];
    await this.#watch.watch(files, readSince);
    if (this.#state !== 'stopped') this.#watch.start();
  }
}

/** What only a start can give stays as it is in `running`; `kept` are the keys that would change it. */
function asItRuns(next: Config, running: Config): { readonly config: Config; readonly kept: string[] } {
  const kept = [
    ...(next.workers === running.workers ? [] : ['workers']),
    ...(next.log.format === running.log.format ? [] : ['log.format']),
  ];
  const log = { ...next.log, format: running.log.format };
  return { config: { ...next, workers: running.workers, log }, kept };
}

function pathsOf(reference: FileReference): string[] {
  switch (reference.kind) {
    case 'ciphers':
      return [];
    case 'certificate':
      return [reference.cert, reference.key].flatMap((named) => named?.file ?? []);
    case 'authority':
      return [reference.ca.file];
    case 'script':
      return [reference.script.file];
  }
}
