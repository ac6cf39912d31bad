/**
 * An IMAP client that hides nothing: the test writes the bytes and reads whole responses as the bytes that came.
 * Every wait is bounded, and a wait that fails shows what had arrived by then.
 */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Account, Endpoint } from './endpoint.ts';

export interface RawOptions {
  /** The loopback address to come from. */
  readonly from?: string;
  /** Milliseconds that one wait may take; 10 s when left out. */
  readonly within?: number;
  /** What was received is not kept for `transcript`: for sessions that last. */
  readonly forgetful?: boolean;
}

/** The answer to one command: its untagged responses and the tagged line, each with CRLF, as latin1. */
export interface Reply {
  readonly untagged: readonly string[];
  readonly tagged: string;
}

export class RawImap {
  readonly #ca: Buffer;
  readonly #host: string;
  readonly #within: number;
  readonly #forgetful: boolean;
  #socket: Socket;
  #arrived: Buffer = Buffer.alloc(0);
  #received: Buffer[] = [];
  #endedAt: number | undefined;
  #fault: Error | undefined;
  #wake: () => void = () => {};
  #tags = 0;

  private constructor(socket: Socket, endpoint: Endpoint, ca: Buffer, options: RawOptions) {
    this.#socket = socket;
    this.#host = endpoint.host;
    this.#ca = ca;
    this.#within = options.within ?? 10_000;
    this.#forgetful = options.forgetful === true;
    this.#listenTo(socket);
  }

  /** Connects; with `tls` the handshake comes first, with `starttls` it is left to `startTls`. Reads no greeting. */
  static async connect(endpoint: Endpoint, options: RawOptions = {}): Promise<RawImap> {
    const ca = await readFile(endpoint.ca);
    const localAddress = options.from;
    const to = { host: '127.0.0.1', port: endpoint.port, ...(localAddress && { localAddress }) };
    const plain = connect(to);
    const socket =
      endpoint.security === 'tls' ? connectTls({ socket: plain, ca, servername: endpoint.host }) : plain;
    const imap = new RawImap(socket, endpoint, ca, options);
    const ready = endpoint.security === 'tls' ? 'secureConnect' : 'connect';
    await imap.#until(ready, (resolve) => socket.once(ready, resolve));
    return imap;
  }

  /** Connects, reads the greeting, secures and logs in as the endpoint and the account say. */
  static async open(endpoint: Endpoint, account: Account, options: RawOptions = {}): Promise<RawImap> {
    const imap = await RawImap.connect(endpoint, options);
    await imap.response();
    if (endpoint.security === 'starttls') await imap.startTls();
    await imap.login(account);
    return imap;
  }

  /** Everything that the server sent so far, as latin1. */
  get transcript(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  /** Sends bytes (latin1) as they are. */
  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Reads one whole response, literals and CRLF included, as latin1. */
  async response(): Promise<string> {
    let end = 0;
    for (;;) {
      const line = await this.#wait('a response', () => {
        const at = this.#arrived.indexOf('\r\n', end, 'latin1');
        return at < 0 ? undefined : this.#arrived.toString('latin1', end, at + 2);
      });
      end += line.length;
      const literal = isStatus(this.#arrived) ? null : /\{(\d+)\}\r\n$/.exec(line);
      if (literal === null) break;
      end += Number(literal[1]);
      await this.#wait('a literal', () => (this.#arrived.length >= end ? true : undefined));
    }
    const response = this.#arrived.toString('latin1', 0, end);
    this.#arrived = this.#arrived.subarray(end);
    return response;
  }

  /** Sends a command under a tag of its own and reads up to its tagged response. Latin1 both ways. */
  command(text: string): Promise<Reply> {
    const tag = this.nextTag();
    this.send(`${tag} ${text}\r\n`);
    return this.reply(tag);
  }

  /** As `command`, and fails unless the server says OK. */
  async ok(text: string): Promise<Reply> {
    const reply = await this.command(text);
    if (!/^\S+ OK /.test(reply.tagged)) throw new Error(`${text.slice(0, 200)}: ${reply.tagged}`);
    return reply;
  }

  /** Reads up to the response that carries the tag; continuation lines count as untagged. */
  async reply(tag: string): Promise<Reply> {
    const untagged: string[] = [];
    for (;;) {
      const response = await this.response();
      if (response.startsWith(`${tag} `)) return { untagged, tagged: response };
      untagged.push(response);
    }
  }

