/**
 * As much of a mail client as `--from` needs: one command after the other, and whole responses as the bytes that
 * came. What always holds: each wait ends, with an answer or with a sentence.
 */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  concat,
  Framer,
  fromLatin1,
  latin1,
  type ResponseHead,
  readResponseHead,
} from '../../imap-parser-lite/index.ts';
import { printable } from '../../observe/printable.ts';
import type { LiveServer } from './server-url.ts';

/** Why the server could not be asked, as a sentence. */
export class ServerFault extends Error {}

export interface Response {
  /** The whole response, literals and CRLF included. */
  readonly bytes: Uint8Array;
  readonly head: ResponseHead;
}

/** Milliseconds in which something must come. */
const PATIENCE = 15_000;

export class ImapClient {
  readonly #server: LiveServer;
  #socket: Socket;
  #framer: Framer = new Framer('server');
  #parts: Uint8Array[] = [];
  #ended: string | undefined;
  #wake: () => void = () => {};
  #tags = 0;

  /** Connects; with TLS from the first byte where the server has it. Reads no greeting. */
  static async connect(server: LiveServer): Promise<ImapClient> {
    const { host, port } = server;
    const socket =
      server.tls === 'first' ? connectTls({ ...tlsOptions(server), host, port }) : connect({ host, port });
    const client = new ImapClient(server, socket);
    await client.#ready(server.tls === 'first' ? 'secureConnect' : 'connect');
    return client;
  }

  private constructor(server: LiveServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.#listen();
  }

  /** The next response. Rejects with a `ServerFault`. */
  async response(): Promise<Response> {
    for (;;) {
      const segment = this.#framer.next();
      if (segment === undefined) {
        await this.#more();
        continue;
      }
      if (segment.kind === 'fault') throw this.#fault('said something that is no IMAP');
      this.#parts.push(segment.bytes);
      if (segment.kind === 'literal' || !segment.complete || segment.literal !== undefined) continue;
      const bytes = concat(this.#parts);
      this.#parts = [];
      return { bytes, head: readResponseHead(bytes) };
    }
  }

  /** Sends `text` (latin1) under a tag of its own and gives what was answered, the tagged response last. */
  async command(text: string): Promise<readonly Response[]> {
    this.#tags++;
    const tag = `h${this.#tags}`;
    this.send(`${tag} ${text}`);
    return await this.#answer(tag, text.split(' ', 1)[0]!);
  }

  /** As `command` for one that the server asks more of: `line` is what it gets then, and is in no message. */
  async commandWith(text: string, line: string): Promise<readonly Response[]> {
    this.#tags++;
    const tag = `h${this.#tags}`;
    this.send(`${tag} ${text}`);
    const first = await this.response();
    if (first.head.kind !== 'continuation') {
      if (first.head.kind === 'tagged') throw this.#refused(text, first);
      throw this.#fault(`did not go on with ${text}`);
    }
    this.send(line);
    return await this.#answer(tag, text);
  }

  send(line: string): void {
    this.#socket.write(fromLatin1(`${line}\r\n`));
  }

  /** The handshake behind the server's OK to STARTTLS. */
  async secure(): Promise<void> {
    // Whoever is between us and the server may have put it there (CVE-2021-22947).
    if (this.#framer.pending > 0) throw this.#fault('sent something between STARTTLS and the handshake');
    this.#socket.removeAllListeners();
    this.#socket = connectTls({ ...tlsOptions(this.#server), socket: this.#socket });
    this.#framer = new Framer('server');
    this.#listen();
    await this.#ready('secureConnect');
  }

  close(): void {
    this.#socket.destroy();
  }

  async #answer(tag: string, command: string): Promise<readonly Response[]> {
    const responses: Response[] = [];
    for (;;) {
      const response = await this.response();
      responses.push(response);
      const { head } = response;
      if (head.kind !== 'tagged' || head.tag !== tag) continue;
      if (head.word !== 'OK') throw this.#refused(command, response);
      return responses;
    }
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#framer.push(chunk);
      this.#wake();
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#ended ??= reason(error, this.#server.tls);
      this.#wake();
    });
    this.#socket.on('close', () => {
      this.#ended ??= 'closed the connection';
      this.#wake();
    });
  }

  async #ready(event: 'connect' | 'secureConnect'): Promise<void> {
    let ready = false;
    this.#socket.once(event, () => {
      ready = true;
      this.#wake();
    });
    while (!ready) await this.#more();
  }

  /** Until something has happened. */
  async #more(): Promise<void> {
    if (this.#ended !== undefined) throw this.#fault(this.#ended);
    const inTime = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE, false);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    if (!inTime) throw this.#fault(`said nothing for ${PATIENCE / 1000} seconds${this.#hintOfSilence()}`);
  }

  /** A port for TLS from the first byte waits for the client's handshake and greets nobody. */
  #hintOfSilence(): string {
    const ungreeted = !this.#socket.connecting && this.#socket.bytesRead === 0;
    return ungreeted && this.#server.tls === 'starttls' ? '; is it imaps://?' : '';
  }

  #refused(command: string, { bytes, head }: Response): ServerFault {
    const text = head.kind === 'tagged' ? latin1(bytes, head.text).trim() : '';
    return this.#fault(`refused ${command}: ${printable(text)}`);
  }

  #fault(what: string): ServerFault {
    const { host, port } = this.#server;
    this.close();
    return new ServerFault(`${host.includes(':') ? `[${host}]` : host}:${port} ${what}`);
  }
}

function tlsOptions({ host, verify }: LiveServer): ConnectionOptions {
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return { ...name, host, rejectUnauthorized: verify === 'certificate' };
}

const untrusted = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/;

function reason({ code = '', message }: NodeJS.ErrnoException, tls: LiveServer['tls']): string {
  if (code === 'ENOTFOUND') return 'cannot be found: there is no such name';
  if (code === 'ECONNREFUSED') return 'cannot be reached: nothing listens there';
  if (untrusted.test(code)) {
    return `shows a certificate that cannot be verified (${code}); --insecure takes any, for trying`;
  }
  // OpenSSL's own message is a line of its source and ends in a line feed.
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' && tls === 'first') {
    return `does no TLS from the first byte (${code}); is it imap://?`;
  }
  return `cannot be asked: ${code || message}`;
}
