/**
 * Objects of Kubernetes as kubectl renders them, judged by the schemas of the Kubernetes API that the package
 * kubernetes-models has compiled. Those accept keys that they do not know, as the API server did for years; here such a
 * key is a fault, for it is a setting that somebody believes in and nobody reads.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';
import { run } from './child.ts';
import { program } from './required.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into objects of many kinds, whose schemas were checked before.
  readonly [key: string]: any;
}

/** What `kubectl kustomize` makes of a folder. Rejects with what it said when it refuses. */
export async function render(folder: string): Promise<KubernetesObject[]> {
  const { stdout, stderr } = await run(program('kubectl'), ['kustomize', folder]);
  assert.equal(stderr, '', `kubectl warns of something in ${folder}`);
  const documents = parseAllDocuments(stdout.toString('utf8'));
  return documents.map((document) => document.toJS() as KubernetesObject);
}

interface Model {
  new (object: KubernetesObject): object;
  readonly prototype: { validate(): void };
}

/** Where the compiled schemas are, by the end of an API group's name. */
const packages = [
  { group: 'cert-manager.io', name: '@kubernetes-models/cert-manager' },
  { group: 'monitoring.coreos.com', name: '@kubernetes-models/prometheus-operator' },
];

const require = createRequire(import.meta.url);

/** Every fault of an object, a sentence each; empty when Kubernetes would take it and read all of it. */
export function schemaFaults(object: KubernetesObject): string[] {
  const found = packages.find(({ group }) => object.apiVersion.startsWith(`${group}/`));
  const path = `${found?.name ?? 'kubernetes-models'}/${object.apiVersion}/${object.kind}`;
  const { [object.kind]: Model } = require(path) as Record<string, Model>;
  assert.ok(Model, `${path} has no ${object.kind}`);
  const read = new Map<object, Set<string>>();
  const model = new Model(object);
  try {
    Model.prototype.validate.call(watched(model, read));
  } catch (error) {
    return [`${object.kind}: ${(error as Error).message}`];
  }
  return unread(model, read, object.kind);
}

/** The same value; every key that is read of it, or of what is inside it, is noted. */
function watched<T extends object>(value: T, read: Map<object, Set<string>>): T {
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key === 'string') read.set(target, (read.get(target) ?? new Set()).add(key));
      return typeof inner === 'object' && inner !== null ? watched(inner, read) : inner;
    },
  });
}

/** A schema asks for every key that it knows, so a key that nobody asked for is one that it does not know. */
function unread(value: unknown, read: ReadonlyMap<object, ReadonlySet<string>>, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${path}.${key}`;
    return read.get(value)?.has(key) ? unread(inner, read, at) : [`${at}: Kubernetes knows no such key`];
  });
}
