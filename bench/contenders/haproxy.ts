/** HAProxy in TCP mode: TLS and bytes, nothing of IMAP. One thread. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, type Place, stand } from './contender.ts';

const NAME = 'HAProxy TCP';

export function haproxy(): Entry {
  const { stdout, status } = spawnSync('haproxy', ['-v'], { encoding: 'utf8' });
  if (status !== 0) return { name: NAME, missing: 'haproxy' };
  return {
    name: NAME,
    version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    async start(place) {
      const { cert, key } = place.certificates;
      const both = join(place.folder, 'both.pem');
      await writeFile(both, (await readFile(cert, 'utf8')) + (await readFile(key, 'utf8')));
      const file = join(place.folder, 'haproxy.cfg');
      await writeFile(file, configuration(place, both));
      return stand(NAME, place, 'haproxy', ['-db', '-f', file]);
    },
  };
}

function configuration({ port, upstream }: Place, certificate: string): string {
  return `
global
  nbthread 1
  maxconn 9900
  tune.ssl.cachesize 0
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  option tcp-smart-accept
frontend front
  bind 127.0.0.1:${port} ssl crt ${certificate} ssl-min-ver TLSv1.3 no-tls-tickets backlog 4096
  default_backend back
backend back
  server one 127.0.0.1:${upstream.imap}
`;
}
