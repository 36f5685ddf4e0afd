import { spawnSync } from 'node:child_process';
import { load, loadAll } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import type { ServiceSpec } from '../../../src/models/data-models.ts';
import type { Decision, ServiceDecision } from '../../../src/models/decisions.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { manifests } from '../../../src/utils/kubernetes-utils/manifests.ts';
import { testDecision, testSettings } from '../../api/fixtures.ts';

const HAS_KUBECTL = spawnSync('kubectl', ['version', '--client']).status === 0;

test('a decided service becomes the part of its Deployment that the decision is about', () => {
  const [first, ...others] = loadAll(
    manifests(decisionWith({ cpu: 1.25, memory: 1000, instances: 3 }), settingsWith({})),
  );
  expect(others).toEqual([]);
  expect(first).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'auth-service',
      annotations: { 'kubernetes.io/change-cause': 'dta-slo d-1: Shrinks from 4 to 2 cores.' },
    },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            {
              name: 'auth-service',
              resources: {
                requests: { cpu: '1250m', memory: '1000Mi' },
                limits: { cpu: '1875m', memory: '1500Mi' },
              },
            },
          ],
        },
      },
    },
  });
});

test.each([
  [{ deployment: 'StatefulSet/auth-db' }, 'apps/v1', 'StatefulSet', 'auth-db'],
  [{ deployment: 'Rollout/auth' }, 'argoproj.io/v1alpha1', 'Rollout', 'auth'],
  [{ deployment: 'auth' }, 'apps/v1', 'Deployment', 'auth'],
])('a service with %j is that workload', (change, apiVersion, kind, name) => {
  expect(load(manifests(decisionWith({}), settingsWith(change)))).toMatchObject({
    apiVersion,
    kind,
    metadata: { name },
  });
});

test('namespace and container stand as the service says them, else the namespace of the cluster section', () => {
  const own = manifests(decisionWith({}), settingsWith({ namespace: 'shop', container: 'app' }));
  expect(load(own)).toMatchObject({
    metadata: { namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'app' }] } } },
  });
  const settings = settingsWith({});
  const common = manifests(decisionWith({}), {
    ...settings,
    kubernetes: { ...settings.kubernetes, namespace: 'all' },
  });
  expect(load(common)).toMatchObject({ metadata: { namespace: 'all' } });
});

test.each(['keep', 'none'] as const)('`limits: %s` sets no limits', (limits) => {
  expect(manifests(decisionWith({}), settingsWith({ limits }))).not.toContain('limits:');
});

describe('what is left out is told in a comment', () => {
  test('a service that is held at its configured start', () => {
    const text = manifests(testDecision('d-1'), testSettings());
    expect(text).toContain(
      '# payment-service is left out: it is held at its configured start: Nothing is known',
    );
    expect(loadAll(text)).toHaveLength(1);
  });

  test('a service whose id is no name of Kubernetes', () => {
    const text = manifests(decisionWith({ id: 'Auth Service' }), settingsWith({ id: 'Auth Service' }));
    expect(text).toContain('set services.Auth Service.deployment');
    expect(loadAll(text)).toEqual([]);
  });

  test('a service whose kind is unknown', () => {
    expect(manifests(decisionWith({}), settingsWith({ deployment: 'Job/auth' }))).toContain(
      'unknown kind, Job',
    );
  });
});

test('no explanation gets out of its comment or its string', () => {
  const explanation = 'a: "b"\n---\nkind: Secret\u2028\u0085# \u0000 \ud800 \u{1f600} ✓ {{ x }}';
  const documents = loadAll(manifests(decisionWith({ explanation }), settingsWith({})));
  expect(documents).toHaveLength(1);
  expect(documents[0]).toMatchObject({
    metadata: { annotations: { 'kubernetes.io/change-cause': `dta-slo d-1: ${explanation}` } },
  });
});

test.runIf(HAS_KUBECTL)('kubectl reads every document as the workload that it is', () => {
  const decision = {
    ...testDecision('d-1'),
    services: testDecision('d-1').services.map(
      (service): ServiceDecision => ({ ...service, status: 'grow' }),
    ),
  };
  const args = ['annotate', '--local', '-f', '-', '-o', 'json', 'read=yes'];
  const { stdout, stderr } = spawnSync('kubectl', args, {
    input: manifests(decision, testSettings()),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const read = stdout.split(/^(?=\{)/m).map((text) => JSON.parse(text));
  expect(read.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ['Deployment', 'auth-service'],
    ['Deployment', 'payment-service'],
  ]);
  expect(read[0].spec.template.spec.containers[0].resources.requests).toEqual({ cpu: '2', memory: '8Gi' });
});

/** One service that shrinks, changed. */
function decisionWith(change: Partial<ServiceDecision>): Decision {
  const decision = testDecision('d-1');
  const explanation = 'Shrinks from 4 to 2 cores.';
  return {
    ...decision,
    services: decision.services.slice(0, 1).map((service) => ({ ...service, explanation, ...change })),
  };
}

function settingsWith(change: Partial<ServiceSpec>): Settings {
  const settings = testSettings();
  const service = { ...settings.topology.services.get('auth-service')!, ...change };
  return { ...settings, topology: { ...settings.topology, services: new Map([[service.id, service]]) } };
}
