/** The rooms that a running proxy is handed, put together. */
import type { HookEvent } from '../hooks/hook-host.ts';
import { createHookHost } from '../hooks/host.ts';
import type { Log } from '../observe/log.ts';
import type { Services } from '../process/serve.ts';
import { StartFault } from '../process/start-fault.ts';

/** `also` hears what the script does, besides the log. What only some proxies have is loaded when it is asked for. */
export function servicesFor(log: Log, also: (event: HookEvent) => void = () => {}): Services {
  return {
    log,
    startDemoMailbox: async () => (await import('../demo/server.ts')).startDemoMailbox(),
    openAdmin: async (at, asked) => (await import('../observe/admin.ts')).openAdmin(at, asked),
    loadMetrics: () => import('../observe/metrics.ts'),
    async openHooks(settings, report) {
      const host = await createHookHost(settings, (event) => {
        also(event);
        report(event);
      });
      if ('fault' in host) throw new StartFault(host.fault);
      return host;
    },
  };
}
