/**
 * deploy/kubernetes as far as it can be judged without a cluster: kubectl renders it, the schemas of Kubernetes accept
 * it, the proxy's own `check` accepts the configuration in it, and what has to fit together does.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseDuration } from '../../src/config/units.ts';
import { makePair } from '../config/certificates.ts';
import { root } from '../support/cases.ts';
import { run } from '../support/child.ts';
import { command } from '../support/command.ts';
import { type KubernetesObject, render, schemaFaults } from '../support/kubernetes.ts';
import { without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const folder = fileURLToPath(new URL('deploy/kubernetes/', root));
const kinds: Record<string, readonly string[]> = {
  base: ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'],
  aws: ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'],
  example: [
    ...['Certificate', 'ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget'],
    ...['PodMonitor', 'Service'],
  ],
};

test('every folder that can be applied is rendered here', () => {
  const folders = readdirSync(folder).filter((name) => name !== 'components');
  assert.deepEqual(folders.sort(), Object.keys(kinds).sort());
});

for (const [name, expected] of Object.entries(kinds)) {
  describe(`deploy/kubernetes/${name}`, { skip: without('kubectl') }, () => {
    test('is rendered to objects that Kubernetes knows every key of', async () => {
      const objects = await render(join(folder, name));
      assert.deepEqual(objects.map(({ kind }) => kind).sort(), expected);
      assert.deepEqual(objects.flatMap(schemaFaults), []);
      // What a namespace is set for, all of it is in.
      assert.equal(new Set(objects.map(({ metadata }) => metadata.namespace)).size, 1);
    });

    test('configures a proxy that check accepts, with the files that the pod has', async () => {
      const objects = await render(join(folder, name));
      const { data } = one(objects, 'ConfigMap') as { data?: Record<string, string> };
      assert.ok(data);
      const etc = await temporaryFolder();
      try {
        const { cert, key } = await makePair(-1, 90);
        const files = { ...data, 'tls.crt': cert, 'tls.key': key };
        for (const [file, text] of Object.entries(files)) await writeFile(join(etc, file), text);
        const call = [command, 'check', '--config', join(etc, 'proxy.yaml')];
        const { stdout, stderr } = await run(process.execPath, call);
        assert.match(stdout.toString('utf8'), /is valid/);
        assert.equal(stderr, '');
      } finally {
        await removeFolder(etc);
      }
    });

    test('the pods have what proxy.yaml names', async () => {
      const objects = await render(join(folder, name));
      const config = configuration(objects);
      const { spec } = one(objects, 'Deployment').spec.template;
      const [container] = spec.containers;
      const ports = portsOf(container);
      assert.deepEqual(
        config.listen.map(({ port }) => port),
        [ports.get('imap'), ports.get('imaps')],
      );
      assert.equal(config.admin.port, ports.get('admin'));
      assert.notEqual(config.admin.address, '127.0.0.1', 'the kubelet asks from outside the pod');
      assert.equal(config.watch, true, 'a changed Secret has to be noticed');
      for (const [probe, path] of [
        ['readinessProbe', '/readyz'],
        ['livenessProbe', '/healthz'],
      ])
        assert.deepEqual(container[probe!].httpGet, { path, port: 'admin' });
      const sources: { configMap?: object; secret?: object }[] = spec.volumes[0].projected.sources;
      assert.deepEqual(sources, [
        { configMap: { name: one(objects, 'ConfigMap').metadata.name } },
        { secret: { name: 'imapveil-tls' } },
      ]);
      assert.deepEqual(container.volumeMounts, [
        { name: spec.volumes[0].name, mountPath: '/etc/imapveil', readOnly: true },
      ]);
      const certificate = objects.find(({ kind }) => kind === 'Certificate');
      assert.equal(certificate?.spec.secretName ?? 'imapveil-tls', 'imapveil-tls');
    });

    test('a pod has time for its sessions before it is killed', async () => {
      const objects = await render(join(folder, name));
      const { spec } = one(objects, 'Deployment').spec.template;
      const drain = parseDuration(configuration(objects).limits.drainTimeout);
      assert.ok(drain.kind === 'measured');
      const needed = spec.containers[0].lifecycle.preStop.sleep.seconds * 1000 + drain.value;
      assert.ok(spec.terminationGracePeriodSeconds * 1000 >= needed + 10_000);
    });

    test('everything that selects pods selects these, by ports that they have', async () => {
      const objects = await render(join(folder, name));
      const deployment = one(objects, 'Deployment').spec;
      const labels: Record<string, string> = deployment.template.metadata.labels;
      const selectors: Record<string, string>[] = [
        deployment.selector.matchLabels,
        one(objects, 'Service').spec.selector,
        one(objects, 'PodDisruptionBudget').spec.selector.matchLabels,
        one(objects, 'NetworkPolicy').spec.podSelector.matchLabels,
        ...deployment.template.spec.topologySpreadConstraints.map(
          (constraint: KubernetesObject) => constraint.labelSelector.matchLabels,
        ),
        ...objects.filter(({ kind }) => kind === 'PodMonitor').map(({ spec }) => spec.selector.matchLabels),
      ];
      for (const selector of selectors) {
        assert.ok(Object.keys(selector).length > 0, 'an empty selector selects everything');
        assert.deepEqual({ ...labels, ...selector }, labels);
      }
      const known = portsOf(deployment.template.spec.containers[0]);
      const used: string[] = [
        ...one(objects, 'Service').spec.ports.map((port: KubernetesObject) => port.targetPort),
        ...one(objects, 'NetworkPolicy').spec.ingress.flatMap((rule: KubernetesObject) =>
          rule.ports.map((port: KubernetesObject) => port.port),
        ),
      ];
      for (const port of used) assert.ok(known.has(port), port);
    });

    test('a node can be emptied, and an update leaves no moment without a pod', async () => {
      const objects = await render(join(folder, name));
      const { replicas, strategy } = one(objects, 'Deployment').spec;
      const { spec } = one(objects, 'PodDisruptionBudget');
      assert.ok(replicas > spec.maxUnavailable);
      assert.equal(spec.unhealthyPodEvictionPolicy, 'AlwaysAllow');
      assert.equal(strategy.rollingUpdate.maxUnavailable, 0);
    });

    test('the pods meet the restricted standard, with files that they cannot write', async () => {
      const { spec } = one(await render(join(folder, name)), 'Deployment').spec.template;
      assert.equal(spec.automountServiceAccountToken, false);
      const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext;
      assert.deepEqual([runAsNonRoot, runAsUser, seccompProfile], [true, 10001, { type: 'RuntimeDefault' }]);
      assert.deepEqual(spec.containers[0].securityContext, {
        ...{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
      });
    });
  });
}

test('the alerts ask for the job that the Prometheus operator calls the pods', {
  skip: without('kubectl'),
}, async () => {
  const objects = await render(join(folder, 'example'));
  const { jobLabel } = one(objects, 'PodMonitor').spec;
  const { labels } = one(objects, 'Deployment').spec.template.metadata;
  const rules = readFileSync(new URL('deploy/prometheus/imapveil.rules.yml', root), 'utf8');
  const asked = new Set([...rules.matchAll(/job="([^"]*)"/g)].map(([, job]) => job));
  assert.deepEqual([...asked], [labels[jobLabel]]);
});

describe('the steps of docs/deploying.md', { skip: without('kubectl') }, () => {
  const page = readFileSync(new URL('docs/deploying.md', root), 'utf8');
  const steps = page.split(/^(?=\d\. )/m);

  test('push the image that the example names', async () => {
    const { spec } = one(await render(join(folder, 'example')), 'Deployment').spec.template;
    assert.ok(page.includes(`docker push ${spec.containers[0].image}\n`), spec.containers[0].image);
  });

  test('make the namespace of the example for everybody, before anything goes into it', async () => {
    const { namespace } = one(await render(join(folder, 'example')), 'Deployment').metadata;
    const first = steps.findIndex((step) => step.includes(`--namespace ${namespace}`));
    const makes = steps.findIndex((step) => step.includes(`kubectl create namespace ${namespace}\n`));
    assert.ok(makes > 0 && makes < first, 'in a step of its own');
    assert.doesNotMatch(steps[makes]!, /[Ww]ithout cert-manager/);
  });
});

describe('behind a balancer', { skip: without('kubectl') }, () => {
  test('on AWS it sends PROXY headers, from networks that every listener believes', async () => {
    const objects = await render(join(folder, 'aws'));
    const { annotations } = one(objects, 'Service').metadata as unknown as {
      annotations: Record<string, string>;
    };
    const said = (name: string) => annotations[`service.beta.kubernetes.io/aws-load-balancer-${name}`];
    assert.equal(
      said('target-group-attributes'),
      'proxy_protocol_v2.enabled=true,preserve_client_ip.enabled=false',
    );
    for (const port of [143, 993])
      assert.equal(said(`listener-attributes.TCP-${port}`), 'tcp.idle_timeout.seconds=2100');
    const { listen, admin } = configuration(objects);
    assert.equal(said('healthcheck-port'), String(admin.port));
    const rules: KubernetesObject[] = one(objects, 'NetworkPolicy').spec.ingress;
    const health = rules.flatMap((rule) => rule.from ?? []).flatMap((from) => from.ipBlock?.cidr ?? []);
    for (const { proxyProtocol } of listen) assert.deepEqual(proxyProtocol, health);
  });

  test('elsewhere the pods see the clients themselves, and believe no header', async () => {
    const objects = await render(join(folder, 'base'));
    assert.equal(one(objects, 'Service').spec.externalTrafficPolicy, 'Local');
    for (const { proxyProtocol } of configuration(objects).listen) assert.equal(proxyProtocol, undefined);
  });
});

test('the judge of schemas says what is wrong', () => {
  const metadata = { name: 'a' };
  const faults = (spec: object, kind = 'PodDisruptionBudget') =>
    schemaFaults({ apiVersion: 'policy/v1', kind, metadata, spec });
  assert.deepEqual(faults({ maxUnavailable: 1 }), []);
  assert.match(faults({ maxUnavailable: [1] }).join('\n'), /maxUnavailable/);
  assert.deepEqual(faults({ maxUnavailible: 1 }), [
    'PodDisruptionBudget.spec.maxUnavailible: Kubernetes knows no such key',
  ]);
  assert.deepEqual(
    schemaFaults({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, speck: {} }),
    ['PodDisruptionBudget.speck: Kubernetes knows no such key'],
  );
});

interface Written {
  readonly listen: readonly { readonly port: number; readonly proxyProtocol?: readonly string[] }[];
  readonly limits: { readonly drainTimeout: string };
  readonly admin: { readonly address: string; readonly port: number };
  readonly watch: boolean;
}

function configuration(objects: readonly KubernetesObject[]): Written {
  return parse(one(objects, 'ConfigMap').data['proxy.yaml']) as Written;
}

function one(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const [found, ...others] = objects.filter((object) => object.kind === kind);
  assert.ok(found && others.length === 0, `one ${kind}`);
  return found;
}

function portsOf(container: { readonly ports: readonly { name: string; containerPort: number }[] }) {
  return new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
}
