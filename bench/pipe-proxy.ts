/** The least that Node needs for TLS in front and plain text behind; forked with port, upstream, certificate and key. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [port, upstreamPort, cert, key] = process.argv.slice(2);

const server = createServer(
  { cert: readFileSync(cert!), key: readFileSync(key!), noDelay: true },
  (client) => {
    const upstream = connect({ port: Number(upstreamPort), host: '127.0.0.1', noDelay: true });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  },
);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
