/** nginx's mail module: speaks IMAP until login, then passes bytes. One worker. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, type Place, stand } from './contender.ts';

const NAME = 'nginx mail';
const mailModule = '/usr/lib/nginx/modules/ngx_mail_module.so';

export function nginx(): Entry {
  const { stderr, status } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  if (status !== 0 || !existsSync(mailModule))
    return { name: NAME, missing: 'nginx-light libnginx-mod-mail' };
  return {
    name: NAME,
    version: stderr.trim().replace('nginx version: ', ''),
    async start(place) {
      const file = join(place.folder, 'nginx.conf');
      await writeFile(file, configuration(place));
      return stand(NAME, place, 'nginx', ['-c', file, '-p', place.folder]);
    },
  };
}

function configuration({ folder, port, upstream, certificates }: Place): string {
  return `
load_module ${mailModule};
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log warn;
events { worker_connections 20000; }
mail {
  auth_http 127.0.0.1:${upstream.http}/;
  imap_capabilities IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE;
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    protocol imap;
    ssl_certificate ${certificates.cert};
    ssl_certificate_key ${certificates.key};
    ssl_protocols TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
  }
}
`;
}
