import { describe, expect, test } from 'vitest';
import type { Change, TargetState } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import { applyAs, DEPLOYMENTS_PATH } from '../../kubernetes-api/fixtures.ts';
import type { JsonObject, KubeObject } from '../../kubernetes-api/json.ts';
import {
  DEPLOYMENTS,
  PODS,
  type ResourceType,
  ROLLOUTS,
  STATEFUL_SETS,
} from '../../kubernetes-api/resource-types.ts';
import { changeTo, createDeployment, NAMESPACE, rolledOut, serviceWith, startCluster } from './cluster.ts';

describe.each([
  ['StatefulSet', STATEFUL_SETS, 'apps/v1'],
  ['Rollout', ROLLOUTS, 'argoproj.io/v1alpha1'],
] as const)('a %s', (kind, type, apiVersion) => {
  test('is changed as a Deployment is', async () => {
    const { server, executor } = await startCluster();
    create(server, type, kind, apiVersion);
    await settled(server, type);
    const change = changeTo(1, 1024, 3);
    expect(await executor.carryOut(change, await ready(executor, change))).toEqual({
      kind: 'applied',
      reason: expect.stringContaining(`${kind} shop/auth-service runs 3 × 1 and 1Gi`),
    });
    expect(server.objects.must(type, NAMESPACE, 'auth-service')['spec']).toMatchObject({ replicas: 3 });
  });
});

test.each([
  ['StatefulSet', STATEFUL_SETS, 'apps/v1', { updateStrategy: { type: 'OnDelete' } }],
  ['Rollout', ROLLOUTS, 'argoproj.io/v1alpha1', {}],
] as const)('a %s is resized in place as a Deployment is', async (kind, type, apiVersion, spec) => {
  const { server, executor } = await startCluster();
  create(server, type, kind, apiVersion, spec, { requests: { cpu: '500m', memory: '512Mi' } });
  await settled(server, type);
  const change = changeTo(1, 1024, 3, { service: serviceWith({ mode: 'in-place' }) });
  expect(await executor.carryOut(change, await ready(executor, change))).toEqual({
    kind: 'applied',
    reason: expect.stringMatching(/runs 3 × 1 and 1Gi after \d+ s, resized in place$/),
  });
});

test('a partition or OnDelete of a StatefulSet is refused: instances would stay as they were', async () => {
  const { server, executor } = await startCluster();
  create(server, STATEFUL_SETS, 'StatefulSet', 'apps/v1', { updateStrategy: { type: 'OnDelete' } });
  await settled(server, STATEFUL_SETS);
  expect(await executor.check(changeTo(1, 1024, 3))).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('OnDelete'),
  });
});

describe('more and smaller instances', () => {
  test('are there before the old ones get smaller', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server, { resources: {} });
    await rolledOut(server);
    await carry(executor, changeTo(2, 1024, 2));
    await carry(executor, changeTo(1, 1024, 4, { decision: 'd-2' }));
    expect(writes(server).slice(-2)).toEqual(['deployments/scale', 'deployments']);
  });
});

describe('replicas', () => {
  test('that another apply owns are refused, with the owner and the command', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    const path = `${DEPLOYMENTS_PATH}/auth-service`;
    await applyAs(server, 'argocd', path, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'auth-service' },
      spec: { replicas: 2 },
    });
    expect(await executor.check(changeTo(1, 1024, 3))).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(
        /^"argocd" owns \.spec\.replicas of Deployment shop\/auth-service.*"spec":\{"replicas":2,.*\}' \| kubectl apply/,
      ),
    });
    expect(await executor.check(changeTo(1, 1024, 2))).toMatchObject({ kind: 'ready' });
  });

  test('that a person applied in our name stay when only resources change', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    const path = `${DEPLOYMENTS_PATH}/auth-service`;
    await applyAs(server, 'dta-slo', path, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'auth-service' },
      spec: { replicas: 2 },
    });
    await carry(executor, changeTo(1, 1024, 2));
    expect(specOf(server)).toMatchObject({ replicas: 2 });
  });
});

test('a change cause that a person has set is no conflict, and stays', async () => {
  const { server, executor } = await startCluster();
  createDeployment(server);
  await rolledOut(server);
  const cause = { 'kubernetes.io/change-cause': 'by hand' };
  server.objects.change(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ metadata }) =>
    Object.assign(metadata, { annotations: cause }),
  );
  await carry(executor, changeTo(1, 1024, 2));
  expect(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service').metadata.annotations).toMatchObject(
    cause,
  );
});

describe('limits', () => {
  const limitsOf = (server: ApiServer) => JSON.stringify(specOf(server)).match(/"limits":(\{[^}]*\})/)?.[1];

  test('that follow go when they no longer should', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    await carry(executor, changeTo(1, 1024, 2));
    expect(limitsOf(server)).toBe('{"cpu":"1500m","memory":"1536Mi"}');
    await carry(executor, changeTo(1, 512, 2, { decision: 'd-2', service: serviceWith({ limits: 'none' }) }));
    expect(limitsOf(server)).toBeUndefined();
  });

  test('that are kept stay, whoever owns them', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server, { resources: { limits: { cpu: '4' } } });
    await rolledOut(server);
    const keep = serviceWith({ limits: 'keep' });
    await carry(executor, changeTo(1, 1024, 2, { service: keep }));
    expect(limitsOf(server)).toBe('{"cpu":"4"}');
    const owned = await startCluster();
    createDeployment(owned.server);
    await rolledOut(owned.server);
    await carry(owned.executor, changeTo(1, 1024, 2));
    await carry(owned.executor, changeTo(0.5, 512, 2, { decision: 'd-2', service: keep }));
    expect(limitsOf(owned.server)).toBe('{"cpu":"1500m","memory":"1536Mi"}');
  });
});

