/**
 * compose.yaml as far as it can be judged without Docker: it names nothing that it does not have, as it is and after
 * its own head was followed by somebody who has a mail server already.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../support/cases.ts';

const text = readFileSync(new URL('compose.yaml', root), 'utf8');

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks?: object;
  readonly volumes?: object;
}

interface Service {
  readonly depends_on?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
}

test('with Dovecot, what the services name is there', () => {
  const file = parse(text) as Compose;
  assert.deepEqual(Object.keys(file.services), ['proxy', 'dovecot']);
  assert.deepEqual(missing(file), []);
});

test('in front of a server of your own: what its head says to delete leaves the proxy whole', () => {
  const lines = text.split('\n');
  const kept = lines.slice(0, lines.indexOf('  dovecot:')).filter((line) => !line.endsWith(' # Dovecot'));
  assert.equal(lines.filter((line) => line.endsWith(' # Dovecot')).length, 2, 'the head speaks of two lines');
  const file = parse(kept.join('\n')) as Compose;
  assert.deepEqual(Object.keys(file.services), ['proxy']);
  assert.deepEqual(missing(file), []);
});

/** Everything that a service names and that the file, or the checkout, does not have. */
function missing({ services, networks = {}, volumes = {} }: Compose): string[] {
  return Object.values(services).flatMap((service) => [
    ...(service.depends_on ?? []).filter((name) => !(name in services)),
    ...(service.networks ?? []).filter((name) => !(name in networks)),
    ...(service.volumes ?? [])
      .map((volume) => volume.split(':')[0]!)
      .filter((name) => (name.startsWith('.') ? !existsSync(new URL(name, root)) : !(name in volumes))),
  ]);
}
