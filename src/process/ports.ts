/**
 * The ports that clients connect to. When others are to be open, the new ones open first; the one thing that always
 * holds: whoever connects to a port before those who serve know of it waits for them.
 */
import type { Socket } from 'node:net';
import type { Listen } from '../config/config.ts';
import { listenerName, type OpenPort, openPort } from '../net/port.ts';
import type { Log } from '../observe/log.ts';
import type { Change } from './change.ts';
import { StartFault } from './start-fault.ts';

/** Where clients connect, the port as the system gave it. */
export type Listener = Pick<Listen, 'address' | 'port' | 'mode'>;

interface Opened {
  readonly listen: Listen;
  readonly port: OpenPort;
  /** Gives away who came until now, and from then on everybody at once. */
  begin(): void;
  /** Closes the port, and the connections that were not given away. */
  cancel(): void;
}

export class Ports {
  readonly #take: (socket: Socket, listener: string) => void;
  readonly #log: Log;
  #open: ReadonlyMap<string, Opened> = new Map();

  /** `take` gets every connection, paused, with the `listenerName` of the port that it came in at. */
  constructor(take: (socket: Socket, listener: string) => void, log: Log) {
    this.#take = take;
    this.#log = log;
  }

  get listeners(): readonly Listener[] {
    return [...this.#open.values()].map(listenerOf);
  }

  /** Opens what is not open yet. Rejects with StartFault when one cannot be had, and then none is. */
  async prepare(listen: readonly Listen[]): Promise<Change> {
    const before = this.#open;
    const opened: Opened[] = [];
    const cancel = (): void => {
      for (const port of opened) port.cancel();
    };
    const next = new Map<string, Opened>();
    for (const each of listen) {
      const name = listenerName(each);
      const kept = before.get(name);
      if (kept !== undefined) {
        next.set(name, { ...kept, listen: each });
        continue;
      }
      const port = await this.#openPort(each).catch((error) => {
        cancel();
        throw new StartFault(whyNot(error, each, [...before.values()]));
      });
      opened.push(port);
      next.set(name, port);
    }
    return {
      cancel,
      commit: () => {
        this.#open = next;
        for (const [name, { listen: was, port }] of before) {
          if (next.has(name)) continue;
          port.close();
          this.#log.info(
            { address: was.address, port: port.port },
            `no longer listening on ${was.address} port ${port.port}; its sessions go on`,
          );
        }
        for (const [name, { listen: now, port }] of next) {
          if (JSON.stringify(before.get(name)?.listen) === JSON.stringify(now)) continue;
          const { address, mode } = now;
          this.#log.info(
            { address, port: port.port, mode },
            `listening on ${address} port ${port.port} (${modeNames[mode]})`,
          );
        }
        for (const port of opened) port.begin();
      },
    };
  }

  close(): void {
    for (const { port } of this.#open.values()) port.close();
  }

  async #openPort(listen: Listen): Promise<Opened> {
    const name = listenerName(listen);
    const early: Socket[] = [];
    let take = (socket: Socket): void => {
      socket.on('error', () => socket.destroy());
      early.push(socket);
    };
    const port = await openPort(listen, (socket) => take(socket));
    return {
      listen,
      port,
      begin: () => {
        take = (socket) => this.#take(socket, name);
        for (const socket of early.splice(0)) take(socket);
      },
      cancel() {
        port.close();
        for (const socket of early.splice(0)) socket.destroy();
      },
    };
  }
}

function listenerOf({ listen, port }: Opened): Listener {
  return { address: listen.address, port: port.port, mode: listen.mode };
}

const modeNames = { 0: 'STARTTLS offered', 1: 'TLS', 3: 'STARTTLS required' } as const;

/** Why a port cannot be had, for the operator. */
function whyNot(error: NodeJS.ErrnoException, at: Listen, open: readonly Opened[]): string {
  const own = open.find(({ listen }) => listen.port === at.port)?.listen;
  if (error.code !== 'EADDRINUSE' || own === undefined) return cannotListen(error, at).message;
  return `cannot listen on ${at.address} port ${at.port} beside ${own.address} port ${own.port}, which is closed only when the new one is open: restart the proxy`;
}

/** The fault of a port that cannot be had, with what Node's error means. */
export function cannotListen(
  error: NodeJS.ErrnoException,
  at: { readonly address: string; readonly port: number },
): StartFault {
  const hints: Record<string, string> = {
    EADDRINUSE: 'another process listens there already',
    EACCES:
      'this user may not open ports below 1024; run it as a service (docs/deploying.md), or take a higher port',
    EAFNOSUPPORT: 'this machine has no IPv6; set address to 0.0.0.0',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const why = hints[error.code ?? ''] ?? error.message;
  return new StartFault(`cannot listen on ${at.address} port ${at.port}: ${why}`);
}
