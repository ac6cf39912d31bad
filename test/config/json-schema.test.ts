/**
 * What editors are told of proxy.yaml, judged by a JSON Schema validator that is not ours: it has a sentence for every
 * key, accepts what `check` accepts, and marks the mistakes that people make.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { describedSchema, type Node } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { root } from '../support/cases.ts';
import { run } from '../support/child.ts';
import { program, without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const schema = describedSchema(readFileSync(new URL('docs/configuration.md', root), 'utf8'));

test('every key has a sentence', () => {
  const lacking: string[] = [];
  const look = (map: Node, prefix: string): void => {
    for (const [name, key] of Object.entries(map.properties ?? {})) {
      if (!/^\S.*[.:]$/s.test(key.description ?? '')) lacking.push(`${prefix}${name}`);
      look(key.items ?? key, `${prefix}${name}.`);
    }
  };
  look(schema, '');
  assert.deepEqual(lacking, []);
});

test('the sentence is that of the page, without its Markdown', () => {
  const described = (path: string): string | undefined =>
    path
      .split('.')
      .reduce<Node | undefined>((node, name) => (node?.items ?? node)?.properties?.[name], schema)
      ?.description;
  assert.equal(described('upstream'), 'The IMAP server behind the proxy.');
  assert.equal(
    described('listen.port'),
    'The port, 1 to 65535. Default: 993 with encryption: tls, else 143.',
  );
  assert.equal(described('tls'), 'The side of the mail clients.');
});

test('editors say of a duration what check says of it, and show no pattern', () => {
  const deadline = schema.properties?.hooks?.properties?.deadline;
  assert.match(String(deadline?.patternErrorMessage), /^must be a duration: .*, such as 500ms, 10s/);
});

const behind = 'upstream: { host: mail.example.org }\n';

const refused = {
  'a key that does not exist': 'upstram: { host: mail.example.org }\n',
  'no upstream': 'workers: 1\n',
  'no host': 'upstream: { port: 143 }\n',
  'a host and a list': 'upstream: { host: mail.example.org, servers: [{ host: mail.example.org }] }\n',
  'a server without a host': 'upstream: { servers: [{ port: 143 }] }\n',
  'a port that is text': 'upstream: { host: mail.example.org, port: "143" }\n',
  'a port that does not exist': 'upstream: { host: mail.example.org, port: 65536 }\n',
  'a misspelt encryption': `${behind}listen: [{ port: 143, encryption: startls }]\n`,
  'no listener': `${behind}listen: []\n`,
  'a listener that is no list': `${behind}listen: { port: 143 }\n`,
  'a duration without its unit': `${behind}limits: { loginTimeout: 60 }\n`,
  'a duration with a space': `${behind}limits: { loginTimeout: 60 s }\n`,
  'a size with another unit': `${behind}limits: { preLoginLine: 8KB }\n`,
  'half a worker': `${behind}workers: 1.5\n`,
  'a word for a number': `${behind}workers: all\n`,
  'a certificate without its key': `${behind}tls: { certificates: [{ cert: tls/fullchain.pem }] }\n`,
  'a mechanism that is none': `${behind}refuse: { mechanisms: [AUTH=PLAIN] }\n`,
  'a section without a value': `${behind}limits:\n`,
} as const;

describe('a validator', { skip: without('jsonschema') }, () => {
  /** The names of the configurations that it refuses. */
  const judge = async (configurations: Readonly<Record<string, string>>): Promise<string[]> => {
    const folder = await temporaryFolder();
    try {
      const names = Object.keys(configurations);
      const files = names.map((_, index) => join(folder, `${index}.json`));
      for (const [index, name] of names.entries())
        await writeFile(files[index]!, JSON.stringify(parse(configurations[name]!)));
      await writeFile(join(folder, 'schema.json'), JSON.stringify(schema));
      const words = [...files.flatMap((file) => ['-i', file]), join(folder, 'schema.json')];
      const { stderr } = await run(
        program('jsonschema'),
        ['--error-format', 'REFUSED {file_name}\n', ...words],
        {
          accept: [0, 1],
        },
      );
      const seen = [...stderr.matchAll(/^REFUSED (.*)$/gm)].map(([, file]) => basename(file!, '.json'));
      return names.filter((_, index) => seen.includes(String(index)));
    } finally {
      await removeFolder(folder);
    }
  };

  test('accepts every proxy.yaml in the repository, and the least that one may say', async () => {
    const texts: Record<string, string> = {
      least: behind,
      several: 'upstream: { servers: [{ host: a }, { host: b, weight: 2 }], check: { interval: 2s } }\n',
      bare: `${behind}tls: {}\nadmin: {}\nworkers: auto\n`,
      'commands in any case': `${behind}hooks: { commands: [uid expunge, Uid Move, UID, expunge] }\n`,
    };
    for (const path of ['proxy.yaml', 'deploy/container/proxy.yaml', 'deploy/compose/imapveil/proxy.yaml'])
      texts[path] = readFileSync(new URL(path, root), 'utf8');
    assert.deepEqual(await judge(texts), []);
  });

  test('refuses what check refuses', async () => {
    assert.deepEqual(await judge(refused), Object.keys(refused));
    const folder = await temporaryFolder();
    try {
      for (const [name, text] of Object.entries(refused)) {
        const file = join(folder, 'proxy.yaml');
        await writeFile(file, text);
        assert.equal((await loadConfig(file)).kind, 'faults', name);
      }
    } finally {
      await removeFolder(folder);
    }
  });
});
