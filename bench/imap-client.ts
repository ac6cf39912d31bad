/**
 * A mail client for load: as little work for each byte as possible, for what it costs must not be what is
 * measured. It knows that an answer is over by the tag at the end of what came.
 */
import type { OnReadOpts } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** All connections of a process are read into the same memory, one read after the other. */
const memory = Buffer.alloc(512 * 1024);
/** Longer than the last line of any answer. */
const KEPT = 256;
const LF = 0x0a;

export class ImapClient {
  readonly #socket: TLSSocket;
  /** The last bytes of the answer so far. */
  readonly #tail: Buffer = Buffer.alloc(2 * KEPT);
  #tailLength = 0;
  #awaited = '';
  #settle: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #bytes = 0;
  #tag = 0;
  /** What a slow reader may still read before its next turn. */
  #allowed = Number.POSITIVE_INFINITY;

  /** Connects by TLS 1.3 without resumption, and resolves when the server has greeted. */
  static connect(port: number): Promise<ImapClient> {
    return new Promise((resolve, reject) => {
      const client: ImapClient = new ImapClient(port, () => resolve(client), reject);
    });
  }

  private constructor(port: number, greeted: () => void, failed: (error: Error) => void) {
    this.#await('* OK', greeted, failed);
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      port,
      host: '127.0.0.1',
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      onread: {
        buffer: memory,
        callback: (length) => {
          this.#read(length);
          this.#allowed -= length;
          return this.#allowed > 0;
        },
      },
    };
    this.#socket = connect(options).setNoDelay(true);
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Sends a command without its tag, and resolves with the bytes of its answer when it is over. */
  async command(text: string): Promise<number> {
    const tag = `a${++this.#tag}`;
    const answered = this.#answer(`${tag} `);
    this.#socket.write(`${tag} ${text}\r\n`);
    await answered;
    return this.#bytes;
  }

  /** APPEND of `bytes` bytes, the literal asked for first. */
  async append(bytes: number, piece: Buffer): Promise<void> {
    const tag = `a${++this.#tag}`;
    const asked = this.#answer('+ ');
    this.#socket.write(`${tag} APPEND INBOX {${bytes}}\r\n`);
    await asked;
    const answered = this.#answer(`${tag} `);
    for (let left = bytes; left > 0; left -= piece.length) {
      const written = this.#socket.write(left >= piece.length ? piece : piece.subarray(0, left));
      if (!written) await new Promise<void>((resolve) => this.#socket.once('drain', resolve));
    }
    this.#socket.write('\r\n');
    await answered;
  }

  /** Begins a FETCH of `bytes` bytes and stops reading; `goOn` reads it to the end. */
  fetchUnread(bytes: number): { goOn(): Promise<number> } {
    const answered = this.command(`FETCH ${bytes} BODY[]`);
    this.#socket.pause();
    return {
      goOn: () => {
        this.#socket.resume();
        return answered;
      },
    };
  }

  /** Begins a FETCH of `bytes` bytes and reads about `piece` of them every `every` milliseconds, until it is closed. */
  fetchSlowly(bytes: number, piece: number, every: number): void {
    this.#allowed = piece;
    this.command(`FETCH ${bytes} BODY[]`).catch(() => {});
    const timer = setInterval(() => {
      this.#allowed = piece;
      this.#socket.resume();
    }, every);
    this.#socket.once('close', () => clearInterval(timer));
  }

  /** Bytes of the answer that came so far. */
  get bytes(): number {
    return this.#bytes;
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #answer(beginning: string): Promise<void> {
    return new Promise((resolve, reject) => this.#await(beginning, resolve, reject));
  }

  #await(beginning: string, settle: () => void, reject: (error: Error) => void): void {
    this.#awaited = beginning;
    this.#settle = settle;
    this.#reject = reject;
    this.#bytes = 0;
    this.#tailLength = 0;
  }

  #fail(error: Error): void {
    this.#reject?.(error);
    this.#reject = undefined;
  }

  #read(length: number): void {
    this.#bytes += length;
    if (this.#settle === undefined) return;
    this.#keep(length);
    if (memory[length - 1] !== LF) return;
    // The awaited line is the last one.
    const text = this.#tail.toString('latin1', 0, this.#tailLength);
    if (!text.startsWith(this.#awaited, text.lastIndexOf('\n', text.length - 2) + 1)) return;
    const settle = this.#settle;
    this.#settle = undefined;
    this.#reject = undefined;
    settle();
  }

  /** In a loop, for this is done for each 16 KiB of mail, and views and calls cost more than the bytes. */
  #keep(length: number): void {
    const tail = this.#tail;
    if (this.#tailLength > KEPT) {
      tail.copyWithin(0, this.#tailLength - KEPT, this.#tailLength);
      this.#tailLength = KEPT;
    }
    const from = length > KEPT ? length - KEPT : 0;
    let kept = length > KEPT ? 0 : this.#tailLength;
    for (let at = from; at < length; at++) tail[kept++] = memory[at]!;
    this.#tailLength = kept;
  }
}
