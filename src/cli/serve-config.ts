/** What `imapveil run` does with proxy.yaml: says what is wrong with it, or serves until it is told to stop. */
import { relative } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { formatFault } from '../config/fault.ts';
import { checkFiles } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { dismissThread } from '../hooks/spare-thread.ts';
import { createLog, type Log } from '../observe/log.ts';
import { type RunningProxy, type Services, StartFault, serve, serveBy } from '../process/serve.ts';
import type { Io } from './io.ts';
import { OpenedScript } from './opened-script.ts';
import { Reloader } from './reloader.ts';
import { tellServiceManager } from './service-manager.ts';
import { servicesFor } from './services.ts';
import { type CaughtSignals, catchSignals, endBy } from './signals.ts';

/**
 * `hangUps` are the SIGHUP since the start. Exit code 0: it was told to stop; 1: it could not start or go on; 2: the
 * configuration is wrong.
 */
export async function serveConfig(file: string, io: Io, hangUps: CaughtSignals): Promise<number> {
  const read = await loadConfig(file);
  const script = new OpenedScript();
  const onTerminal = isatty(0);
  const loaded = await checkFiles(read, (named, config) => {
    const checked = script.check(named, config);
    // While the script's thread starts, this one has nothing else to do.
    if (config?.tls.certificates.length === 0) void import('../net/self-signed.ts');
    return checked;
  });
  await dismissThread();
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${formatFault(fault)}\n`);
    await script.close();
    return 2;
  }
  const { config } = loaded;
  const stops = catchSignals('SIGTERM', 'SIGINT');
  const log = createLog(config.log);
  for (const warning of loaded.warnings) log.warn(formatFault(warning));
  let proxy: RunningProxy;
  try {
    const services = servicesFor(log);
    proxy = await (config.workers === 1
      ? serveAlone(config, services, script)
      : serveByWorkers(config, services));
  } catch (error) {
    await script.close();
    if (!(error instanceof StartFault)) throw error;
    io.stderr.write(`imapveil: ${error.message}\n`);
    return 1;
  }
  announce(config, proxy, log);
  void tellServiceManager('READY=1', log);
  const reloader = new Reloader({ config, files: read.files, proxy, script, log });
  // Without its terminal, nobody would know any more that it runs: it ends, as programs do.
  const hasLostTerminal = (): boolean => onTerminal && !isatty(0);
  hangUps(() => {
    if (hasLostTerminal()) process.kill(process.pid, 'SIGTERM');
    else reloader.reload('SIGHUP');
  });
  await untilStopped(proxy, reloader, log, stops);
  log.info('stopped');
  // Node itself would fail at its end, when it wants to reset the terminal.
  if (hasLostTerminal()) endBy('SIGHUP');
  return 0;
}

function serveAlone(config: Config, services: Services, script: OpenedScript): Promise<RunningProxy> {
  return serve(config, {
    ...services,
    openHooks: async (settings, report) => script.take(report) ?? services.openHooks(settings, report),
  });
}

async function serveByWorkers(config: Config, services: Services): Promise<RunningProxy> {
  const { openWorkers } = await import('../process/workers.ts');
  // The folder is named because this code runs in another one once it is bundled (scripts/bundle.mjs).
  const entry = fileURLToPath(new URL('../cli/worker.js', import.meta.url));
  const { log, loadMetrics } = services;
  return serveBy(config, services, (common) => openWorkers(config, common, { log, entry, loadMetrics }));
}

/** What is behind it, which script runs, and, for the demo mailbox, a line to try. */
function announce(config: Config, { listeners, servers }: RunningProxy, log: Log): void {
  const demo = config.upstream.servers[0]?.host === 'demo';
  const { encryption } = config.upstream;
  for (const { host, port } of servers) {
    const behind = demo ? 'the built-in demo mailbox' : `${host} port ${port}`;
    log.info({ upstream: `${host}:${port}`, encryption }, `in front of ${behind}`);
  }
  const { script } = config.hooks;
  log.info(
    script === undefined ? 'no script: the conversation passes as it is' : `script ${relative('', script)}`,
  );
  const secure = listeners.find(({ mode }) => mode === 1);
  if (demo && secure) log.info(`try: curl --insecure imaps://demo:demo@127.0.0.1:${secure.port}/`);
}

/** The first SIGTERM or SIGINT drains, a second one ends at once. */
function untilStopped(
  proxy: RunningProxy,
  reloader: Reloader,
  log: Log,
  signals: CaughtSignals,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    signals((signal) => {
      if (!stopping) void tellServiceManager('STOPPING=1', log);
      reloader.stop();
      const ending = stopping ? proxy.close() : proxy.drain();
      log.info(
        stopping
          ? `${signal} again: ends now`
          : `${signal}: sessions have ${reloader.config.limits.drainTimeout} ms to finish`,
      );
      stopping = true;
      ending.then(resolve, reject);
    });
  });
}
