/** A script that never returns costs its own session the deadline, and the others nothing (L1, L5). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap, type Reply } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

const deadline = 400;
/** Milliseconds that a command of another session may take meanwhile. */
const bound = 20;
const script = `
function DoListResult(foldername, attributes, extended, context)
  if context.user == "alice" then
    while true do end
  end
  return foldername ~= "Secret"
end
`;

describe('a script that loops for ever in DoListResult', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot();
    for (const user of ['alice', 'bob']) await dovecot.createFolders(user, ['Secret', 'Open']);
  });
  after(() => dovecot?.stop());

  for (const onError of ['pass', 'hide'] as const) {
    describe(`hooks.onError: ${onError}`, () => {
      let proxy: RunningProxy;
      before(async () => {
        proxy = await startProxy({
          listen: ['starttls'],
          certificates: dovecot.certificates,
          upstream: { port: dovecot.ports.imap, encryption: 'none' },
          script,
          hooks: { deadline: `${deadline}ms`, onError },
        });
      });
      after(() => proxy?.stop());

      test('is answered by onError after the deadline, while another session goes on', async (context) => {
        const endpoint = proxy.endpoint(0, 'none');
        const alice = await RawImap.open(endpoint, dovecot.account('alice'));
        const bob = await RawImap.open(endpoint, dovecot.account('bob'));
        await bob.ok('NOOP');

        const start = performance.now();
        let answered: Reply | undefined;
        const stuck = alice.ok('LIST "" *').then((reply) => {
          answered = reply;
          return performance.now() - start;
        });
        const trips: number[] = [];
        while (answered === undefined) {
          const sent = performance.now();
          await bob.ok('NOOP');
          trips.push(performance.now() - sent);
          await pause(2);
        }
        const took = await stuck;

        assert.ok(took >= deadline, `answered after ${took} ms`);
        assert.ok(trips.length >= 100, `only ${trips.length} NOOPs`);
        const late = trips.filter((trip) => trip >= bound);
        const worst = Math.max(...trips);
        context.diagnostic(`${trips.length} NOOPs, the slowest took ${worst.toFixed(1)} ms`);
        // A busy machine may hold up one in a hundred; a blocked event loop holds one up for the whole deadline.
        assert.ok(
          late.length <= trips.length / 100,
          `${late.length} of ${trips.length} NOOPs took ${bound} ms or more`,
        );
        assert.ok(worst < deadline / 4, `a NOOP took ${worst} ms`);
        const names = folderNames(answered);
        if (onError === 'hide') assert.deepEqual(names, []);
        else
          assert.deepEqual(names.filter((name) => /^(INBOX|Open|Secret)$/.test(name)).sort(), [
            'INBOX',
            'Open',
            'Secret',
          ]);

        // The thread that replaced the stuck one serves the others as before.
        assert.ok(!folderNames(await bob.ok('LIST "" *')).includes('Secret'));
        assert.ok(folderNames(await bob.ok('LIST "" *')).includes('Open'));
        await alice.ok('NOOP');
        await alice.logout();
        await bob.logout();
      });

      test('stops asking after three missed deadlines', async () => {
        const alice = await RawImap.open(proxy.endpoint(0, 'none'), dovecot.account('alice'));
        for (let asked = 0; asked < 3; asked += 1) await alice.ok('LIST "" INBOX');
        const start = performance.now();
        const { untagged } = await alice.ok('LIST "" INBOX');
        assert.ok(performance.now() - start < deadline / 2);
        assert.equal(untagged.length, onError === 'hide' ? 0 : 1);
        await alice.logout();
      });
    });
  }
});

function folderNames(reply: Reply): string[] {
  return reply.untagged.map((line) => /"\/" "?([^"\r]*)/.exec(line)?.[1] ?? '');
}
