import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../api-server.ts';
import { deployment } from '../fixtures.ts';
import { ensureObject, type JsonObject, type KubeObject, numberAt, objectsAt, stringAt } from '../json.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  ROLLOUTS,
  STATEFUL_SETS,
} from '../resource-types.ts';
import { conditionOf } from './conditions.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop', 'narrow'] });
});
afterAll(() => server.close());

const isRolledOut = (object: KubeObject): boolean =>
  numberAt(object, 'status', 'observedGeneration') === object.metadata.generation &&
  ['updatedReplicas', 'replicas', 'availableReplicas'].every(
    (name) => numberAt(object, 'status', name) === numberAt(object, 'spec', 'replicas'),
  );

const rolledOut = (name: string): Promise<KubeObject> => server.until(DEPLOYMENTS, 'shop', name, isRolledOut);

const container = (object: KubeObject): JsonObject =>
  objectsAt(object, 'spec', 'template', 'spec', 'containers')[0] ?? {};

const setCpu = (name: string, cpu: string, of = DEPLOYMENTS): KubeObject =>
  server.objects.change(of, 'shop', name, (object) => {
    ensureObject(container(object), 'resources', 'requests')['cpu'] = cpu;
  });

const reason = (object: KubeObject, type: string): unknown => conditionOf(object, type)?.['reason'];

const podsOf = (name: string): KubeObject[] =>
  server.objects.list(PODS, 'shop').filter((pod) => pod.metadata.name.startsWith(`${name}-`));

const setsOf = (name: string): KubeObject[] =>
  server.objects.list(REPLICA_SETS, 'shop').filter((set) => set.metadata.name.startsWith(`${name}-`));

