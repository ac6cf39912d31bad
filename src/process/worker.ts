/**
 * A worker's side: it serves what the primary hands it and does what the primary says. It heeds no signal, because
 * Ctrl-C and service managers send theirs to the whole group; and it never outlives the primary for longer than
 * its sessions need to finish.
 */
import type { Socket } from 'node:net';
import type { Guard } from '../guard/guard.ts';
import { openGuard } from '../guard/open-guard.ts';
import type { Log } from '../observe/log.ts';
import type { Change } from './change.ts';
import { logGuardEvent } from './events.ts';
import { HeadCount } from './head-count.ts';
import { openServing, type Serving, type ServingServices } from './serving.ts';
import { StartFault } from './start-fault.ts';
import { type FromWorker, HEARTBEAT, type Start, type ToWorker } from './worker-messages.ts';

/** What this process knows once it was told to start. */
interface Started {
  readonly log: Log;
  readonly headCount: HeadCount;
  readonly guard: Promise<Guard>;
  /** Settles when it can serve; never rejects, because then the process ends. */
  readonly serving: Promise<Serving>;
  /** The same, as soon as it is there. */
  open: Serving | undefined;
  /** What it makes ready for; settles as `Serving.prepare` does. */
  change: Promise<Change> | undefined;
  /** The same, as soon as it is there. */
  ready: Change | undefined;
}

/** Makes this process a worker of the one that started it. To be called before anything is waited for. */
export function work(servicesFor: (start: Start) => ServingServices): void {
  let started: Started | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  setInterval(() => tell({ kind: 'alive', unready: started?.open?.unready() }), HEARTBEAT).unref();

  process.on('message', (message: ToWorker, socket: Socket | undefined) => {
    switch (message.kind) {
      case 'start':
        started = start(message, servicesFor(message));
        return;
      case 'connection':
        tell({ kind: 'took' });
        // It may have gone on the way.
        if (socket !== undefined) started?.open?.accept(socket, message.listener);
        return;
      case 'full':
        started?.headCount.learn(message.full, message.free);
        return;
      case 'login':
        started?.guard.then((guard) => guard.learn(message.outcome));
        return;
      case 'ticket-keys':
        started?.serving.then((serving) => serving.useTicketKeys(message.keys));
        return;
      case 'prepare':
        if (started !== undefined) prepare(started, message);
        return;
      case 'commit':
        if (started !== undefined) commit(started);
        return;
      case 'cancel':
        started?.change?.then(
          (change) => change.cancel(),
          () => {},
        );
        return;
      case 'report':
        started?.serving.then(async (serving) => tell({ kind: 'reported', report: await serving.report() }));
        return;
      case 'drain':
      case 'close':
        started?.serving.then((serving) => leave(serving, message.kind));
        return;
    }
  });
  process.on('disconnect', () => {
    if (started?.open === undefined) process.exit(1);
    started.log.warn('the primary process is gone: this worker lets its sessions finish and ends');
    leave(started.open, 'drain');
  });
  // It may have been gone before anybody listened.
  if (!process.connected) process.exit(1);
}

function start({ config, common, full, logins }: Start, services: ServingServices): Started {
  const headCount = new HeadCount(full, (count) => tell({ kind: 'count', count }));
  const guard = openGuard(config.limits, (event) => logGuardEvent(services.log, event), {
    tell: (outcome) => tell({ kind: 'login', outcome }),
    known: logins,
  });
  const serving = guard
    .then((opened) => openServing(config, common, services, { census: headCount, guard: opened }))
    .catch(cannotServe);
  const started: Started = {
    log: services.log,
    headCount,
    guard,
    serving,
    open: undefined,
    change: undefined,
    ready: undefined,
  };
  serving.then((open) => {
    started.open = open;
    tell({ kind: 'serving' });
  });
  return started;
}

function prepare(started: Started, { config, common }: Extract<ToWorker, { kind: 'prepare' }>): void {
  const change = started.serving.then((serving) => serving.prepare(config, common));
  started.change = change;
  started.ready = undefined;
  change.then(
    (ready) => {
      started.ready = ready;
      tell({ kind: 'prepared', fault: undefined });
    },
    // Whatever it is, the old configuration is still there to go on with.
    (error: Error) => tell({ kind: 'prepared', fault: error.message }),
  );
}

/** At once where it is ready, so that whoever comes behind this message finds it done. */
function commit({ change, ready }: Started): void {
  if (ready !== undefined) ready.commit();
  // It began when the others were ready already. With the old configuration it would be the only one: it ends.
  else change?.then((late) => late.commit(), cannotServe);
}

/** Waits until the primary has the reason, for the process ends with it. */
function cannotServe(error: unknown): Promise<never> {
  if (!(error instanceof StartFault)) throw error;
  process.send?.({ kind: 'fault', message: error.message } satisfies FromWorker, () => process.exit(1));
  return new Promise(() => {});
}

function leave(serving: Serving, how: 'drain' | 'close'): void {
  serving[how]().then(() => process.exit(0));
}

function tell(message: FromWorker): void {
  // When the primary is gone, nobody is left to be told; 'disconnect' says so.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
