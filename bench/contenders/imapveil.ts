/** Our product as users run it: default settings, but for the limits that a benchmark would run into. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { start, stop, untilListening } from '../child.ts';
import type { Entrant, Place } from './contender.ts';

const built = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** `script` is the absolute path of a Lua file. `command`: the main.js of another build, to be compared with. */
export function imapveil(name: string, script?: string, command: string = built): Entrant {
  return {
    name,
    version: `Node ${process.version}`,
    async start(place) {
      const child = start(process.execPath, [command, 'run', '--config', await configure(place, script)], 'measured');
      await untilListening(place.port, name);
      return { name, port: place.port, pid: child.pid!, stop: () => stop(child) };
    },
  };
}

/** Writes proxy.yaml and returns its path. */
export async function configure(place: Place, script: string | undefined): Promise<string> {
  const { cert, key } = place.certificates;
  const file = join(place.folder, 'proxy.yaml');
  const config = {
    listen: [{ address: '127.0.0.1', port: place.port, encryption: 'tls' }],
    tls: { certificates: [{ cert, key }] },
    upstream: { host: '127.0.0.1', port: place.upstream.imap, encryption: 'none' },
    limits: { connections: 20_000, connectionsPerAddress: 20_000 },
    ...(script === undefined ? {} : { hooks: { script } }),
  };
  await writeFile(file, stringify(config));
  return file;
}
