/** The yardstick: what Node itself costs when nothing is understood. */
import { startModule, stop } from '../child.ts';
import type { Entrant } from './contender.ts';

export const pipe: Entrant = {
  name: 'bare pipe',
  version: `Node ${process.version}`,
  async start({ port, cores, upstream, certificates }) {
    const words = [String(port), String(upstream.imap), certificates.cert, certificates.key];
    const child = await startModule('pipe-proxy.js', words, cores);
    return { name: 'bare pipe', port, pid: child.pid!, compiles: true, stop: () => stop(child) };
  },
};
