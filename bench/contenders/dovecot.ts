/** Dovecot's own proxy: speaks IMAP until login, then passes bytes. One login process for all, as for speed. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, type Place, stand } from './contender.ts';

const NAME = 'Dovecot proxy';

export function dovecot(): Entry {
  const { stdout, status } = spawnSync('dovecot', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return { name: NAME, missing: 'dovecot-imapd' };
  return {
    name: NAME,
    version: stdout.trim(),
    async start(place) {
      const file = join(place.folder, 'dovecot.conf');
      await writeFile(file, configuration(place));
      return stand(NAME, place, 'dovecot', ['-F', '-c', file]);
    },
  };
}

function configuration({ folder, port, upstream, certificates }: Place): string {
  return `
base_dir = ${folder}/run
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${certificates.cert}
ssl_key = <${certificates.key}
ssl_min_protocol = TLSv1.2
ssl_options = no_ticket
mail_location = maildir:${folder}/mail
disable_plaintext_auth = no
mail_max_userip_connections = 0
default_client_limit = 20000
default_vsz_limit = 2G
service imap-login {
  process_min_avail = 1
  process_limit = 1
  service_count = 0
  client_limit = 12000
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${port}
    ssl = yes
  }
}
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=${upstream.imap} nologin=y
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=${folder}
}
`;
}
