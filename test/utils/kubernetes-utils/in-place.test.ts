import { expect, test } from 'vitest';
import type { Change, TargetState } from '../../../src/models/changes.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { Executor } from '../../../src/models/ports.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import type { ApiServer, ApiServerOptions } from '../../kubernetes-api/api-server.ts';
import { PODS } from '../../kubernetes-api/resource-types.ts';
import { changeTo, NAMESPACE, serviceWith, startCluster } from './cluster.ts';
import { podsOf, SMALL, setSize, sizesOf, startSmall, templateOf, uidsOf } from './in-place-behaviours.ts';

const LARGE = {
  requests: { cpu: '1', memory: '1Gi' },
  limits: { cpu: '1500m', memory: '1536Mi' },
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
  expect(await executor.carryOut(change, await ready(executor, change))).toMatchObject({
    kind: 'restored',
    reason: expect.stringMatching(/runs again; this API server does not lower memory limits in place/),
  });
  const kept = { ...SMALL, limits: { ...SMALL.limits, memory: '1536Mi' } };
  expect(sizesOf(server)).toEqual([kept, kept]);
});

test('an instance that is made anew comes in the size of the template, and the next change evens it', async () => {
  const { server, executor } = await running();
  await carry(executor, inPlace(1, 1024, 2));
  server.objects.remove(PODS, NAMESPACE, podsOf(server)[0]?.metadata.name ?? '');
  await expect
    .poll(() => reading(executor))
    .toMatchObject({
      state: { requests: { cpu: 0.75, memory: 1024 }, instances: 2 },
      drift: { kind: 'uneven', detail: '1 of 2 instances have another size than they are to have.' },
    });
  await expect.poll(async () => (await reading(executor))?.instancesReady).toBe(2);
  expect(await carry(executor, inPlace(0.75, 1024, 2, { decision: 'd-2' }))).toMatchObject({
    kind: 'applied',
  });
  expect(sizesOf(server).map((size) => size['requests'])).toEqual([
    { cpu: '750m', memory: '1Gi' },
    { cpu: '750m', memory: '1Gi' },
  ]);
  await expect.poll(async () => (await reading(executor))?.drift).toBeUndefined();
});

test('a template that has been far off for an hour is written anew, but not with a growth', async () => {
  const { server, executor, clock } = await running('ready', {}, true);
  await carry(executor, inPlace(1, 1024, 2));
  await expect.poll(() => reading(executor)).toMatchObject({ state: { requests: { cpu: 1 } } });
  expect((await reading(executor))?.drift).toBeUndefined();
  clock.aheadSeconds = 3601;
  expect(await reading(executor)).toMatchObject({ drift: { kind: 'template' } });
  const pods = uidsOf(server);
  await carry(executor, inPlace(1.1, 1024, 2, { decision: 'd-2' }));
  expect(templateOf(server)).toEqual(SMALL);
  await expect.poll(() => reading(executor)).toMatchObject({ state: { requests: { cpu: 1.1 } } });
  expect(await carry(executor, inPlace(1, 1024, 2, { decision: 'd-3' }))).toEqual({
    kind: 'applied',
    reason: expect.stringMatching(/, resized in place, its template rolled out anew$/),
  });
  expect(templateOf(server)).toEqual(LARGE);
  expect(sizesOf(server)).toEqual([LARGE, LARGE]);
  expect(uidsOf(server)).not.toEqual(pods);
  await expect.poll(async () => (await reading(executor))?.drift).toBeUndefined();
});

test('a template that others own is never due', async () => {
  const { executor, clock } = await running();
  await carry(executor, inPlace(1, 1024, 2));
  await expect.poll(() => reading(executor)).toMatchObject({ state: { requests: { cpu: 1 } } });
  clock.aheadSeconds = 7200;
  expect((await reading(executor))?.drift).toBeUndefined();
});

test('an undo puts the instances back, and the template only where it was written', async () => {
  const { server, executor } = await running('ready', { kubernetes: 34 });
  const change = inPlace(1, 1024, 2);
  const before = await ready(executor, change);
  await executor.carryOut(change, before);
  const { requests, limits } = before;
  const undo = inPlace(0.5, 512, 2, { decision: 'undo-d-1', requests, limits });
  expect(await carry(executor, undo)).toMatchObject({ kind: 'applied' });
  expect(sizesOf(server)).toEqual([SMALL, SMALL]);
  expect(templateOf(server)).toEqual(SMALL);
});

