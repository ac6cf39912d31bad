/**
 * Writes proxy.schema.json, by which editors complete and check proxy.yaml, into a folder:
 * `node scripts/schema.mjs FOLDER-OF-COMPILED-SOURCES docs/configuration.md dist`. prepare.mjs calls it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, page, target] = process.argv.slice(2);
const { describedSchema } = await import(pathToFileURL(resolve(compiled, 'config', 'json-schema.js')).href);
const schema = describedSchema(readFileSync(page, 'utf8'));
writeFileSync(join(target, 'proxy.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
