import type { RunningProxy } from './proxy.ts';

/** Resolves when so many sessions have ended, as the log has it. */
export async function sessionsEnded(proxy: RunningProxy, sessions: number): Promise<void> {
  const ended = (): number => proxy.log.filter(({ msg }) => msg === 'session ended').length;
  while (ended() < sessions) await proxy.logged(/"msg":"session ended"/, proxy.log.length);
}