describe('a deployment', () => {
  it('gets a replica set and pods, and tells that it is done', async () => {
    server.objects.create(DEPLOYMENTS, deployment('new'));
    const done = await rolledOut('new');
    expect(conditionOf(done, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });
    expect(conditionOf(done, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    });
    expect(podsOf('new').map((pod) => stringAt(pod, 'status', 'phase'))).toEqual(['Running', 'Running']);
  });

  it('rolls a changed template within maxUnavailable and maxSurge', async () => {
    server.objects.create(DEPLOYMENTS, deployment('roll', {}, { replicas: 8 }));
    await rolledOut('roll');
    setCpu('roll', '300m');
    let most = 0;
    let least = 8;
    await server.until(DEPLOYMENTS, 'shop', 'roll', (object) => {
      most = Math.max(most, numberAt(object, 'status', 'replicas'));
      least = Math.min(least, numberAt(object, 'status', 'availableReplicas'));
      return isRolledOut(object);
    });
    expect(most).toBe(10);
    expect(least).toBeGreaterThanOrEqual(6);
    expect(
      setsOf('roll')
        .map((set) => numberAt(set, 'spec', 'replicas'))
        .sort(),
    ).toEqual([0, 8]);
    const cpu = podsOf('roll').map((pod) =>
      stringAt(objectsAt(pod, 'spec', 'containers')[0], 'resources', 'requests', 'cpu'),
    );
    expect(new Set(cpu)).toEqual(new Set(['300m']));
  });

  it('that goes back to an old template takes up its replica set again, with a new revision', async () => {
    server.objects.create(DEPLOYMENTS, deployment('back', { requests: { cpu: '100m' } }));
    await rolledOut('back');
    setCpu('back', '200m');
    await rolledOut('back');
    setCpu('back', '100m');
    const done = await rolledOut('back');
    expect(setsOf('back')).toHaveLength(2);
    expect(done.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3' });
  });

  it('keeps its old pods when new ones never get ready, and fails at the deadline', async () => {
    server.objects.create(DEPLOYMENTS, deployment('stuck', {}, { replicas: 4 }));
    await rolledOut('stuck');
    server.newPods('shop', 'stuck', 'unready');
    setCpu('stuck', '400m');
    const waiting = await server.until(
      DEPLOYMENTS,
      'shop',
      'stuck',
      (object) => numberAt(object, 'status', 'updatedReplicas') === 2,
    );
    expect(numberAt(waiting, 'status', 'availableReplicas')).toBe(3);
    server.advance(601);
    const failed = await server.until(
      DEPLOYMENTS,
      'shop',
      'stuck',
      (object) => conditionOf(object, 'Progressing')?.['status'] === 'False',
    );
    expect(reason(failed, 'Progressing')).toBe('ProgressDeadlineExceeded');
    expect(numberAt(failed, 'status', 'availableReplicas')).toBe(3);
    expect(reason(failed, 'Available')).toBe('MinimumReplicasAvailable');
    server.newPods('shop', 'stuck', 'ready');
    server.objects.change(DEPLOYMENTS, 'shop', 'stuck', (object) => {
      delete container(object)['resources'];
    });
    expect(reason(await rolledOut('stuck'), 'Progressing')).toBe('NewReplicaSetAvailable');
  });

  it('reports ReplicaFailure when a quota forbids its new pods', async () => {
    server.objects.create(RESOURCE_QUOTAS, {
      metadata: { name: 'team', namespace: 'narrow' },
      spec: { hard: { 'requests.cpu': '1' } },
    });
    const body = {
      ...deployment('quota', { requests: { cpu: '400m' } }),
      metadata: { name: 'quota', namespace: 'narrow' },
    };
    server.objects.create(DEPLOYMENTS, body);
    await server.until(DEPLOYMENTS, 'narrow', 'quota', isRolledOut);
    server.objects.change(DEPLOYMENTS, 'narrow', 'quota', (object) => {
      ensureObject(container(object), 'resources', 'requests')['cpu'] = '900m';
    });
    const failed = await server.until(
      DEPLOYMENTS,
      'narrow',
      'quota',
      (object) => conditionOf(object, 'ReplicaFailure') !== undefined,
    );
    expect(conditionOf(failed, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(stringAt(conditionOf(failed, 'ReplicaFailure'), 'message')).toContain('exceeded quota: team');
    expect(server.objects.list(EVENTS, 'narrow').some((event) => event['reason'] === 'FailedCreate')).toBe(
      true,
    );
    server.objects.change(DEPLOYMENTS, 'narrow', 'quota', (object) => {
      ensureObject(container(object), 'resources', 'requests')['cpu'] = '400m';
    });
    const healed = await server.until(
      DEPLOYMENTS,
      'narrow',
      'quota',
      (object) => isRolledOut(object) && conditionOf(object, 'ReplicaFailure') === undefined,
    );
    expect(healed).toBeDefined();
  });

  it.each([
    ['unschedulable', 'Pending', 'Unschedulable'],
    ['crash-loop', 'Running', 'CrashLoopBackOff'],
    ['oom-killed', 'Running', 'OOMKilled'],
    ['image-pull-back-off', 'Pending', 'ImagePullBackOff'],
  ] as const)('can have pods that are %s', async (fate, phase, word) => {
    server.newPods('shop', fate, fate);
    server.objects.create(DEPLOYMENTS, deployment(fate, {}, { replicas: 1 }));
    await server.until(
      DEPLOYMENTS,
      'shop',
      fate,
      (object) => numberAt(object, 'status', 'updatedReplicas') === 1,
    );
    const [pod] = podsOf(fate);
    const settled = await server.until(PODS, 'shop', pod?.metadata.name ?? '', (object) =>
      JSON.stringify(object['status'] ?? '').includes(word),
    );
    expect(stringAt(settled, 'status', 'phase')).toBe(phase);
  });

  it('crashes pods of the first moment of a second, whose timestamp does not make them older', async () => {
    const quiet = await startApiServer({ namespaces: ['shop'] });
    quiet.newPods('shop', 'young', 'crash-loop');
    await pause(1001 - (Date.now() % 1000));
    quiet.objects.create(DEPLOYMENTS, deployment('young', {}, { replicas: 1 }));
    const hasPod = (object: KubeObject) => numberAt(object, 'status', 'updatedReplicas') === 1;
    await quiet.until(DEPLOYMENTS, 'shop', 'young', hasPod);
    const [pod] = quiet.objects.list(PODS, 'shop');
    const hasCrashed = (object: KubeObject) => JSON.stringify(object).includes('CrashLoopBackOff');
    expect(await quiet.until(PODS, 'shop', pod?.metadata.name ?? '', hasCrashed)).toBeDefined();
    await quiet.close();
  });

  it('scales without a new replica set', async () => {
    server.objects.create(DEPLOYMENTS, deployment('scale'));
    await rolledOut('scale');
    const scale = (replicas: number) =>
      server.objects.change(DEPLOYMENTS, 'shop', 'scale', (object) => {
        ensureObject(object, 'spec')['replicas'] = replicas;
      });
    scale(5);
    await rolledOut('scale');
    scale(1);
    await rolledOut('scale');
    expect(podsOf('scale')).toHaveLength(1);
    expect(setsOf('scale')).toHaveLength(1);
  });

  it('takes its replica sets and pods with it', async () => {
    server.objects.create(DEPLOYMENTS, deployment('gone'));
    await rolledOut('gone');
    const [pod] = podsOf('gone');
    server.objects.remove(DEPLOYMENTS, 'shop', 'gone');
    server.advance(0);
    expect(server.objects.get(PODS, 'shop', pod?.metadata.name ?? '')).toBeUndefined();
    expect(setsOf('gone')).toEqual([]);
  });

  it('comes to rest: nothing is written when nothing happens', async () => {
    server.objects.create(DEPLOYMENTS, deployment('rest'));
    const done = await rolledOut('rest');
    server.advance(5);
    server.advance(5);
    expect(server.objects.must(DEPLOYMENTS, 'shop', 'rest').metadata.resourceVersion).toBe(
      done.metadata.resourceVersion,
    );
  });
});

const statefulSet = (name: string): JsonObject => ({
  ...deployment(name, {}, { replicas: 3, serviceName: name }),
  kind: 'StatefulSet',
});

const statefulDone = (object: KubeObject): boolean =>
  numberAt(object, 'status', 'observedGeneration') === object.metadata.generation &&
  stringAt(object, 'status', 'currentRevision') === stringAt(object, 'status', 'updateRevision') &&
  numberAt(object, 'status', 'readyReplicas') === numberAt(object, 'spec', 'replicas');

describe('a stateful set', () => {
  it('makes its pods in order and updates them from the last to the first', async () => {
    server.objects.create(STATEFUL_SETS, statefulSet('db'));
    const made = await server.until(STATEFUL_SETS, 'shop', 'db', statefulDone);
    expect(podsOf('db').map((pod) => pod.metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
    setCpu('db', '100m', STATEFUL_SETS);
    const half = await server.until(
      STATEFUL_SETS,
      'shop',
      'db',
      (object) => numberAt(object, 'status', 'updatedReplicas') === 1,
    );
    expect(stringAt(half, 'status', 'currentRevision')).toBe(stringAt(made, 'status', 'updateRevision'));
    const done = await server.until(STATEFUL_SETS, 'shop', 'db', statefulDone);
    expect(stringAt(done, 'status', 'updateRevision')).not.toBe(stringAt(made, 'status', 'updateRevision'));
    expect(done).toMatchObject({ status: { updatedReplicas: 3, currentReplicas: 3, availableReplicas: 3 } });
  });

  it('stays stuck on a pod that never gets ready, even when the template is restored, until the pod is deleted', async () => {
    server.objects.create(STATEFUL_SETS, statefulSet('stuck-db'));
    await server.until(STATEFUL_SETS, 'shop', 'stuck-db', statefulDone);
    server.newPods('shop', 'stuck-db', 'crash-loop');
    setCpu('stuck-db', '100m', STATEFUL_SETS);
    await server.until(
      STATEFUL_SETS,
      'shop',
      'stuck-db',
      (object) => numberAt(object, 'status', 'updatedReplicas') === 1,
    );
    server.newPods('shop', 'stuck-db', 'ready');
    server.objects.change(STATEFUL_SETS, 'shop', 'stuck-db', (object) => {
      container(object)['resources'] = {};
    });
    server.advance(60);
    expect(numberAt(server.objects.must(STATEFUL_SETS, 'shop', 'stuck-db'), 'status', 'readyReplicas')).toBe(
      2,
    );
    server.objects.remove(PODS, 'shop', 'stuck-db-2');
    expect(await server.until(STATEFUL_SETS, 'shop', 'stuck-db', statefulDone)).toBeDefined();
  });
});

describe('a rollout', () => {
  it('is healthy when its pods are, and says what generation it has seen in a string', async () => {
    const { spec } = deployment('ro');
    server.objects.create(ROLLOUTS, { metadata: { name: 'ro', namespace: 'shop' }, spec: spec ?? {} });
    const healthy = await server.until(
      ROLLOUTS,
      'shop',
      'ro',
      (object) => stringAt(object, 'status', 'phase') === 'Healthy',
    );
    expect(healthy).toMatchObject({
      status: { observedGeneration: '1', availableReplicas: 2, selector: 'app=ro' },
    });
    expect(stringAt(healthy, 'status', 'stableRS')).toBe(stringAt(healthy, 'status', 'currentPodHash'));
  });

  it('is degraded when its pods are not ready in time', async () => {
    server.newPods('shop', 'late', 'unready');
    const { spec } = deployment('late');
    server.objects.create(ROLLOUTS, { metadata: { name: 'late', namespace: 'shop' }, spec: spec ?? {} });
    await server.until(
      ROLLOUTS,
      'shop',
      'late',
      (object) => stringAt(object, 'status', 'phase') === 'Progressing',
    );
    server.advance(601);
    const late = await server.until(
      ROLLOUTS,
      'shop',
      'late',
      (object) => stringAt(object, 'status', 'phase') === 'Degraded',
    );
    expect(stringAt(late, 'status', 'message')).toContain('ProgressDeadlineExceeded');
  });
});

describe('a resize in place', () => {
  it.each([
    ['ready', '2', undefined],
    ['resize-infeasible', undefined, 'Infeasible'],
    ['resize-deferred', undefined, 'Deferred'],
  ] as const)('of a pod that is %s', async (fate, granted, why) => {
    const name = `size-${fate}`;
    server.newPods('shop', name, fate);
    server.objects.create(DEPLOYMENTS, deployment(name, { requests: { cpu: '1' } }, { replicas: 1 }));
    await rolledOut(name);
    const [pod] = podsOf(name);
    const podName = pod?.metadata.name ?? '';
    server.objects.change(
      PODS,
      'shop',
      podName,
      (object) => {
        const [first = {}] = objectsAt(object, 'spec', 'containers');
        first['resources'] = { requests: { cpu: '2' } };
      },
      'test',
      'resize',
    );
    const seen = await server.until(PODS, 'shop', podName, (object) =>
      granted === undefined
        ? conditionOf(object, 'PodResizePending') !== undefined
        : stringAt(objectsAt(object, 'status', 'containerStatuses')[0], 'resources', 'requests', 'cpu') ===
          granted,
    );
    expect(conditionOf(seen, 'PodResizePending')?.['reason']).toBe(why);
    expect(conditionOf(seen, 'Ready')?.['status']).toBe('True');
  });
});
