/**
 * The script of `run`, opened once: to see whether it loads, while the rest of the configuration is still looked
 * at, and for the sessions afterwards. Its thread takes longer to start than anything else does. The same at each
 * reload, and for `check`, which takes none; what always holds: of the scripts that were tried, one at most waits to
 * be taken.
 */
import type { CheckScript } from '../config/files.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import { createHookHost } from '../hooks/host.ts';
import { LOAD_DEADLINE } from '../hooks/limits.ts';

type Report = (event: HookEvent) => void;

export class OpenedScript {
  #opened: { readonly host: HookHost; handOver(report: Report): void } | undefined;
  #files: readonly string[] = [];

  /** Absolute paths of the script that was checked last, whether or not it loads, and of its modules. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** The check for `checkFiles`. With several workers, each opens the script for itself, and here it is only tried. */
  async check(...[script, config]: Parameters<CheckScript>): ReturnType<CheckScript> {
    await this.close();
    const { file, settings } = script;
    const early: HookEvent[] = [];
    let report: Report = (event) => early.push(event);
    const hooks = config?.hooks ?? { script: file, deadline: LOAD_DEADLINE, onError: 'pass', settings };
    const host = await createHookHost(hooks, (event) => report(event));
    this.#files = host.files;
    if ('fault' in host) return host;
    if (config?.hooks.test) {
      const { testsOf, whyTestsFail } = await import('./script-tests.ts');
      this.#files = [...this.#files, testsOf(file)];
      const fault = await whyTestsFail(file, settings);
      if (fault !== undefined) {
        await host.close();
        return { fault };
      }
    }
    const { defines } = host;
    if (config === undefined || config.workers > 1) {
      await host.close();
      return defines;
    }
    const handOver = (to: Report): void => {
      report = to;
      for (const event of early.splice(0)) to(event);
    };
    this.#opened = { host, handOver };
    return defines;
  }

  /** Hands over the host; what happened until now is reported first. Undefined: there is no script. */
  take(report: Report): HookHost | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.handOver(report);
    return opened?.host;
  }

  /** Ends the thread, unless it was handed over. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.host.close();
  }
}
