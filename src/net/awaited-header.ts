/**
 * A connection of which nothing is known yet but that it comes from a trusted network, so that it has to begin
 * with a PROXY header. What always holds: nothing is sent, no byte behind the header is taken, and a connection
 * without a header ends: to serve it under the load balancer's address would be to guess who it is.
 */
import type { Socket } from 'node:net';
import type { EndCause } from '../session/effect.ts';
import type { Timed } from './deadlines.ts';
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts';

type Found = Extract<ProxyHeader, { kind: 'header' }>;

/** What becomes of the connection; exactly one of them is called, once. */
interface Outcomes {
  /** The socket is paused, has no listeners of ours, and its next byte is the first behind the header. */
  found(header: Found): void;
  /** The socket is closed. */
  ended(cause: EndCause, bytes: number, duration: number): void;
}

export class AwaitedHeader implements Timed {
  readonly #socket: Socket;
  readonly #outcomes: Outcomes;
  readonly #began: number = performance.now();
  readonly #within: number;
  readonly #onData = (bytes: Buffer): void => this.#read(bytes);
  readonly #onClosed = (): void => this.#end('client-closed', 'the client closed the connection');
  #arrived: Buffer = Buffer.alloc(0);
  #settled = false;

  /** Takes a paused socket; `within` is in milliseconds. `checkDeadlines` has to be called by someone. */
  constructor(socket: Socket, within: number, outcomes: Outcomes) {
    this.#socket = socket;
    this.#within = within;
    this.#outcomes = outcomes;
    socket.on('data', this.#onData).on('end', this.#onClosed);
    socket.on('close', this.#onClosed).on('error', this.#onClosed);
    socket.resume();
  }

  checkDeadlines(now: number): void {
    if (now <= this.#began + this.#within) return;
    const message = `no whole PROXY header, which listen.proxyProtocol asks of this address, came within ${this.#within} ms`;
    this.#end('proxy-header-timeout', message);
  }

  /** The proxy is stopping; nothing was begun, so there is nothing to finish. */
  dismiss(): void {
    this.#end('draining', 'the proxy is stopping');
  }

  end({ code, message }: EndCause): void {
    this.#end(code, message);
  }

  #read(bytes: Buffer): void {
    this.#arrived = this.#arrived.length === 0 ? bytes : Buffer.concat([this.#arrived, bytes]);
    const header = readProxyHeader(this.#arrived);
    if (header.kind === 'incomplete') return;
    if (header.kind === 'fault') {
      const message = `listen.proxyProtocol asks this address for a PROXY header, and what came is no valid one: ${header.message}`;
      this.#end('proxy-header', message);
      return;
    }
    this.#settled = true;
    const socket = this.#socket;
    socket.pause();
    socket.off('data', this.#onData).off('end', this.#onClosed);
    socket.off('close', this.#onClosed).off('error', this.#onClosed);
    const rest = this.#arrived.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    this.#outcomes.found(header);
  }

  #end(code: EndCause['code'], message: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#socket.destroy();
    const duration = Math.round(performance.now() - this.#began);
    this.#outcomes.ended({ code, message }, this.#arrived.length, duration);
  }
}
