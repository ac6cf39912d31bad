/** What all connections of a process are given: one of each, however many they are. */
import type { Config } from '../config/config.ts';
import type { HookHost } from '../hooks/hook-host.ts';
import type { Refused } from '../rewrite/refused.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { Deadlines } from './deadlines.ts';
import type { TlsFront } from './tls.ts';
import type { UpstreamPool } from './upstream-pool.ts';

export interface Shared {
  readonly config: Config;
  readonly refused: Refused;
  readonly upstreams: UpstreamPool;
  readonly tlsFront: TlsFront;
  readonly hooks: Pick<HookHost, 'defines' | 'openSession'>;
  readonly deadlines: Deadlines;
  readonly events: ConnectionEvents;
}
