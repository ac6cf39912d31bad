/**
 * The IMAP server behind every contender, as a process of its own: all answers are prebuilt bytes, so that it
 * costs next to nothing. What a command answers stands in the command itself: `LIST "" 10000` gives ten thousand
 * folders, `FETCH 4194304 BODY[]` a message of that many bytes. It answers nginx's `auth_http` as well.
 *
 * Forked with the two ports as arguments; says `ready` to its parent.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';

const [imapPort, httpPort] = process.argv.slice(2).map(Number);
/** Bytes of a body that are written at once; longer ones come as often as it takes. */
const CHUNK = 4 * 1024 * 1024;
/** It is the same bytes over and over: little enough of them to stay in the processor's cache while they are copied. */
const body = Buffer.alloc(128 * 1024, `${'x'.repeat(76)}\r\n`);
const capabilities = 'IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE';
const folderLists = new Map<number, Buffer>();

/** As real servers answer: most folders are alike, some are special. */
function folderList(count: number): Buffer {
  const known = folderLists.get(count);
  if (known !== undefined) return known;
  const lines = Array.from({ length: count }, (_, at) => {
    const attributes = at % 50 === 0 ? '\\HasNoChildren \\Sent' : '\\HasNoChildren';
    return `* LIST (${attributes}) "/" "Archive/2026/Folder ${String(at).padStart(6, '0')}"\r\n`;
  });
  const list = Buffer.from(lines.join(''));
  folderLists.set(count, list);
  return list;
}

class Peer {
  readonly #socket: Socket;
  #held = '';
  /** Bytes of a literal that are still to come, and what to do behind them. */
  #literal = 0;
  #behind: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.write(`* OK [CAPABILITY ${capabilities}] ready\r\n`);
  }

  #take(chunk: Buffer): void {
    if (this.#literal >= chunk.length) {
      this.#literal -= chunk.length;
      return;
    }
    const text = this.#held + chunk.toString('latin1', this.#literal);
    this.#literal = 0;
    let at = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      const line = text.slice(at, end).replace(/\r$/, '');
      at = end + 1;
      const size = /\{(\d+)\+?\}$/.exec(line)?.[1];
      if (size === undefined) {
        this.#line(line);
        continue;
      }
      if (!line.endsWith('+}')) this.#socket.write('+ OK\r\n');
      this.#behind ??= this.#ending(line);
      const here = Math.min(Number(size), text.length - at);
      at += here;
      this.#literal = Number(size) - here;
    }
    this.#held = text.slice(at);
  }

  #ending(line: string): () => void {
    const tag = line.slice(0, line.indexOf(' '));
    return () => this.#socket.write(`${tag} OK [CAPABILITY ${capabilities}] done\r\n`);
  }

  #line(line: string): void {
    const behind = this.#behind;
    this.#behind = undefined;
    if (behind) {
      behind();
      return;
    }
    const [tag = '', verb = '', ...words] = line.split(' ');
    const socket = this.#socket;
    switch (verb.toUpperCase()) {
      case 'NOOP':
        socket.write(`${tag} OK done\r\n`);
        return;
      case 'CAPABILITY':
        socket.write(`* CAPABILITY ${capabilities}\r\n${tag} OK done\r\n`);
        return;
      case 'LOGIN':
        socket.write(`${tag} OK [CAPABILITY ${capabilities}] logged in\r\n`);
        return;
      case 'ID':
        socket.write(`* ID NIL\r\n${tag} OK done\r\n`);
        return;
      case 'LOGOUT':
        socket.end(`* BYE bye\r\n${tag} OK done\r\n`);
        return;
      case 'LIST':
        this.#list(tag, words.at(-1) ?? '');
        return;
      case 'FETCH':
        void this.#fetch(tag, Number(words[0]));
        return;
      default:
        socket.write(`${tag} OK done\r\n`);
    }
  }

  #list(tag: string, pattern: string): void {
    const count = Number(pattern);
    const socket = this.#socket;
    socket.cork();
    socket.write(Number.isNaN(count) ? `* LIST () "/" ${pattern}\r\n` : folderList(count));
    socket.write(`${tag} OK done\r\n`);
    socket.uncork();
  }

  async #fetch(tag: string, bytes: number): Promise<void> {
    const socket = this.#socket;
    socket.write(`* 1 FETCH (BODY[] {${bytes}}\r\n`);
    for (let left = bytes; left > 0; ) {
      const end = Math.max(0, left - CHUNK);
      socket.cork();
      for (; left > end; left -= body.length)
        socket.write(left >= body.length ? body : body.subarray(0, left));
      socket.uncork();
      if (socket.writableNeedDrain) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.write(`)\r\n${tag} OK done\r\n`);
  }
}

const imap = createServer((socket) => new Peer(socket));
const authentication = createHttpServer((_request, response) => {
  response.setHeader('Auth-Status', 'OK');
  response.setHeader('Auth-Server', '127.0.0.1');
  response.setHeader('Auth-Port', String(imapPort));
  response.end();
});
imap.listen({ port: imapPort, host: '127.0.0.1', backlog: 4096 }, () => {
  authentication.listen(httpPort, '127.0.0.1', () => process.send?.('ready'));
});
process.on('disconnect', () => process.exit(0));