test('an undo brings back that nothing was set', async () => {
  const { server, executor } = await startCluster();
  createDeployment(server);
  await rolledOut(server);
  const change = changeTo(1, 1024, 3);
  const before = await ready(executor, change);
  await carry(executor, change);
  const { requests, limits, instances } = before;
  await carry(executor, changeTo(4, 8192, instances, { decision: 'undo-d-1', requests, limits }));
  expect(specOf(server)).toMatchObject({
    replicas: 2,
    template: { spec: { containers: [{ resources: {} }] } },
  });
  expect(JSON.stringify(specOf(server))).not.toContain('requests');
});

test('an undo does not wait for the rollout that is stuck', async () => {
  const { server, executor, connect } = await startCluster();
  const { change, before } = await cutShort(server, executor);
  const again = await connect();
  expect(await again.check(change)).toMatchObject({ kind: 'held' });
  server.newPods(NAMESPACE, 'auth-service', 'ready');
  const { requests, limits, instances } = before;
  await carry(again, changeTo(1, 1024, instances, { decision: 'undo-d-1', requests, limits }));
  expect(specOf(server)).toMatchObject({ replicas: 2 });
  expect(JSON.stringify(specOf(server))).not.toContain('1Gi');
}, 10_000);

describe('after a restart in the middle of a change', () => {
  test('what was written is waited for', async () => {
    const { server, executor, connect } = await startCluster();
    const { change, before } = await cutShort(server, executor);
    server.newPods(NAMESPACE, 'auth-service', 'ready');
    setTimeout(() => replacePods(server), 300);
    expect(await (await connect()).resume(change, before)).toMatchObject({ kind: 'applied' });
    expect(specOf(server)).toMatchObject({ replicas: 3 });
  }, 10_000);

  test('what does not come up is put back', async () => {
    const { server, executor, connect } = await startCluster();
    const { change, before } = await cutShort(server, executor);
    const again = await connect({ settings: { verifyTimeout: 0.5 } });
    const resuming = again.resume(change, before);
    setTimeout(() => server.newPods(NAMESPACE, 'auth-service', 'ready'), 300);
    expect(await resuming).toMatchObject({ kind: 'restored' });
    expect(specOf(server)).toMatchObject({ replicas: 2 });
    expect(JSON.stringify(specOf(server))).not.toContain('1Gi');
  }, 10_000);

  test('nothing is done where nothing was written', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    const change = changeTo(1, 1024, 3);
    const before = await ready(executor, change);
    const outcome = await executor.resume(change, before);
    expect(outcome).toEqual({
      kind: 'held',
      reason: 'Deployment shop/auth-service is as before: nothing was written, or it was put back',
    });
    expect(writes(server)).toEqual([]);
  });

  test('an API that is away is waited for', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    const change = changeTo(1, 1024, 3);
    const before = await ready(executor, change);
    await server.stop();
    const resuming = executor.resume(change, before);
    setTimeout(() => void server.start(), 1000);
    expect(await resuming).toMatchObject({ kind: 'held', reason: expect.stringContaining('is as before') });
  }, 15_000);
});

async function ready(executor: Executor, change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}

async function carry(executor: Executor, change: Change): Promise<void> {
  const outcome = await executor.carryOut(change, await ready(executor, change));
  expect(outcome).toMatchObject({ kind: 'applied' });
}

/** A change that is written, does not come up, and loses its executor. */
async function cutShort(
  server: ApiServer,
  executor: Executor,
): Promise<{ change: Change; before: TargetState }> {
  createDeployment(server);
  await rolledOut(server);
  const change = changeTo(1, 1024, 3);
  const before = await ready(executor, change);
  server.newPods(NAMESPACE, 'auth-service', 'unready');
  const carrying = executor.carryOut(change, before);
  await server.until(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ metadata }) => metadata.generation === 3);
  await executor.stop();
  await carrying;
  return { change, before };
}

/** The controllers make new ones of what is deleted. */
function replacePods(server: ApiServer): void {
  for (const pod of server.objects.list(PODS, NAMESPACE))
    server.objects.remove(PODS, NAMESPACE, pod.metadata.name);
}

function create(
  server: ApiServer,
  type: ResourceType,
  kind: string,
  apiVersion: string,
  more: object = {},
  resources: JsonObject = {},
): void {
  const name = 'auth-service';
  server.objects.create(type, {
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: 2,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'app', image: 'shop/auth:1', resources }],
        },
      },
      ...(kind === 'Rollout' && { strategy: { canary: {} } }),
      ...more,
    },
  });
}

async function settled(server: ApiServer, type: ResourceType): Promise<void> {
  const isReady = (object: KubeObject) =>
    Number(Reflect.get(Object(object['status']), 'readyReplicas')) === 2;
  await server.until(type, NAMESPACE, 'auth-service', isReady);
}

function writes(server: ApiServer): string[] {
  return server.requests
    .filter(({ method, query }) => method === 'PATCH' && query.get('dryRun') === null)
    .map(({ route }) => [route?.of.plural, route?.subresource].filter((part) => part !== '').join('/'));
}

function specOf(server: ApiServer): unknown {
  return server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service')['spec'];
}
