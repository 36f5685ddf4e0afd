import { readFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import type { ChangeOutcome } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import {
  AUTOSCALERS,
  DEPLOYMENTS,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  SCALED_OBJECTS,
} from '../../kubernetes-api/resource-types.ts';
import { BEHAVIOURS, type Behaviour, behaviourRows } from './behaviours.ts';
import {
  changeTo,
  createDeployment,
  NAMESPACE,
  rolledOut,
  serviceWith,
  startCluster,
  type TestCluster,
} from './cluster.ts';
import { inPlaceRows } from './in-place-behaviours.ts';

let shared: TestCluster | undefined;
const ends: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

test.each(BEHAVIOURS.map((behaviour) => [behaviour.when, behaviour.answer, behaviour] as const))(
  '%s: %s',
  { timeout: 20_000 },
  async (_when, answer, behaviour) => {
    const { server, executor } = await clusterFor(behaviour);
    createDeployment(server, behaviour.deployment);
    await rolledOut(server);
    await vi.waitFor(async () => expect(await kindOf(executor)).toBe('running'), { timeout: 5000 });
    const specBefore = structuredClone(specOf(server));
    behaviour.prepare?.(server);
    if (behaviour.answer === 'held') await seen(executor);
    const outcome = await perform(executor, server, behaviour);
    expect({ kind: outcome.kind, reason: outcome.reason }).toEqual({
      kind: answer,
      reason: expect.stringMatching(behaviour.says),
    });
    if (behaviour.left === 'before') expect(sizesOf(specOf(server))).toEqual(sizesOf(specBefore));
    if (behaviour.left === 'wanted') {
      expect(sizesOf(specOf(server))).toMatchObject({ requests: { cpu: '1', memory: '1Gi' } });
      expect(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service').metadata.generation).toBe(2);
    }
  },
);

test('the table of the documentation is the one that these tests run', () => {
  const docs = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');
  const found = docs
    .split('\n')
    .filter((line) => / \| `(applied|held|refused|restored|failed)`: /.test(line));
  expect(found).toEqual([...behaviourRows(), ...inPlaceRows()]);
});

/** Most share one, and find it as new. */
async function clusterFor({ ownCluster = false, connecting }: Behaviour): Promise<TestCluster> {
  if (ownCluster) return startCluster({}, connecting);
  shared ??= await startCluster({}, {}, (act) => ends.unshift(act));
  const { server } = shared;
  server.faults.clear();
  server.newPods(NAMESPACE, 'auth-service', 'ready');
  for (const type of [DEPLOYMENTS, REPLICA_SETS, PODS, AUTOSCALERS, SCALED_OBJECTS, RESOURCE_QUOTAS])
    for (const { metadata } of server.objects.list(type, NAMESPACE))
      server.objects.remove(type, NAMESPACE, metadata.name);
  await vi.waitFor(async () => expect(await kindOf(shared?.executor)).toBe('unreadable'), { timeout: 5000 });
  return connecting === undefined ? shared : { ...shared, executor: await shared.connect(connecting) };
}

async function kindOf(executor: Executor | undefined): Promise<string | undefined> {
  return (await executor?.readTargets([serviceWith()]))?.get('auth-service')?.kind;
}

/** Check and carry out; what stands in the way of the check is the outcome. */
async function perform(executor: Executor, server: ApiServer, behaviour: Behaviour): Promise<ChangeOutcome> {
  const change = changeTo(1, 1024, 2, { service: serviceWith(behaviour.service) });
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') return checked;
  await behaviour.meanwhile?.(server);
  const carrying = executor.carryOut(change, checked.before);
  if (behaviour.afterWrite !== undefined) {
    await server.until(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ metadata }) => metadata.generation === 2);
    await behaviour.afterWrite(server);
  }
  return carrying;
}

/** Lets the watch notice what has changed. */
async function seen(executor: Executor): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const reading = (await executor.readTargets([serviceWith()])).get('auth-service');
    if (reading?.kind === 'unreadable' || reading?.rolling === true) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function specOf(server: ApiServer): unknown {
  return server.objects.get(DEPLOYMENTS, NAMESPACE, 'auth-service')?.['spec'];
}

function sizesOf(spec: unknown): unknown {
  const { replicas, template } = spec as {
    replicas: number;
    template: { spec: { containers: { resources?: object }[] } };
  };
  return { replicas, ...template.spec.containers[0]!.resources };
}
