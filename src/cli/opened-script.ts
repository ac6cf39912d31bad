/**
 * The script of `run`, opened once: to see whether it loads, while the rest of the configuration is still looked
 * at, and for the sessions afterwards. Its thread takes longer to start than anything else does.
 */
import type { Config } from '../config/config.ts';
import type { CheckScript } from '../config/files.ts';
import { checkScript } from '../hooks/check-script.ts';
import type { HookEvent, HookHost } from '../hooks/hook-host.ts';
import { createHookHost } from '../hooks/host.ts';

export class OpenedScript {
  #host: HookHost | undefined;
  /** What it did before anybody wanted to know. */
  readonly #early: HookEvent[] = [];
  #report: (event: HookEvent) => void = (event) => this.#early.push(event);

  /** The check for `checkFiles`. With several workers, each opens the script for itself, and here it is only tried. */
  async check(file: string, config: Config | undefined): ReturnType<CheckScript> {
    if (config === undefined || config.workers > 1) return checkScript(file);
    const host = await createHookHost(config.hooks, (event) => this.#report(event));
    if ('fault' in host) return host;
    this.#host = host;
    return host.defines;
  }

  /** Hands over the host; what happened until now is reported first. Undefined: there is no script. */
  take(report: (event: HookEvent) => void): HookHost | undefined {
    this.#report = report;
    for (const event of this.#early.splice(0)) report(event);
    const host = this.#host;
    this.#host = undefined;
    return host;
  }

  /** Ends the thread, unless it was handed over. */
  async close(): Promise<void> {
    await this.#host?.close();
  }
}
