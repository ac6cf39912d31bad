/**
 * The image's health check: exit 0 when the proxy in this container can serve, 1 when it cannot.
 *
 * It asks /healthz on the admin port. A configuration without one is no reason to call the container ill, so
 * where nothing listens there, it is enough that one of the image's two mail ports takes a connection.
 */
import { connect } from 'node:net';

const host = '127.0.0.1';
const adminPort = 9143;
const mailPorts = [1993, 1143];
const milliseconds = 3000;

function acceptsConnections(port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: milliseconds });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

async function isHealthy() {
  if (await acceptsConnections(adminPort)) {
    const url = `http://${host}:${adminPort}/healthz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(milliseconds) });
    return response.ok;
  }
  for (const port of mailPorts) {
    if (await acceptsConnections(port)) return true;
  }
  return false;
}

const healthy = await isHealthy().catch(() => false);
process.exit(healthy ? 0 : 1);
