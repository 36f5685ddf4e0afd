import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Clock, Executor } from '../../../src/models/ports.ts';
import { ApiClient } from '../../../src/utils/kubernetes-utils/api/api-client.ts';
import { ClusterAccess } from '../../../src/utils/kubernetes-utils/api/cluster-access.ts';
import { Leadership } from '../../../src/utils/kubernetes-utils/lease/leadership.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import { eventually } from '../../eventually.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import type { JsonObject } from '../../kubernetes-api/json.ts';
import { LEASES } from '../../kubernetes-api/resource-types.ts';
import {
  changeTo,
  createDeployment,
  type LogLine,
  loggerTo,
  NAMESPACE,
  rolledOut,
  startCluster,
  type TestCluster,
} from './cluster.ts';

const LEASE = { enabled: true, name: 'dta-slo', duration: 3 };

describe('of two replicas', () => {
  test('one writes, and the other says who leads', async () => {
    const { server, first, second } = await twoReplicas();
    await eventually(() => expect(second.idleBecause).toBe('pod-1 leads (Lease shop/dta-slo)'));
    expect(first.idleBecause).toBeUndefined();
    expect(await second.check(changeTo(1, 1024, 2))).toEqual({
      kind: 'held',
      reason: 'pod-1 leads (Lease shop/dta-slo)',
    });
    expect(await first.check(changeTo(1, 1024, 2))).toMatchObject({ kind: 'ready' });
    expect(server.objects.must(LEASES, NAMESPACE, 'dta-slo')['spec']).toMatchObject({
      holderIdentity: 'pod-1',
      leaseDurationSeconds: 3,
      leaseTransitions: 0,
    });
  });

  test('the other leads at once when the first ends in good order', async () => {
    const { server, first, second } = await twoReplicas();
    await eventually(() => expect(second.idleBecause).toContain('pod-1 leads'));
    await first.stop();
    expect(server.objects.must(LEASES, NAMESPACE, 'dta-slo')['spec']).not.toHaveProperty('holderIdentity');
    await vi.waitFor(() => expect(second.idleBecause).toBeUndefined(), { timeout: 2700 });
  });

  test('the other leads after the duration when the first is gone without a word', async () => {
    const { server, connect } = await startCluster();
    server.objects.create(LEASES, {
      metadata: { name: 'dta-slo', namespace: NAMESPACE },
      spec: heldBy('pod-0', '2001-01-01T00:00:00.000000Z'),
    });
    const start = Date.now();
    const second = await replica({ server, connect }, 'pod-2');
    await eventually(() => expect(second.idleBecause).toContain('pod-0 leads'));
    await vi.waitFor(() => expect(second.idleBecause).toBeUndefined(), { timeout: 6000 });
    // By its own clock: that the other's time stamp is years old says nothing.
    expect(Date.now() - start).toBeGreaterThan(3000);
    expect(server.objects.must(LEASES, NAMESPACE, 'dta-slo')['spec']).toMatchObject({ leaseTransitions: 1 });
  }, 10_000);

  test('a clock that is set forth by an hour does not take the Lease before its time', async () => {
    const cluster = await startCluster();
    cluster.server.objects.create(LEASES, {
      metadata: { name: 'dta-slo', namespace: NAMESPACE },
      spec: heldBy('pod-1', '2001-01-01T00:00:00.000000Z'),
    });
    let offset = 0;
    const set: Clock = { ...systemClock(), nowSeconds: () => systemClock().nowSeconds() + offset };
    const second = await replica(cluster, 'pod-2', set);
    await eventually(() => expect(second.idleBecause).toContain('pod-1 leads'));
    offset = 3600;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(second.idleBecause).toContain('pod-1 leads');
  }, 10_000);

  test('a clock that is an hour ahead does not take what the other renews', async () => {
    const cluster = await startCluster();
    await replica(cluster, 'pod-1');
    await eventually(() => expect(cluster.server.objects.get(LEASES, NAMESPACE, 'dta-slo')).toBeDefined());
    const ahead: Clock = { nowSeconds: () => systemClock().nowSeconds() + 3600, sleep: systemClock().sleep };
    const second = await replica(cluster, 'pod-2', ahead);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(second.idleBecause).toContain('pod-1 leads');
  }, 10_000);
});

test('a leader that cannot renew does not write any more, and breaks off what it was doing', async () => {
  const cluster = await startCluster({}, {});
  createDeployment(cluster.server);
  await rolledOut(cluster.server);
  const first = await replica(cluster, 'pod-1');
  await eventually(() => expect(first.idleBecause).toBeUndefined());
  cluster.server.newPods(NAMESPACE, 'auth-service', 'unready');
  const change = changeTo(1, 1024, 2);
  const checked = await first.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  const carrying = first.carryOut(change, checked.before);
  cluster.server.faults.add({ resource: 'leases' }, { kind: 'status', code: 503 });
  expect(await carrying).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(
      /^it was broken off because who leads is not known: Lease shop\/dta-slo: the API server answered 503.*; what was written stays$/,
    ),
  });
  expect(first.idleBecause).toContain('who leads is not known');
}, 10_000);

