import { expect, test } from 'vitest';
import type { TargetState } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import { DEPLOYMENTS } from '../../kubernetes-api/resource-types.ts';
import { changeTo, createDeployment, NAMESPACE, rolledOut, serviceWith, startCluster } from './cluster.ts';

test('a change is checked, written, waited for and told', async () => {
  const { server, executor } = await startCluster();
  createDeployment(server, {});
  await rolledOut(server);
  const service = serviceWith();
  expect((await executor.readTargets([service])).get('auth-service')).toMatchObject({
    kind: 'running',
    target: 'Deployment shop/auth-service, container app',
    state: { requests: {}, limits: {}, instances: 2 },
    instancesReady: 2,
    rolling: false,
    qos: 'BestEffort',
  });
  const change = changeTo(1.25, 1024, 3);
  const outcome = await executor.carryOut(change, await ready(executor, change));
  expect(outcome).toEqual({
    kind: 'applied',
    reason: expect.stringMatching(/^Deployment shop\/auth-service runs 3 × 1250m and 1Gi after \d+ s$/),
  });
  const after = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service');
  expect(after).toMatchObject({
    metadata: { annotations: { 'kubernetes.io/change-cause': 'dta-slo d-1: Grows for its SLO.' } },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            {
              name: 'app',
              resources: {
                requests: { cpu: '1250m', memory: '1Gi' },
                limits: { cpu: '1875m', memory: '1536Mi' },
              },
            },
          ],
        },
      },
    },
    status: { readyReplicas: 3, updatedReplicas: 3 },
  });
});

test('a change that does not come up is taken back, to the absence of what was absent', async () => {
  const { server, executor } = await startCluster();
  createDeployment(server, {});
  await rolledOut(server);
  server.newPods(NAMESPACE, 'auth-service', 'crash-loop');
  const change = changeTo(1, 1024, 2);
  const before = await ready(executor, change);
  const outcome = await executor.carryOut(change, before);
  expect(outcome).toMatchObject({ kind: 'restored' });
  expect(outcome.reason).toContain('CrashLoopBackOff');
  expect(outcome.reason).toContain('what was there before runs again');
  const { spec } = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service');
  expect(spec).toMatchObject({ replicas: 2 });
  expect(JSON.stringify(spec)).not.toContain('1Gi');
});

async function ready(executor: Executor, change: ReturnType<typeof changeTo>): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}
