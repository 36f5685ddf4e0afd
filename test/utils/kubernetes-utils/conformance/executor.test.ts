/**
 * What the executor promises, of any cluster: the local API server, or with `npm run test:cluster` the one of
 * KUBECONFIG, in a namespace that is removed afterwards. What a cluster cannot show is skipped by name.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Change, TargetState } from '../../../../src/models/changes.ts';
import type { ServiceSpec } from '../../../../src/models/data-models.ts';
import type { Executor } from '../../../../src/models/ports.ts';
import { connectKubernetes } from '../../../../src/utils/kubernetes-utils/kubernetes-executor.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { systemClock } from '../../../../src/utils/system-clock.ts';
import { testSettings } from '../../../api/fixtures.ts';
import { at, type Json, type JsonObject } from '../../../kubernetes-api/json.ts';
import { kubeconfigText } from '../../../kubernetes-api/kubeconfig.ts';
import {
  call,
  NAMESPACE,
  ON_CLUSTER,
  openTarget,
  type Reply,
  type Target,
} from '../../../kubernetes-api/target.ts';
import { changeTo, serviceWith } from '../cluster.ts';

/** Runs wherever there is a container runtime, and needs nothing. */
const IMAGE = 'registry.k8s.io/pause:3.10';

/** A real cluster pulls an image first. */
const TIMEOUT = ON_CLUSTER ? 180_000 : 20_000;

let target: Target;
let executor: Executor;
const folder = mkdtempSync(join(tmpdir(), 'dta-slo-conformance-'));

beforeAll(async () => {
  target = await openTarget();
  executor = await connect(ON_CLUSTER ? 120 : 5);
}, TIMEOUT);

afterAll(async () => {
  await executor.stop();
  await target.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(['Deployment', 'StatefulSet'] as const)('a %s', (kind) => {
  test('is read, checked without a trace, changed, and shrunk again', { timeout: TIMEOUT }, async () => {
    const service = await running(kind, `roll-${kind.toLowerCase()}`);
    const grow = changeTo(0.05, 32, 2, { service });
    const before = await ready(grow);
    expect(before).toEqual({ requests: {}, limits: {}, instances: 1 });
    expect(await spec(kind, service)).toMatchObject({ replicas: 1 });
    expect(await executor.carryOut(grow, before)).toMatchObject({ kind: 'applied' });
    expect(await spec(kind, service)).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          containers: [
            {
              resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '75m', memory: '48Mi' } },
            },
          ],
        },
      },
    });
    const shrink = changeTo(0.02, 16, 1, { service, decision: 'd-2' });
    expect(await executor.carryOut(shrink, await ready(shrink))).toMatchObject({ kind: 'applied' });
    expect((await executor.readTargets([service])).get(service.id)).toMatchObject({
      kind: 'running',
      state: { requests: { cpu: 0.02, memory: 16 }, limits: { cpu: 0.03, memory: 24 }, instances: 1 },
    });
  });
});

test('instances are resized in place, and new ones too', { timeout: TIMEOUT }, async (context) => {
  const { body } = await call(target, 'GET', '/version');
  if (Number.parseInt(String(body['minor']), 10) < 33) return context.skip();
  const resources = { requests: { cpu: '20m', memory: '16Mi' }, limits: { cpu: '30m', memory: '24Mi' } };
  const service = {
    ...(await running('Deployment', 'resized', { resources })),
    mode: 'in-place' as const,
  };
  const grow = changeTo(0.05, 32, 2, { service });
  const before = await ready(grow);
  expect(before).toMatchObject({ requests: { cpu: 0.02, memory: 16 }, instances: 1 });
  expect(await executor.carryOut(grow, before)).toMatchObject({
    kind: 'applied',
    reason: expect.stringContaining('resized in place'),
  });
  expect(await spec('Deployment', service)).toMatchObject({
    replicas: 2,
    template: { spec: { containers: [{ resources }] } },
  });
  await until(async () => {
    const reading = (await executor.readTargets([service])).get(service.id);
    return reading?.kind === 'running' && reading.state.requests.cpu === 0.05;
  });
});

test('the change cause is where kubectl rollout history looks for it', { timeout: TIMEOUT }, async () => {
  const service = await running('Deployment', 'cause');
  const change = changeTo(0.05, 32, 1, { service });
  await executor.carryOut(change, await ready(change));
  const deployment = (await call(target, 'GET', `${path('Deployment')}/${service.id}`)).body;
  expect(at(deployment, 'metadata', 'annotations', 'kubernetes.io/change-cause')).toBe(
    'dta-slo d-1: Grows for its SLO.',
  );
});

