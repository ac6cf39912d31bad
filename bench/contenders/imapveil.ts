/** Our product as users run it: default settings, but for the limits that a benchmark would run into. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Entrant, type Place, stand } from './contender.ts';

/** The program of this checkout, which `npm run bench` builds first. */
export const built: string = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/**
 * `script` is the absolute path of a Lua file, `command` the main.js of another build, `flags` are words for Node
 * itself.
 */
export function imapveil(
  name: string,
  script?: string,
  command: string = built,
  flags: readonly string[] = [],
): Entrant {
  return {
    name,
    version: `Node ${process.version}`,
    async start(place) {
      const config = await configure(place, script, 'tls');
      return stand(name, place, process.execPath, [...flags, command, 'run', '--config', config]);
    },
  };
}

/** Writes proxy.yaml and returns its path. */
export async function configure(
  place: Place,
  script: string | undefined,
  encryption: 'tls' | 'starttls',
): Promise<string> {
  const { cert, key } = place.certificates;
  const file = join(place.folder, 'proxy.yaml');
  const config = {
    listen: [{ address: '127.0.0.1', port: place.port, encryption }],
    tls: { certificates: [{ cert, key }] },
    upstream: { host: '127.0.0.1', port: place.upstream.imap, encryption: 'none' },
    limits: { connections: 20_000, connectionsPerAddress: 20_000 },
    ...(script === undefined ? {} : { hooks: { script } }),
  };
  await writeFile(file, stringify(config));
  return file;
}
