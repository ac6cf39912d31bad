/**
 * What systemd is told of a service with Type=notify (sd_notify(3)). Node cannot write to a Unix datagram socket, so
 * that systemd's own small program does it. Without NOTIFY_SOCKET in the environment nothing is started.
 */
import type { Log } from '../observe/log.ts';

/** Says that every port listens, or that no more is accepted. Never fails and is not waited for. */
export async function tellServiceManager(state: 'READY=1' | 'STOPPING=1', log: Log): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  const { spawn } = await import('node:child_process');
  const child = spawn('systemd-notify', [state], { stdio: ['ignore', 'ignore', 'inherit'] });
  const failed = (why: string): void => {
    log.warn(
      `systemd could not be told ${state} (systemd-notify: ${why}); install it, or set Type=exec in the unit`,
    );
  };
  child.on('error', (error) => failed(error.message));
  child.on('exit', (code, signal) => {
    if (code !== 0) failed(signal ?? `exit code ${code}`);
  });
  child.unref();
}