test('a leader whose clock is set back does not lead any longer than it may without renewing', async () => {
  const cluster = await startCluster();
  let offset = 0;
  const set: Clock = { ...systemClock(), nowSeconds: () => systemClock().nowSeconds() + offset };
  const first = await replica(cluster, 'pod-1', set);
  await eventually(() => expect(first.idleBecause).toBeUndefined());
  cluster.server.faults.add({ resource: 'leases' }, { kind: 'status', code: 503 });
  offset = -3600;
  await vi.waitFor(() => expect(first.idleBecause).toContain('who leads is not known'), { timeout: 8000 });
}, 10_000);

test('a leader whose renewals are not answered breaks off in time what it was doing', async () => {
  const { server } = await startCluster();
  const leadership = new Leadership({
    client: await clientOf(server, 30),
    clock: systemClock(),
    random: () => 0,
    logger: loggerTo([]),
    ...LEASE,
    namespace: NAMESPACE,
    duration: 1.5,
    identity: 'pod-1',
  });
  onTestFinished(() => leadership.stop());
  leadership.start();
  await eventually(() => expect(leadership.idleBecause).toBeUndefined());
  const { signal } = leadership;
  server.faults.add({ resource: 'leases' }, { kind: 'hang' });
  await vi.waitFor(() => expect(signal.aborted).toBe(true), { timeout: 1300 });
  expect(leadership.idleBecause).toContain('it could not be renewed in time');
});

test('a change that a restart cut short is unknown to a replica that does not lead, not undone', async () => {
  const { server, second } = await twoReplicas();
  const before = { requests: {}, limits: {}, instances: 2 };
  await eventually(() => expect(second.idleBecause).toContain('pod-1 leads'));
  expect(await second.resume(changeTo(1, 1024, 2), before)).toEqual({
    kind: 'failed',
    reason: 'it is not known what became of it: pod-1 leads (Lease shop/dta-slo)',
  });
  expect(server.count({ method: 'PATCH' })).toBe(0);
}, 10_000);

test('a replica without the right to the Lease says so and writes nothing', async () => {
  const cluster = await startCluster({});
  const token = cluster.server.addToken([{ verbs: ['*'], apiGroups: ['apps'], resources: ['*'] }]);
  const executor = await replica(cluster, 'pod-1', undefined, token);
  await eventually(() =>
    expect(executor.idleBecause).toMatch(/^who leads is not known: .*the right is missing \(403/),
  );
});

test('a replica whose token cannot be a header says so', async () => {
  const cluster = await startCluster({});
  const executor = await replica(cluster, 'pod-1', undefined, 'abc✓def');
  await eventually(() =>
    expect(executor.idleBecause).toMatch(
      /^who leads is not known: .*credentials .*cannot be had \(Invalid character in header/,
    ),
  );
});

test('a fault in the election is told once, and the election goes on', async () => {
  const cluster = await startCluster({});
  let asked = 0;
  const faulty = Object.assign(systemClock(), {
    nowSeconds: () => {
      asked += 1;
      if (asked > 1 && asked <= 4) throw new Error('a bug');
      return Date.now() / 1000;
    },
  });
  const lines: LogLine[] = [];
  const leadership = new Leadership({
    client: await clientOf(cluster.server),
    clock: faulty,
    random: () => 0,
    logger: loggerTo(lines),
    ...LEASE,
    namespace: NAMESPACE,
    duration: 0.6,
    identity: 'pod-1',
  });
  onTestFinished(() => leadership.stop());
  leadership.start();
  await eventually(() => expect(leadership.idleBecause).toBeUndefined());
  expect(lines.filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({ error: 'a bug', message: 'a fault of the daemon in the election' }),
  ]);
});

test('outside a cluster, and where it is turned off, there is no election', async () => {
  const { server, executor } = await startCluster();
  expect(executor.idleBecause).toBeUndefined();
  expect(server.objects.list(LEASES)).toEqual([]);
});

async function twoReplicas(): Promise<{ server: ApiServer; first: Executor; second: Executor }> {
  const cluster = await startCluster();
  createDeployment(cluster.server);
  await rolledOut(cluster.server);
  const first = await replica(cluster, 'pod-1');
  await eventually(() => expect(first.idleBecause).toBeUndefined());
  return { server: cluster.server, first, second: await replica(cluster, 'pod-2') };
}

async function replica(
  { server, connect }: Pick<TestCluster, 'server' | 'connect'>,
  pod: string,
  clock: Clock = systemClock(),
  token = server.token,
): Promise<Executor> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-account-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await server.inClusterFolder(folder, token);
  const { hostname, port } = new URL(server.url);
  return connect({
    inCluster: true,
    serviceAccountFolder: folder,
    clock,
    environment: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      POD_NAMESPACE: NAMESPACE,
      HOSTNAME: pod,
    },
    settings: { lease: LEASE },
  });
}

async function clientOf(server: ApiServer, timeoutSeconds = 2): Promise<ApiClient> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-kubeconfig-'));
  const file = join(folder, 'config');
  await server.kubeconfig(file);
  const client = new ApiClient(
    await ClusterAccess.open({ kind: 'files', files: [file] }, undefined),
    timeoutSeconds,
  );
  onTestFinished(() => client.close());
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return client;
}

function heldBy(holderIdentity: string, renewTime: string): JsonObject {
  return { holderIdentity, leaseDurationSeconds: 3, acquireTime: renewTime, renewTime, leaseTransitions: 0 };
}