test('fields that another manager owns are refused, and the owner is named', {
  timeout: TIMEOUT,
}, async () => {
  const service = await running('Deployment', 'owned', { resources: { requests: { cpu: '10m' } } });
  expect(await executor.check(changeTo(0.05, 32, 1, { service }))).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(/owns \.spec\.template.*requests\.cpu/),
  });
});

test('a workload that a HorizontalPodAutoscaler scales is refused', { timeout: TIMEOUT }, async () => {
  const service = await running('Deployment', 'scaled');
  await must(
    call(target, 'POST', `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`, {
      body: {
        metadata: { name: 'scaled' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service.id },
          maxReplicas: 2,
        },
      },
    }),
  );
  expect(await executor.check(changeTo(0.05, 32, 1, { service }))).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining(`HorizontalPodAutoscaler ${NAMESPACE}/scaled decides`),
  });
});

test('a change between check and write is not stamped over', { timeout: TIMEOUT }, async () => {
  const service = await running('Deployment', 'raced');
  const change = changeTo(0.05, 32, 1, { service });
  const before = await ready(change);
  await must(
    call(target, 'PATCH', `${path('Deployment')}/${service.id}/scale`, {
      body: { spec: { replicas: 2 } },
      type: 'application/merge-patch+json',
    }),
  );
  expect(await executor.carryOut(change, before)).toMatchObject({ kind: 'held' });
  expect(await spec('Deployment', service)).toMatchObject({ replicas: 2 });
});

/** The local server has no scheduler that counts cores. */
test.skipIf(!ON_CLUSTER)('what no node has room for is put back', { timeout: TIMEOUT }, async () => {
  const service = await running('Deployment', 'huge');
  const change = changeTo(100_000, 32, 1, { service: { ...service, maxCpu: 100_000 } });
  expect(await executor.carryOut(change, await ready(change))).toMatchObject({
    kind: 'restored',
    reason: expect.stringContaining('no node takes pod'),
  });
  expect(JSON.stringify(await spec('Deployment', service))).not.toContain('100k');
});

test('an executor that is stopped in the middle leaves what it wrote, and another goes on with it', {
  timeout: TIMEOUT,
}, async () => {
  const service = await running('Deployment', 'resumed');
  const first = await connect(60);
  const change = changeTo(0.05, 32, 2, { service });
  const before = await ready(change);
  const carrying = first.carryOut(change, before);
  await until(async () => JSON.stringify(await spec('Deployment', service)).includes('50m'));
  await first.stop();
  await carrying;
  expect(await executor.resume(change, before)).toMatchObject({ kind: 'applied' });
});

async function connect(verifyTimeout: number): Promise<Executor> {
  const kubeconfig = join(folder, `config-${verifyTimeout}`);
  const { url, ca = '', token = '' } = target;
  writeFileSync(kubeconfig, kubeconfigText({ url, ca, token, namespace: NAMESPACE }));
  const own = ON_CLUSTER ? {} : { kubeconfig };
  const silent = () => undefined;
  const connected = await connectKubernetes({
    settings: { ...testSettings().kubernetes, enabled: true, namespace: NAMESPACE, verifyTimeout, ...own },
    environment: process.env,
    clock: systemClock(),
    random: seededRandom(1),
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  });
  if (connected.kind !== 'connected') throw new Error(connected.reason);
  connected.executor.start();
  return connected.executor;
}

/** One instance that is up, and seen by the executor. */
async function running(
  kind: 'Deployment' | 'StatefulSet',
  name: string,
  container: JsonObject = {},
): Promise<ServiceSpec> {
  const service = serviceWith({ id: name, minCpu: 0.001, minMemory: 1 });
  await must(call(target, 'POST', path(kind), { body: workload(kind, name, container) }));
  await until(async () => {
    const reading = (await executor.readTargets([service])).get(name);
    return reading?.kind === 'running' && reading.instancesReady === 1 && !reading.rolling;
  });
  return service;
}

function workload(kind: string, name: string, container: JsonObject): Json {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: 1,
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image: IMAGE, ...container }] },
      },
    },
  };
}

async function ready(change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}

function path(kind: string): string {
  return `/apis/apps/v1/namespaces/${NAMESPACE}/${kind.toLowerCase()}s`;
}

async function spec(kind: string, { id }: ServiceSpec): Promise<unknown> {
  return (await must(call(target, 'GET', `${path(kind)}/${id}`))).body['spec'];
}

async function must(reply: Promise<Reply>): Promise<Reply> {
  const { code, text } = await reply;
  if (code >= 300) throw new Error(text);
  return reply;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + TIMEOUT / 2;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, ON_CLUSTER ? 500 : 20));
  }
}