  /** Reads until each of the tags was answered, in whatever order: Dovecot may hold back a NOOP for what follows it. */
  async replies(tags: readonly string[]): Promise<{ untagged: string[]; tagged: string[] }> {
    const untagged: string[] = [];
    const tagged: string[] = [];
    while (tagged.length < tags.length) {
      const response = await this.response();
      const ours = tags.some((tag) => response.startsWith(`${tag} `));
      (ours ? tagged : untagged).push(response);
    }
    return { untagged, tagged };
  }

  nextTag(): string {
    this.#tags += 1;
    return `t${this.#tags}`;
  }

  login(account: Account): Promise<Reply> {
    return this.ok(`LOGIN ${quoted(account.user)} ${quoted(account.password)}`);
  }

  /** APPENDs one message with a synchronising literal (RFC 9051 §4.3); resolves to the tagged response. */
  async append(folder: string, message: Buffer): Promise<string> {
    const tag = this.nextTag();
    this.send(`${tag} APPEND ${quoted(folder)} {${message.length}}\r\n`);
    const go = await this.response();
    if (!go.startsWith('+')) throw new Error(`APPEND to ${folder}: ${go}`);
    this.send(message);
    this.send('\r\n');
    const { tagged } = await this.reply(tag);
    if (!tagged.startsWith(`${tag} OK`)) throw new Error(`APPEND to ${folder}: ${tagged}`);
    return tagged;
  }

  /** STARTTLS and the handshake, with the certificate verified. */
  async startTls(): Promise<void> {
    await this.ok('STARTTLS');
    if (this.#arrived.length > 0) throw new Error('The server sent bytes between its OK and the handshake.');
    const plain = this.#socket;
    plain.removeAllListeners();
    const secure = connectTls({ socket: plain, ca: this.#ca, servername: this.#host });
    this.#socket = secure;
    this.#listenTo(secure);
    await this.#until('the TLS handshake', (resolve) => secure.once('secureConnect', resolve));
  }

  /** Waits until the server has closed the connection; what it said before that, as latin1. */
  async rest(): Promise<string> {
    await this.#wait('the end of the connection', () => (this.#endedAt !== undefined ? true : undefined));
    const rest = this.#arrived.toString('latin1');
    this.#arrived = Buffer.alloc(0);
    return rest;
  }

  /** What has arrived and was not read yet, as latin1. */
  get pending(): string {
    return this.#arrived.toString('latin1');
  }

  /** The common name of the certificate that the server has shown. */
  get peerName(): string {
    if (!(this.#socket instanceof TLSSocket)) throw new Error('There is no TLS.');
    return String(this.#socket.getPeerCertificate().subject.CN);
  }

  /** When the connection ended, in milliseconds of `Date.now()`; undefined: it lives. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Reads nothing from the connection until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async logout(): Promise<void> {
    await this.command('LOGOUT');
    this.close();
  }

  close(): void {
    this.#socket.destroy();
  }

  #listenTo(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      if (this.#forgetful) this.#received.splice(0);
      this.#received.push(chunk);
      this.#arrived = Buffer.concat([this.#arrived, chunk]);
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#fault = error;
      this.#endedAt ??= Date.now();
      this.#wake();
    });
    socket.on('close', () => {
      this.#endedAt ??= Date.now();
      this.#wake();
    });
  }

  /** Waits until `look` finds something; fails when the connection ended before, or time is over. */
  async #wait<T>(what: string, look: () => T | undefined): Promise<T> {
    const found = look();
    if (found !== undefined) return found;
    return this.#until(what, (resolve, reject) => {
      this.#wake = () => {
        const now = look();
        if (now !== undefined) resolve(now);
        else if (this.#endedAt !== undefined)
          reject(this.#failure(`The connection ended instead of ${what}`));
      };
      this.#wake();
    });
  }

  #until<T>(
    what: string,
    start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(this.#failure(`No ${what.replace(/^(a|the) /, '')} within ${this.#within} ms`)),
        this.#within,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.#socket.once('error', fail);
      start((value) => {
        clearTimeout(timer);
        this.#socket.removeListener('error', fail);
        resolve(value);
      }, fail);
    });
  }

  #failure(sentence: string): Error {
    const fault = this.#fault === undefined ? '' : ` (${this.#fault.message})`;
    return new Error(`${sentence}${fault}. The last that arrived:\n${this.transcript.slice(-2000)}`);
  }
}

/** An IMAP quoted string (RFC 9051 §4.3). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The text of a status response is free: its end announces no literal (P1). */
function isStatus(bytes: Buffer): boolean {
  return /^(\+|\S+ (OK|NO|BAD|BYE|PREAUTH)\b)/i.test(bytes.toString('latin1', 0, 64));
}
