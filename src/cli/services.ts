/** The rooms that a running proxy is handed, put together. */
import type { Config } from '../config/config.ts';
import { startDemoMailbox } from '../demo/server.ts';
import type { HookEvent } from '../hooks/hook-host.ts';
import { createHookHost } from '../hooks/host.ts';
import { openAdmin } from '../observe/admin.ts';
import type { Log } from '../observe/log.ts';
import { type Services, StartFault } from '../process/serve.ts';

/** `also` hears what the script does, besides the log. */
export function servicesFor(config: Config, log: Log, also: (event: HookEvent) => void = () => {}): Services {
  return {
    log,
    startDemoMailbox,
    openAdmin,
    async openHooks(report) {
      const host = await createHookHost(config.hooks, (event) => {
        also(event);
        report(event);
      });
      if ('fault' in host) throw new StartFault(host.fault);
      return host;
    },
  };
}
