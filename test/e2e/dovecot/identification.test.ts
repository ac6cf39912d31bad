/** P28: Dovecot believes `x-originating-ip` from addresses that it trusts, and it trusts the proxy. The client is not the proxy. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

describe('ID in front of a Dovecot that trusts the proxy', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    dovecot = await startDovecot({
      settings: ['login_trusted_networks = 127.0.0.0/8', 'auth_verbose = yes'],
    });
    proxy = await startProxy({
      listen: ['starttls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
  });

  const spellings = [
    '("name" "x" "x-originating-ip" "ADDRESS")',
    '("X-Originating-IP" "ADDRESS" "x-originating-port" "1")',
    '({16+}\r\nx-originating-ip {10+}\r\nADDRESS)',
  ];
  spellings.forEach((spelling, at) => {
    test(`the client cannot say where it comes from: ${spelling.split('\r')[0]}`, async () => {
      const claimed = `192.0.2.1${at}`;
      const direct = `192.0.2.2${at}`;
      const account = dovecot.account('alice');
      for (const [endpoint, address] of [
        [dovecot.endpoint('none'), direct],
        [proxy.endpoint(0, 'none'), claimed],
      ] as const) {
        const client = await RawImap.connect(endpoint);
        await client.response();
        await client.ok(`ID ${spelling.replace('ADDRESS', address)}`);
        await client.login(account);
        await client.logout();
      }
      const log = await dovecot.log();
      assert.match(log, new RegExp(`rip=${direct}`), 'Dovecot believes it where nothing is in between');
      assert.doesNotMatch(log, new RegExp(claimed.replaceAll('.', '\\.')));
    });
  });
});
