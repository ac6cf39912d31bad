/**
 * Lets any client come from another loopback address: a relay on a port of its own whose outgoing side is bound
 * to that address. Most mail programs cannot choose the address that they connect from.
 */
import { connect, createServer, type Socket } from 'node:net';
import { close, listen, portOf } from './ports.ts';

export interface Relay {
  readonly port: number;
  stop(): Promise<void>;
}

/** Relays to 127.0.0.1:`port`, where its connections seem to come from `address` (such as 127.0.0.2). */
export async function relayFrom(address: string, port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, localAddress: address, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroySoon();
      });
    }
  });
  await listen(server);
  return {
    port: portOf(server),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}
