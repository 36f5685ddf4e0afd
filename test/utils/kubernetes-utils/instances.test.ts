import { describe, expect, test } from 'vitest';
import type { Limits, TargetState } from '../../../src/models/changes.ts';
import { reachableSize } from '../../../src/utils/kubernetes-utils/change/resize-request.ts';
import { TemplateDrift } from '../../../src/utils/kubernetes-utils/template-drift.ts';
import {
  instancesOf,
  stateOfInstances,
  unevenInstances,
} from '../../../src/utils/kubernetes-utils/workload/instances.ts';
import { type Pod, parsePod } from '../../../src/utils/kubernetes-utils/workload/pod.ts';
import { DEPLOYMENT } from '../../../src/utils/kubernetes-utils/workload/target-names.ts';
import { parseWorkload, type Workload } from '../../../src/utils/kubernetes-utils/workload/workload.ts';

const ALIKE = { requests: { cpu: '300m', memory: '256Mi' }, limits: { cpu: '450m', memory: '384Mi' } };

describe('the instances of a workload', () => {
  test('are the pods of its replica sets that are there to stay', () => {
    const pods = [
      pod('mine'),
      pod('orphan', { metadata: { ownerReferences: [] } }),
      pod('stranger', { metadata: { ownerReferences: [owner('auth-canary-5d9')] } }),
      pod('leaving', { metadata: { deletionTimestamp: '2026-11-29T12:00:00Z' } }),
      pod('evicted', { status: { phase: 'Failed' } }),
    ];
    expect(instancesOf(workload(), pods).map(({ name }) => name)).toEqual(['mine']);
  });

  test('that are alike have what each of them has, exactly', () => {
    expect(stateOf([pod('a'), pod('b'), pod('c')])).toEqual({
      requests: { cpu: 0.3, memory: 256 },
      limits: { cpu: 0.45, memory: 384 },
      instances: 2,
    });
    expect(unevenInstances('app', [pod('a'), pod('b')])).toBe(0);
  });

  test('that differ have the mean of their cpu and the most of their memory', () => {
    const larger = pod('b', { resources: { requests: { cpu: '900m', memory: '1Gi' } } });
    expect(stateOf([pod('a'), larger])?.requests).toEqual({ cpu: 0.6, memory: 1024 });
    expect(unevenInstances('app', [pod('a'), pod('b'), larger])).toBe(1);
  });

  test('differ in nothing that counts where a memory limit could not be lowered', () => {
    const kept = pod('b', { resources: { ...ALIKE, limits: { cpu: '450m', memory: '1Gi' } } });
    expect(unevenInstances('app', [pod('a'), kept])).toBe(0);
  });

  test('have what they have been given, not what they are asked to have', () => {
    const deferred = pod('a', { status: { containerStatuses: [{ name: 'app', resources: ALIKE }] } });
    const wanted = { requests: { cpu: '2', memory: '256Mi' }, limits: ALIKE.limits };
    const asked = pod('a', {
      resources: wanted,
      status: { containerStatuses: [{ name: 'app', resources: ALIKE }] },
    });
    expect(stateOf([asked])?.requests.cpu).toBe(0.3);
    expect(unevenInstances('app', [deferred])).toBe(0);
    expect(unevenInstances('app', [asked])).toBe(1);
  });

  test('have what was asked for where a runtime has rounded it', () => {
    const requests = { cpu: '333m', memory: '256Mi' };
    const told = { requests: { ...requests, cpu: '332m' } };
    const rounded = pod('a', {
      resources: { requests },
      status: { containerStatuses: [{ name: 'app', resources: told }] },
    });
    expect(stateOf([rounded])?.requests).toEqual({ cpu: 0.333, memory: 256 });
    const small = { cpu: '5m' };
    const least = pod('a', {
      resources: { limits: small },
      status: { containerStatuses: [{ name: 'app', resources: { limits: { cpu: '10m' } } }] },
    });
    expect(stateOf([least])?.limits).toEqual({ cpu: 0.005 });
  });
});

