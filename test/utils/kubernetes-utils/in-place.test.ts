import { expect, test } from 'vitest';
import type { Change, TargetState } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import type { ApiServer, ApiServerOptions } from '../../kubernetes-api/api-server.ts';
import { type JsonObject, objectsAt } from '../../kubernetes-api/json.ts';
import { DEPLOYMENTS, PODS } from '../../kubernetes-api/resource-types.ts';
import {
  changeTo,
  createDeployment,
  type DeploymentShape,
  NAMESPACE,
  rolledOut,
  serviceWith,
  startCluster,
} from './cluster.ts';

const SERVICE = serviceWith({ mode: 'in-place' });
const SMALL = {
  requests: { cpu: '500m', memory: '512Mi' },
  limits: { cpu: '750m', memory: '768Mi' },
};

test('instances are resized without a restart, and their template is left as it is', async () => {
  const { server, executor } = await running();
  const pods = uidsOf(server);
  const change = inPlace(1.25, 1024, 2);
  const before = await ready(executor, change);
  expect(before).toEqual({
    requests: { cpu: 0.5, memory: 512 },
    limits: { cpu: 0.75, memory: 768 },
    instances: 2,
  });
  expect(await executor.carryOut(change, before)).toEqual({
    kind: 'applied',
    reason: expect.stringMatching(/runs 2 × 1250m and 1Gi after \d+ s, resized in place$/),
  });
  const large = {
    requests: { cpu: '1250m', memory: '1Gi' },
    limits: { cpu: '1875m', memory: '1536Mi' },
  };
  expect(sizesOf(server)).toEqual([large, large]);
  expect(uidsOf(server)).toEqual(pods);
  expect(templateOf(server)).toEqual(SMALL);
  await expect
    .poll(() => reading(executor))
    .toMatchObject({
      state: { requests: { cpu: 1.25, memory: 1024 }, limits: { cpu: 1.875, memory: 1536 }, instances: 2 },
    });
});

test('new instances, which come in the size of the template, are resized at once', async () => {
  const { server, executor } = await running();
  const change = inPlace(1, 1024, 4);
  expect(await executor.carryOut(change, await ready(executor, change))).toMatchObject({ kind: 'applied' });
  expect(sizesOf(server).map((size) => size['requests'])).toEqual(
    Array.from({ length: 4 }, () => ({ cpu: '1', memory: '1Gi' })),
  );
  expect(templateOf(server)).toEqual(SMALL);
});

test.each([
  ['resize-infeasible', /cannot be resized \(infeasible\)/],
  ['resize-deferred', /cannot be resized \(deferred\)/],
] as const)('what is %s is put back', async (fate, says) => {
  const { server, executor } = await running(fate, { kubernetes: 34 });
  const change = inPlace(1, 1024, 2);
  const outcome = await executor.carryOut(change, await ready(executor, change));
  expect(outcome).toMatchObject({ kind: 'restored', reason: expect.stringMatching(says) });
  expect(sizesOf(server)).toEqual([SMALL, SMALL]);
});

test('before Kubernetes 1.34 a memory limit that was raised stays, and all else is put back', async () => {
  const { server, executor } = await running('resize-infeasible');
  const change = inPlace(1, 1024, 2);
  expect(await executor.carryOut(change, await ready(executor, change))).toMatchObject({ kind: 'restored' });
  const kept = { ...SMALL, limits: { ...SMALL.limits, memory: '1536Mi' } };
  expect(sizesOf(server)).toEqual([kept, kept]);
});

async function running(
  fate: Parameters<ApiServer['newPods']>[2] = 'ready',
  options: ApiServerOptions = {},
  shape: DeploymentShape = {},
) {
  const cluster = await startCluster(options, { settings: { verifyTimeout: 2 } });
  cluster.server.newPods(NAMESPACE, 'auth-service', fate);
  createDeployment(cluster.server, { resources: SMALL, ...shape });
  await rolledOut(cluster.server);
  return cluster;
}

function inPlace(cpu: number, memory: number, instances: number, change: Partial<Change> = {}): Change {
  return changeTo(cpu, memory, instances, { service: SERVICE, ...change });
}

async function ready(executor: Executor, change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}

async function reading(executor: Executor) {
  return (await executor.readTargets([SERVICE])).get('auth-service');
}

function podsOf(server: ApiServer) {
  return server.objects.list(PODS, NAMESPACE);
}

function uidsOf(server: ApiServer): string[] {
  return podsOf(server)
    .map(({ metadata }) => metadata.uid)
    .sort();
}

function sizesOf(server: ApiServer): JsonObject[] {
  return podsOf(server).map((pod) => objectsAt(pod, 'spec', 'containers')[0]?.['resources'] as JsonObject);
}

function templateOf(server: ApiServer): unknown {
  const deployment = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service');
  return objectsAt(deployment, 'spec', 'template', 'spec', 'containers')[0]?.['resources'];
}
