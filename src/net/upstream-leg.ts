/**
 * The connection to one server, from the first packet on: the header in front, TLS, and what becomes of them. What
 * always holds: once it is abandoned, nothing of it is told any more.
 */
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Config } from '../config/config.ts';
import type { EndCause } from '../session/effect.ts';
import { listen } from './handlers.ts';
import { secureUpstream } from './tls.ts';
import { upstreamFailure, upstreamTooLate } from './upstream-failure.ts';
import { connectTlsBehind, connectUpstream, type UpstreamReader } from './upstream-socket.ts';

/** Where a server is, and how it is spoken to. */
export interface UpstreamAccess {
  readonly settings: Omit<Config['upstream'], 'servers'>;
  readonly server: { readonly host: string; readonly port: number };
  readonly tls: ConnectionOptions;
}

/** Who lives by a leg: a session itself, for seven closures each would cost it half a kilobyte (decision 9). */
export interface LegOwner {
  /** Given what the server says, in memory that the next read of any connection overwrites. */
  upstreamHeard(borrowed: Buffer): void;
  /** Whether what the server says next is the inside of a literal. */
  upstreamInLiteral(): boolean;
  /** The server says nothing more. */
  upstreamEnded(): void;
  /** Nothing is left of the connection. */
  upstreamClosed(): void;
  upstreamSecured(): void;
  /** `upstreamClosed` follows. */
  upstreamFailed(cause: EndCause): void;
  upstreamDrained(): void;
}

/** `host:port`, as the log has it. */
export function serverName({ host, port }: UpstreamAccess['server']): string {
  return `${host}:${port}`;
}

export class UpstreamLeg implements UpstreamReader {
  readonly #access: UpstreamAccess;
  readonly #owner: LegOwner;
  #socket: Socket;
  #deafen: () => void = () => {};
  #abandoned = false;

  /** Connects; `header`: what goes before everything else, TLS included. */
  constructor(access: UpstreamAccess, header: Uint8Array | undefined, owner: LegOwner) {
    this.#access = access;
    this.#owner = owner;
    const { settings, server, tls } = access;
    if (header !== undefined && settings.encryption === 'tls') {
      this.#socket = this.#connectTlsBehind(header);
      return;
    }
    const socket = connectUpstream(server, settings.encryption, tls, this);
    if (header !== undefined) socket.write(header);
    this.#socket = socket;
    this.#read(socket);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Begins TLS on the connection; `secured` follows when the certificate is verified. */
  secure(): void {
    this.#deafen();
    const secured = secureUpstream(this.#socket, this.#access.tls);
    this.#socket = secured;
    secured.once('secureConnect', () => {
      if (!this.#abandoned) this.#owner.upstreamSecured();
    });
    this.#read(secured);
  }

  /** The cause when `upstream.connectTimeout` is over before the greeting. */
  tooLate(): EndCause {
    return upstreamTooLate(this.#socket, serverName(this.#access.server), this.#access.settings);
  }

  /** Nobody wants it any more. */
  abandon(): void {
    this.#abandoned = true;
    this.#socket.destroy();
  }

  #connectTlsBehind(header: Uint8Array): Socket {
    const closed = (): void => this.#closed();
    const plain = connectTlsBehind(this.#access.server, header, this.#access.tls, (secured) => {
      plain.off('close', closed);
      this.#socket = secured;
      this.#read(secured);
    });
    return plain.on('error', (error) => this.#failed(error)).on('close', closed);
  }

  #read(socket: Socket): void {
    socket.on('error', (error) => this.#failed(error));
    this.#deafen = listen(socket, {
      data: (bytes) => this.heard(bytes),
      end: () => {
        if (!this.#abandoned) this.#owner.upstreamEnded();
      },
      close: () => this.#closed(),
      drain: () => {
        if (!this.#abandoned) this.#owner.upstreamDrained();
      },
    });
  }

  heard(bytes: Buffer): void {
    if (!this.#abandoned) this.#owner.upstreamHeard(bytes);
  }

  inLiteral(): boolean {
    return this.#owner.upstreamInLiteral();
  }

  #closed(): void {
    if (!this.#abandoned) this.#owner.upstreamClosed();
  }

  #failed(error: Error): void {
    if (this.#abandoned) return;
    const { server, settings } = this.#access;
    this.#owner.upstreamFailed(upstreamFailure(error, serverName(server), settings.clientAddress));
  }
}
