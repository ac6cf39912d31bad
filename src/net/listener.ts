/**
 * What becomes of a connection that a client has opened: it is counted, and given its session. Who comes beyond a
 * limit is told so where that is possible, and never costs a connection to the server.
 */
import type { Socket } from 'node:net';
import type { Limits, Listen } from '../config/config.ts';
import type { SessionSettings } from '../session/conversation.ts';
import type { EndCause } from '../session/effect.ts';
import { countedAddress, plainAddress } from './address.ts';
import { AwaitedHeader } from './awaited-header.ts';
import { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import { belongsTo } from './networks.ts';
import type { ProxyEnd } from './proxy-header.ts';
import { newSessionName } from './session-name.ts';
import type { Shared } from './shared.ts';

/** Takes a paused socket that was just accepted by a listener, and does the rest. */
export function acceptor(listen: Listen, shared: Shared, connections: Connections): (socket: Socket) => void {
  const isTrusted = belongsTo(listen.proxyProtocol ?? []);
  const accepting: Accepting = { listen, shared, connections, isTrusted };
  return (socket) => accept(socket, accepting);
}

/** What a listener knows of every connection that it accepts. */
interface Accepting {
  readonly listen: Listen;
  readonly shared: Shared;
  readonly connections: Connections;
  /** Whether a PROXY header is asked of this address, and believed. */
  isTrusted(address: string): boolean;
}

/** Who is at the ends of a connection, and where the server's end is. */
type Ends = Pick<SessionSettings, 'client' | 'clientport' | 'server' | 'serverport'>;

function accept(socket: Socket, accepting: Accepting): void {
  const client = plainAddress(socket.remoteAddress);
  const server = plainAddress(socket.localAddress);
  // The client may be gone before it was looked at.
  const { remotePort: clientport, localPort: serverport } = socket;
  if (client === '' || clientport === undefined || serverport === undefined) {
    socket.destroy();
    return;
  }
  const ends = { client, clientport, server, serverport };
  if (accepting.isTrusted(client)) awaitHeader(socket, ends, accepting);
  else open(socket, ends, accepting);
}

/** Learns from the PROXY header who the client is before anything is decided about it, or said to it. */
function awaitHeader(socket: Socket, ends: Ends, accepting: Accepting): void {
  const { shared, connections } = accepting;
  const { limits } = shared.config;
  const tooMany = tooManyInAll(connections, limits);
  if (tooMany !== undefined) {
    turnAway(socket, ends, accepting, tooMany);
    return;
  }
  const leave = (): void => {
    shared.deadlines.delete(awaited);
    connections.delete(awaited);
  };
  const awaited: AwaitedHeader = new AwaitedHeader(socket, limits.handshakeTimeout, {
    found({ source, destination }) {
      leave();
      const told = source && destination && endsOf(source, destination);
      open(socket, told ?? ends, accepting);
    },
    ended(cause, bytes, duration) {
      leave();
      tellEnd(ends, accepting, cause, bytes, duration);
    },
  });
  shared.deadlines.add(awaited);
  connections.add(awaited);
}

function endsOf(source: ProxyEnd, destination: ProxyEnd): Ends {
  return {
    client: source.address,
    clientport: source.port,
    server: destination.address,
    serverport: destination.port,
  };
}

function open(socket: Socket, ends: Ends, accepting: Accepting): void {
  const { shared, connections } = accepting;
  const address = countedAddress(ends.client);
  const tooMany = refusal(connections, address, shared);
  if (tooMany !== undefined) {
    turnAway(socket, ends, accepting, tooMany);
    return;
  }
  connections.enter(address);
  const connection: Connection = new Connection(socket, factsOf(ends, accepting), shared, () =>
    connections.leave(address, connection),
  );
  connections.add(connection);
}

function turnAway(socket: Socket, ends: Ends, accepting: Accepting, cause: EndCause): void {
  socket.on('error', () => socket.destroy());
  if (accepting.listen.mode === 1) socket.destroy();
  else socket.end('* BYE Too many connections\r\n', () => socket.destroy());
  tellEnd(ends, accepting, cause, 0, 0);
}

/** What there is to say of what never came to be. */
const noSession = {
  login: 'none',
  user: undefined,
  mechanism: undefined,
  upstream: undefined,
  tls: false,
  tlsVersion: undefined,
  tlsCipher: undefined,
  counts: { commands: 0, commandsRefused: 0, foldersHidden: 0, capabilitiesRemoved: 0 },
  bytesFromUpstream: 0,
} as const;

/** The end of a connection that had no session. Bytes are those from the client, the duration is in milliseconds. */
function tellEnd(
  ends: Ends,
  accepting: Accepting,
  cause: EndCause,
  bytesFromClient: number,
  duration: number,
): void {
  const facts = factsOf(ends, accepting);
  accepting.shared.events.notBegun({ ...noSession, facts, cause, bytesFromClient, duration });
}

function factsOf(ends: Ends, { listen, shared }: Accepting): SessionSettings {
  const { limits, upstream, hooks } = shared.config;
  return {
    session: newSessionName(),
    ...ends,
    defaultMode: listen.mode,
    upstreamEncryption: upstream.encryption,
    identify: upstream.clientAddress === 'id',
    failsOver: shared.upstreams.several,
    enforce: hooks.enforce,
    commandsAsked: hooks.commands,
    guardsLogin: limits.failedLogins.perAddress > 0 || limits.failedLogins.perUser > 0,
    preLoginLine: limits.preLoginLine,
    preLoginLiteral: limits.preLoginLiteral,
    refused: shared.refused,
    hooks: shared.hooks,
  };
}

function tooManyInAll(connections: Connections, limits: Limits): EndCause | undefined {
  if (!connections.isFull(limits.connections)) return undefined;
  const message = `there are limits.connections (${limits.connections}) connections already`;
  return { code: 'too-many-connections', message };
}

function refusal(connections: Connections, address: string, shared: Shared): EndCause | undefined {
  const { limits } = shared.config;
  const inAll = tooManyInAll(connections, limits);
  if (inAll !== undefined) return inAll;
  if (connections.isFullFor(address, limits.connectionsPerAddress)) {
    const message = `${address} has limits.connectionsPerAddress (${limits.connectionsPerAddress}) connections already`;
    return { code: 'too-many-connections', message };
  }
  return undefined;
}
