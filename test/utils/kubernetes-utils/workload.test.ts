import { describe, expect, test } from 'vitest';
import { findContainer, findTarget } from '../../../src/utils/kubernetes-utils/workload/find-target.ts';
import { qosOf } from '../../../src/utils/kubernetes-utils/workload/qos.ts';
import { selectorAt, selectorText, selects } from '../../../src/utils/kubernetes-utils/workload/selector.ts';
import {
  DEPLOYMENT,
  STATEFUL_SET,
  type WorkloadKind,
} from '../../../src/utils/kubernetes-utils/workload/target-names.ts';
import { versionOf } from '../../../src/utils/kubernetes-utils/workload/version.ts';
import { parseWorkload, type Workload } from '../../../src/utils/kubernetes-utils/workload/workload.ts';
import { serviceWith } from './cluster.ts';

const LABEL = 'app.kubernetes.io/name';

describe('the workload of a service', () => {
  const find = (service: Parameters<typeof serviceWith>[0], ...workloads: Workload[]) => {
    const found = findTarget(serviceWith(service), 'shop', workloads, LABEL);
    return found.kind === 'found' ? `${found.value.kind.kind}/${found.value.name}` : found.reason;
  };

  test('is what its `deployment` names, a Deployment where no kind is said', () => {
    const both = [workload(DEPLOYMENT, 'auth'), workload(STATEFUL_SET, 'auth')];
    expect(find({ deployment: 'auth' }, ...both)).toBe('Deployment/auth');
    expect(find({ deployment: 'StatefulSet/auth' }, ...both)).toBe('StatefulSet/auth');
    expect(find({ deployment: 'Rollout/auth' }, ...both)).toBe(
      'there is no Rollout shop/auth, which services.auth-service.deployment names',
    );
  });

  test('else what is named as the service, of any kind', () => {
    expect(
      find(
        {},
        workload(STATEFUL_SET, 'auth-service'),
        workload(DEPLOYMENT, 'x', { [LABEL]: 'auth-service' }),
      ),
    ).toBe('StatefulSet/auth-service');
  });

  test('else what has its id in the label', () => {
    expect(find({}, workload(DEPLOYMENT, 'x', { [LABEL]: 'auth-service' }), workload(DEPLOYMENT, 'y'))).toBe(
      'Deployment/x',
    );
  });

  test('is not guessed where two may be meant, or none', () => {
    expect(find({}, workload(STATEFUL_SET, 'auth-service'), workload(DEPLOYMENT, 'auth-service'))).toBe(
      'both StatefulSet/auth-service and Deployment/auth-service may be meant; set services.auth-service.deployment to one of them',
    );
    expect(find({}, workload(DEPLOYMENT, 'y'))).toContain(
      'nothing in namespace shop is named auth-service or has the label',
    );
  });
});

describe('the container of a service', () => {
  const find = (service: Parameters<typeof serviceWith>[0], names: string[], annotations = {}) => {
    const found = findContainer(serviceWith(service), workload(DEPLOYMENT, 'auth', {}, names, annotations));
    return found.kind === 'found' ? found.value.name : found.reason;
  };

  test.each([
    [{ container: 'b' }, ['a', 'b'], {}, 'b'],
    [{}, ['only'], {}, 'only'],
    [{}, ['proxy', 'auth-service'], {}, 'auth-service'],
    [{}, ['proxy', 'auth'], {}, 'auth'],
    [{}, ['proxy', 'main'], { 'kubectl.kubernetes.io/default-container': 'main' }, 'main'],
  ])('%j among %j with %j is %s', (service, names, annotations, name) => {
    expect(find(service, names, annotations)).toBe(name);
  });

  test('is not guessed: the candidates are told', () => {
    expect(find({}, ['a', 'b'])).toContain('set services.auth-service.container to one of a, b');
    expect(find({ container: 'c' }, ['a', 'b'])).toBe(
      'Deployment shop/auth has no container c, which services.auth-service.container names, but a, b',
    );
  });
});

describe('the version of a workload', () => {
  const version = (template: object) => versionOf(template);
  const base = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'app', image: 'a:1' }] } };

  test('stays when only resources, restarts or our annotations change', () => {
    expect(
      version({
        ...base,
        spec: { containers: [{ image: 'a:1', name: 'app', resources: { requests: { cpu: '1' } } }] },
      }),
    ).toBe(version(base));
    const annotations = { 'kubectl.kubernetes.io/restartedAt': 'now', 'kubernetes.io/change-cause': 'x' };
    expect(version({ ...base, metadata: { annotations, creationTimestamp: null, labels: { a: 'b' } } })).toBe(
      version(base),
    );
  });

  test('changes with image, environment and checksums of configuration', () => {
    const others = [
      { ...base, spec: { containers: [{ name: 'app', image: 'a:2' }] } },
      { ...base, spec: { containers: [{ name: 'app', image: 'a:1', env: [{ name: 'A', value: 'b' }] }] } },
      { ...base, metadata: { labels: { a: 'b' }, annotations: { 'checksum/config': 'x' } } },
    ];
    expect(new Set([base, ...others].map(version)).size).toBe(4);
  });
});

test.each([
  [[{}], 'BestEffort'],
  [[{ requests: { cpu: '1' } }], 'Burstable'],
  [[{ limits: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
  [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }], 'Guaranteed'],
  [[{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
  [[{ limits: { cpu: '0', memory: '0' } }], 'BestEffort'],
])('containers with %j are %s', (resources, qos) => {
  expect(
    qosOf({ spec: { containers: resources.map((one, index) => ({ name: `c${index}`, resources: one })) } }),
  ).toBe(qos);
});

test('a selector takes what the API would take for it', () => {
  const selector = selectorAt(
    {
      selector: {
        matchLabels: { app: 'a' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['x', 'y'] },
          { key: 'old', operator: 'DoesNotExist' },
          { key: 'zone', operator: 'NotIn', values: ['z'] },
          { key: 'team', operator: 'Exists' },
        ],
      },
    },
    'selector',
  );
  expect(selectorText(selector)).toBe('app=a,tier in (x,y),!old,zone notin (z),team');
  const labels = (more: Record<string, string>) =>
    new Map(Object.entries({ app: 'a', tier: 'x', team: 't', ...more }));
  expect(selects(selector, labels({}))).toBe(true);
  expect(selects(selector, labels({ tier: 'q' }))).toBe(false);
  expect(selects(selector, labels({ old: '' }))).toBe(false);
  expect(selects(selector, labels({ zone: 'z' }))).toBe(false);
  expect(selects(selectorAt({}, 'selector'), labels({}))).toBe(false);
});

function workload(
  kind: WorkloadKind,
  name: string,
  labels: object = {},
  containers: readonly string[] = ['app'],
  annotations: object = {},
): Workload {
  return parseWorkload(kind, {
    metadata: { name, namespace: 'shop', labels },
    spec: {
      template: { metadata: { annotations }, spec: { containers: containers.map((one) => ({ name: one })) } },
    },
  })!;
}