describe('what can be reached in place', () => {
  const has = { requests: { cpu: 1, memory: 512 }, limits: { cpu: 1.5, memory: 768 } };

  test('is what is wanted, where nothing is taken away', () => {
    const wanted = { requests: { cpu: 2, memory: 1024 }, limits: { cpu: 3, memory: 1536 } };
    expect(reachableSize(has, wanted, 1.5, false)).toEqual(wanted);
  });

  test('keeps limits that cannot be taken away above the requests', () => {
    const wanted = { requests: { cpu: 2, memory: 256 }, limits: {} };
    expect(reachableSize(has, wanted, 1.5, false)).toEqual({
      requests: { cpu: 2, memory: 256 },
      limits: { cpu: 3, memory: 768 },
    });
  });

  test('keeps a memory limit that is not lowered', () => {
    const wanted = { requests: { cpu: 1, memory: 256 }, limits: { cpu: 1.5, memory: 384 } };
    expect(reachableSize(has, wanted, 1.5, true)).toMatchObject({
      requests: { memory: 256 },
      limits: { memory: 768 },
    });
  });
});

describe('a template', () => {
  const state = (requests: Limits): TargetState => ({ requests, limits: {}, instances: 2 });
  const far = state({ cpu: 0.5, memory: 256 });

  test('is due when it has been off by more than 30 % for an hour, to either side', () => {
    for (const requests of [
      { cpu: 0.5, memory: 256 },
      { cpu: 0.3, memory: 170 },
    ]) {
      const drift = new TemplateDrift();
      drift.note(workload(), 'app', state(requests), 0);
      drift.note(workload(), 'app', state(requests), 3000);
      expect(drift.isDue(workload(), 3599)).toBe(false);
      expect(drift.isDue(workload(), 3600)).toBe(true);
    }
  });

  test('is not due when it was near meanwhile', () => {
    const drift = new TemplateDrift();
    drift.note(workload(), 'app', far, 0);
    drift.note(workload(), 'app', state({ cpu: 0.35, memory: 256 }), 1800);
    drift.note(workload(), 'app', far, 1900);
    expect(drift.isDue(workload(), 3700)).toBe(false);
  });

  test.each([
    ['that others own', { metadata: { managedFields: [ownedByOthers()] } }],
    ['of a workload that is paused', { spec: { paused: true } }],
    ['whose write would take all instances down at once', { spec: { strategy: { type: 'Recreate' } } }],
  ])('%s is never due', (_, change) => {
    const drift = new TemplateDrift();
    drift.note(workload(change), 'app', far, 0);
    expect(drift.isDue(workload(change), 9000)).toBe(false);
  });
});

function stateOf(pods: readonly Pod[]): TargetState | undefined {
  return stateOfInstances(workload(), 'app', pods);
}

interface Shape {
  readonly metadata?: object;
  readonly spec?: object;
}

function workload({ metadata, spec }: Shape = {}): Workload {
  const parsed = parseWorkload(DEPLOYMENT, {
    metadata: { name: 'auth', namespace: 'shop', uid: 'w1', ...metadata },
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ name: 'app', resources: ALIKE }] } },
      ...spec,
    },
  });
  if (parsed === undefined) throw new Error('no workload');
  return parsed;
}

function ownedByOthers(): object {
  const resources = { 'f:resources': { 'f:requests': { 'f:cpu': {} } } };
  const containers = { 'f:containers': { 'k:{"name":"app"}': resources } };
  const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': containers } } };
  return { manager: 'argocd-controller', operation: 'Apply', fieldsV1 };
}

function owner(name: string): object {
  return { kind: 'ReplicaSet', name, uid: `uid-of-${name}`, controller: true };
}

function pod(
  name: string,
  { metadata, status, resources = ALIKE }: Shape & { status?: object; resources?: object } = {},
): Pod {
  const parsed = parsePod({
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      labels: { 'pod-template-hash': '5d9' },
      ownerReferences: [owner('auth-5d9')],
      ...metadata,
    },
    spec: { containers: [{ name: 'app', resources }] },
    status: { phase: 'Running', ...status },
  });
  if (parsed === undefined) throw new Error('no pod');
  return parsed;
}
