/** `/readyz` asks Dovecot as sessions do: by TLS and STARTTLS with the certificate verified, and behind a PROXY header. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { freePorts } from '../../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../../support/proxy.ts';
import { readyz } from '../../support/ready.ts';
import { without } from '../../support/required.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

describe('/readyz in front of Dovecot', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let behindHeader: { readonly plain: number; readonly tls: number };
  let folder: string;
  let strangers: Certificates;
  const running: RunningProxy[] = [];
  before(async () => {
    folder = await temporaryFolder();
    strangers = await makeCertificates(folder);
    const [plain = 0, tls = 0] = await freePorts(2);
    behindHeader = { plain, tls };
    const listener = (name: string, port: number, ssl: string): string =>
      `inet_listener ${name} {\n port = ${port}\n ssl = ${ssl}\n haproxy = yes\n }`;
    const listeners = [listener('headed', plain, 'no'), listener('headed_tls', tls, 'yes')];
    dovecot = await startDovecot({
      settings: ['haproxy_trusted_networks = 127.0.0.0/8', 'service imap-login {', ...listeners, '}'],
    });
  });
  afterEach(async () => {
    for (const proxy of running.splice(0)) await proxy.stop();
  });
  after(async () => {
    await dovecot?.stop();
    await removeFolder(folder);
  });

  const start = async (upstream: ProxyOptions['upstream'], certificates: Certificates): Promise<number> => {
    const [admin = 0, ...ports] = await freePorts(2);
    const at = { address: '127.0.0.1', port: admin };
    running.push(await startProxy({ listen: ['starttls'], ports, admin: at, certificates, upstream }));
    return admin;
  };

  for (const encryption of ['none', 'starttls', 'tls'] as const) {
    test(`${encryption}: 200; with a certificate that is not trusted 503`, async () => {
      const upstream = { port: dovecot.endpoint(encryption).port, encryption };
      const admin = await start(upstream, dovecot.certificates);
      assert.deepEqual(await readyz(admin), { status: 200, text: 'ready\n' });
      if (encryption === 'none') return;
      const stranger = await start(upstream, strangers);
      const { status, text } = await readyz(stranger);
      assert.equal(status, 503);
      assert.match(
        text,
        /^the certificate of 127\.0\.0\.1:\d+ is not trusted: .*upstream\.tls\.servername\n$/,
      );
    });
  }

  for (const [encryption, port] of [
    ['none', 'plain'],
    ['starttls', 'plain'],
    ['tls', 'tls'],
  ] as const) {
    test(`${encryption}, clientAddress proxy-v2: the server gets its header, which names nobody`, async () => {
      const upstream = { port: behindHeader[port], encryption };
      const { certificates } = dovecot;
      const unnamed = await start({ ...upstream, connectTimeout: '300ms' }, certificates);
      assert.equal((await readyz(unnamed)).status, 503);
      const admin = await start({ ...upstream, clientAddress: 'proxy-v2' }, certificates);
      assert.deepEqual(await readyz(admin), { status: 200, text: 'ready\n' });
    });
  }
});
