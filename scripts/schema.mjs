/**
 * Writes proxy.schema.json, by which editors complete and check proxy.yaml, into a folder with the compiled program:
 * `node scripts/schema.mjs dist docs/configuration.md`. prepare.mjs calls it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, page] = process.argv.slice(2);
const { describedSchema } = await import(pathToFileURL(resolve(folder, 'config', 'json-schema.js')).href);
const schema = describedSchema(readFileSync(page, 'utf8'));
writeFileSync(join(folder, 'proxy.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
