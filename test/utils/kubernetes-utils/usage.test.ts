import { expect, test } from 'vitest';
import type { Executor } from '../../../src/models/ports.ts';
import { eventually } from '../../eventually.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import { PODS } from '../../kubernetes-api/resource-types.ts';
import { createDeployment, NAMESPACE, rolledOut, serviceWith, startCluster } from './cluster.ts';

test('CPU of all instances together and memory of the largest are told with the time of the measurement', async () => {
  const { server, executor } = await clusterOfTwo();
  measure(
    server,
    [
      { cpu: '250m', memory: '100Mi' },
      { cpu: '1', memory: '1.5Gi' },
    ],
    20,
  );
  const [sample] = await executor.readUsage([serviceWith()]);
  expect(sample).toMatchObject({ service: 'auth-service', cpu: 1.25, memory: 1536 });
  expect(Math.abs(sample!.atSeconds - (Date.now() / 1000 - 20))).toBeLessThan(2);
});

test('one measurement is told once', async () => {
  const { server, executor } = await clusterOfTwo();
  measure(
    server,
    [
      { cpu: '1', memory: '1Gi' },
      { cpu: '1', memory: '1Gi' },
    ],
    60,
  );
  expect(await executor.readUsage([serviceWith()])).toHaveLength(1);
  measure(
    server,
    [
      { cpu: '2', memory: '1Gi' },
      { cpu: '2', memory: '1Gi' },
    ],
    70,
  );
  expect(await executor.readUsage([serviceWith()])).toEqual([]);
  measure(
    server,
    [
      { cpu: '2', memory: '1Gi' },
      { cpu: '2', memory: '1Gi' },
    ],
    1,
  );
  expect(await executor.readUsage([serviceWith()])).toMatchObject([{ cpu: 4 }]);
});

test('as long as an instance is not measured there is no sample: it would look like less load', async () => {
  const { server, executor } = await clusterOfTwo();
  measure(server, [{ cpu: '1', memory: '1Gi' }], 1);
  expect(await executor.readUsage([serviceWith()])).toEqual([]);
});

test('without metrics-server there is nothing, and one line says so', async () => {
  const { server, executor, log } = await clusterOfTwo(['metrics.k8s.io']);
  for (let round = 0; round < 3; round += 1) expect(await executor.readUsage([serviceWith()])).toEqual([]);
  const lines = log.filter(({ message }) => message.startsWith('use of CPU and memory'));
  expect(lines).toMatchObject([
    { level: 'warn', trouble: expect.stringContaining('is metrics-server installed?') },
  ]);
  server.install('metrics.k8s.io');
  await executor.readUsage([serviceWith()]);
  expect(log.at(-1)).toMatchObject({ level: 'info', message: 'use of CPU and memory is measured again' });
});

async function clusterOfTwo(without: readonly string[] = []) {
  const cluster = await startCluster({ without });
  createDeployment(cluster.server);
  await rolledOut(cluster.server);
  await eventually(() => seesBoth(cluster.executor));
  return cluster;
}

async function seesBoth(executor: Executor): Promise<void> {
  expect((await executor.readTargets([serviceWith()])).get('auth-service')).toMatchObject({
    instancesReady: 2,
    rolling: false,
  });
}

function measure(
  server: ApiServer,
  usages: readonly { cpu: string; memory: string }[],
  ageSeconds: number,
): void {
  const pods = server.objects.list(PODS, NAMESPACE);
  usages.forEach((usage, index) => {
    server.setUsage(NAMESPACE, pods[index]!.metadata.name, 'app', { ...usage, ageSeconds });
  });
}
