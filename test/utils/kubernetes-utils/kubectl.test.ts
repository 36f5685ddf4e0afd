/** What we tell people to run, run with the real kubectl. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { manifests } from '../../../src/utils/kubernetes-utils/manifests.ts';
import { testDecision, testSettings } from '../../api/fixtures.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import { DEPLOYMENTS } from '../../kubernetes-api/resource-types.ts';
import { changeTo, createDeployment, NAMESPACE, rolledOut, startCluster } from './cluster.ts';

const HAS_KUBECTL = spawnSync('kubectl', ['version', '--client']).status === 0;

const DEPLOYMENT = (resources: string, replicas = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: auth-service, namespace: shop }
spec:
  ${replicas}
  selector: { matchLabels: { app: auth-service } }
  template:
    metadata: { labels: { app: auth-service } }
    spec: { containers: [{ name: app, image: shop/auth:1, ${resources} }] }
`;

describe.runIf(HAS_KUBECTL)('with kubectl', { timeout: 60_000 }, () => {
  test('what a client-side apply owns is refused, handed over by the command that the refusal tells, and then changed', async () => {
    const { server, executor } = await startCluster();
    const run = await shell(server);
    const owned = DEPLOYMENT('resources: { requests: { cpu: 250m, memory: 256Mi } }', 'replicas: 2');
    await run('kubectl apply -f -', owned);
    await rolledOut(server);
    const change = changeTo(1, 1024, 3);
    const refusal = await executor.check(change);
    if (refusal.kind !== 'refused') throw new Error(refusal.kind);
    expect(refusal.reason).toContain('"kubectl-client-side-apply" owns');
    const generation = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service').metadata.generation;
    await run('kubectl apply --server-side -f -', owned);
    await run(commandOf(refusal.reason));
    // Without resources and replicas from now on.
    await run('kubectl apply --server-side -f -', DEPLOYMENT(''));
    expect(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service').metadata.generation).toBe(generation);
    const checked = await executor.check(change);
    if (checked.kind !== 'ready') throw new Error(checked.reason);
    expect(await executor.carryOut(change, checked.before)).toMatchObject({ kind: 'applied' });
    expect(await run(`kubectl -n ${NAMESPACE} rollout history deployment/auth-service`)).toContain(
      'dta-slo d-1: Grows for its SLO.',
    );
    await run('kubectl apply --server-side -f -', DEPLOYMENT(''));
    expect(JSON.stringify(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service')['spec'])).toContain(
      '"requests":{"cpu":"1","memory":"1Gi"}',
    );
    expect(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service')['spec']).toMatchObject({
      replicas: 3,
    });
  });

  test('a workload that kubectl has moved to us as a whole is not written to, and the way out is told', async () => {
    const { server, executor } = await startCluster();
    const run = await shell(server);
    const owned = DEPLOYMENT('resources: { requests: { cpu: 250m, memory: 256Mi } }', 'replicas: 2');
    await run('kubectl apply -f -', owned);
    await rolledOut(server);
    const refusal = await executor.check(changeTo(1, 1024, 3));
    if (refusal.kind !== 'refused') throw new Error(refusal.kind);
    await run(commandOf(refusal.reason));
    expect(await executor.check(changeTo(1, 1024, 3))).toEqual({
      kind: 'refused',
      reason: expect.stringContaining('dta-slo owns all of Deployment shop/auth-service'),
    });
    await run('kubectl apply --server-side --force-conflicts -f -', owned);
    expect(await executor.check(changeTo(0.25, 256, 2))).toMatchObject({ kind: 'ready' });
  });

  test('the plan as manifests is applied, and nothing of it makes a workload that is not there', async () => {
    const { server } = await startCluster();
    const run = await shell(server);
    createDeployment(server, { replicas: 1, containers: [{ name: 'auth-service', image: 'shop/auth:1' }] });
    const settings = {
      ...testSettings(),
      kubernetes: { ...testSettings().kubernetes, namespace: NAMESPACE },
    };
    const plan = manifests(testDecision('d-1'), settings);
    await run('kubectl apply --server-side --field-manager=dta-slo -f -', plan);
    expect(server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service')['spec']).toMatchObject({
      replicas: 1,
      template: { spec: { containers: [{ resources: { requests: { cpu: '2', memory: '8Gi' } } }] } },
    });
    const elsewhere = plan.replaceAll('"auth-service"', '"nowhere"');
    await expect(run('kubectl apply --server-side --field-manager=dta-slo -f -', elsewhere)).rejects.toThrow(
      /required/i,
    );
    expect(server.objects.list(DEPLOYMENTS)).toHaveLength(1);
  });
});

function commandOf(reason: string): string {
  return /run: (echo .*) ; then leave/s.exec(reason)?.[1] ?? 'false';
}

/** Runs commands with the server as the cluster; not synchronously, since the server is in this process. */
async function shell(server: ApiServer): Promise<(command: string, input?: string) => Promise<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-kubectl-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'config');
  await server.kubeconfig(kubeconfig);
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
  return (command, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', command], { env });
      let output = '';
      child.stdout.on('data', (text) => (output += text));
      child.stderr.on('data', (text) => (output += text));
      child.on('close', (code) =>
        code === 0 ? resolve(output) : reject(new Error(`${command}: ${output}`)),
      );
      child.stdin.end(input);
    });
}
