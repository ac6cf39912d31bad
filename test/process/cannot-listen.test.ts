/** What an operator reads when a port cannot be had: why, and what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cannotListen } from '../../src/process/ports.ts';

test('a port that this user may not open, one that is taken, and what Node says of the rest', () => {
  const said = (code: string) =>
    cannotListen(Object.assign(new Error(`listen ${code}`), { code }), { address: '::', port: 143 }).message;
  assert.equal(
    said('EACCES'),
    'cannot listen on :: port 143: this user may not open ports below 1024; run it as a service (docs/deploying.md), or take a higher port',
  );
  assert.equal(said('EADDRINUSE'), 'cannot listen on :: port 143: another process listens there already');
  assert.equal(
    said('EAFNOSUPPORT'),
    'cannot listen on :: port 143: this machine has no IPv6; set address to 0.0.0.0',
  );
});
