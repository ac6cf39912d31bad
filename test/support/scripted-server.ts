/** An upstream that does what a test says, byte for byte: the misbehaving servers that nobody can install. */
import { createServer, type Socket } from 'node:net';
import { close, listen, portOf } from './ports.ts';

/** The server's side of one connection. Text is latin1. */
export interface Peer {
  readonly socket: Socket;
  send(text: string): void;
  /** The next line from the client without CRLF; rejects when the connection ended before. */
  line(): Promise<string>;
}

export interface ScriptedServer {
  readonly port: number;
  /** Every line that any client sent, in order. */
  readonly heard: readonly string[];
  /** Connections that were accepted so far. */
  readonly connections: number;
  /** What is done with connections that come from now on. A rejection ends that connection. */
  behave(behaviour: (peer: Peer) => Promise<void>): void;
  stop(): Promise<void>;
}

/** Listens on a free loopback port. Until `behave` is called it accepts and says nothing. */
export async function scriptedServer(): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const heard: string[] = [];
  let connections = 0;
  let behaviour: (peer: Peer) => Promise<void> = async () => {};
  const server = createServer((socket) => {
    sockets.add(socket);
    connections++;
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    behaviour(peerOf(socket, heard)).catch(() => socket.destroy());
  });
  await listen(server);
  return {
    port: portOf(server),
    heard,
    get connections() {
      return connections;
    },
    behave(next) {
      behaviour = next;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}

/** An IMAP server that agrees to everything. */
export async function agreeable(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  for (;;) {
    const [tag, verb] = (await peer.line()).split(' ');
    if (verb === 'LOGOUT') peer.send('* BYE\r\n');
    peer.send(`${tag} OK done\r\n`);
    if (verb === 'LOGOUT') peer.socket.end();
  }
}

function peerOf(socket: Socket, heard: string[]): Peer {
  let arrived = '';
  let ended = false;
  let wake = () => {};
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    arrived += text;
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  return {
    socket,
    send(text) {
      socket.write(text, 'latin1');
    },
    line() {
      return new Promise((resolve, reject) => {
        wake = () => {
          const end = arrived.indexOf('\r\n');
          if (end < 0) {
            if (ended) reject(new Error('The client closed the connection.'));
            return;
          }
          const line = arrived.slice(0, end);
          arrived = arrived.slice(end + 2);
          wake = () => {};
          heard.push(line);
          resolve(line);
        };
        wake();
      });
    },
  };
}