test('an executor that is stopped in the middle leaves what it wrote, and another goes on with it', async () => {
  const { server, executor, connect } = await running('resize-slow');
  const change = inPlace(1, 1024, 3);
  const before = await ready(executor, change);
  const carrying = executor.carryOut(change, before);
  await expect.poll(() => sizesOf(server)).toContainEqual(LARGE);
  await executor.stop();
  await carrying;
  const next = await connect({ settings: { verifyTimeout: 10 } });
  expect(await next.resume(change, before)).toMatchObject({ kind: 'applied' });
  expect(sizesOf(server)).toEqual([LARGE, LARGE, LARGE]);
});

test('what was cut short and cannot be had goes back to what all instances had', async () => {
  const { server, executor } = await running('resize-infeasible', { kubernetes: 34 });
  const change = inPlace(1, 1024, 2);
  const before = await ready(executor, change);
  setSize(server, podsOf(server)[0]?.metadata.name ?? '', LARGE);
  expect(await executor.resume(change, before)).toMatchObject({ kind: 'restored' });
  expect(sizesOf(server)).toEqual([SMALL, SMALL]);
});

test('where nothing was written before the restart, nothing is done after it', async () => {
  const { executor } = await running();
  const change = inPlace(1, 1024, 2);
  expect(await executor.resume(change, await ready(executor, change))).toMatchObject({ kind: 'held' });
});

test.each(['recommend', 'rolling'] as const)(
  'what was resized is read as it is when the mode is %s by now',
  async (mode) => {
    const { executor } = await running();
    await carry(executor, inPlace(1, 1024, 2));
    await expect.poll(() => reading(executor, mode)).toMatchObject({ state: { requests: { cpu: 1 } } });
  },
);

test('what was resized and is rolled out by now comes to the new size', async () => {
  const { server, executor } = await running('ready', { kubernetes: 34 }, true);
  await carry(executor, inPlace(1, 1024, 2));
  const service = serviceWith({ mode: 'rolling' });
  expect(await carry(executor, changeTo(0.8, 1024, 2, { service, decision: 'd-2' }))).toMatchObject({
    kind: 'applied',
  });
  expect(templateOf(server)).toMatchObject({ requests: { cpu: '800m' } });
  await carry(executor, inPlace(1, 1024, 2, { decision: 'd-3' }));
  // The template has that size already, and would replace nothing.
  await carry(executor, changeTo(0.8, 1024, 2, { service, decision: 'd-4' }));
  expect(sizesOf(server)).toMatchObject([{ requests: { cpu: '800m' } }, { requests: { cpu: '800m' } }]);
});

async function running(
  fate: Parameters<ApiServer['newPods']>[2] = 'ready',
  options: ApiServerOptions = {},
  handedOver = false,
) {
  const clock = new MovedClock();
  const cluster = await startCluster(options, { clock, settings: { verifyTimeout: 2 } });
  cluster.server.newPods(NAMESPACE, 'auth-service', fate);
  await startSmall(cluster.server, {}, handedOver);
  return { ...cluster, clock };
}

/** The system's, moved on by hand. */
class MovedClock {
  aheadSeconds = 0;
  readonly #clock = systemClock();
  nowSeconds(): number {
    return this.#clock.nowSeconds() + this.aheadSeconds;
  }
  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(seconds, signal);
  }
}

function inPlace(cpu: number, memory: number, instances: number, change: Partial<Change> = {}): Change {
  return changeTo(cpu, memory, instances, { service: serviceWith({ mode: 'in-place' }), ...change });
}

async function carry(executor: Executor, change: Change) {
  return executor.carryOut(change, await ready(executor, change));
}

async function ready(executor: Executor, change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}

async function reading(executor: Executor, mode: ServiceMode = 'in-place') {
  const found = (await executor.readTargets([serviceWith({ mode })])).get('auth-service');
  return found?.kind === 'running' ? found : undefined;
}
