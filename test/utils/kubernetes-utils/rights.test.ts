import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import type { Rule } from '../../kubernetes-api/access.ts';
import { changeTo, createDeployment, NAMESPACE, rolledOut, serviceWith, startCluster } from './cluster.ts';

const RULES = documentedRules();

test('the documented rights are enough to elect, read, measure, change and end', async () => {
  const { server, executor } = await replicaWith(RULES);
  await eventually(() => expect(executor.idleBecause).toBeUndefined());
  await eventually(async () => expect(await reading(executor)).toBe('running'));
  const change = changeTo(1, 1024, 3);
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  expect(await executor.carryOut(change, checked.before)).toMatchObject({ kind: 'applied' });
  await executor.readUsage([serviceWith()]);
  await executor.stop();
  expect(server.requests.filter(({ code }) => code === 403)).toEqual([]);
});

test('and without the right to resize a service in place is not changed', async () => {
  const less = RULES.filter(({ resources }) => !resources.includes('pods/resize'));
  const { server, executor } = await replicaWith(less, { requests: { cpu: '500m', memory: '512Mi' } });
  const change = changeTo(1, 1024, 3, { service: serviceWith({ mode: 'in-place' }) });
  await eventually(async () => {
    const checked = await executor.check(change);
    expect(checked.kind === 'refused' ? checked.reason : '').toMatch(/the right is missing \(403: .*resize/);
  });
  expect(server.count({ method: 'PATCH', resource: 'pods', dryRun: false })).toBe(0);
});

test('the documented rights are enough to resize in place', async () => {
  const { server, executor } = await replicaWith(RULES, { requests: { cpu: '500m', memory: '512Mi' } });
  await eventually(() => expect(executor.idleBecause).toBeUndefined());
  const change = changeTo(1, 1024, 3, { service: serviceWith({ mode: 'in-place' }) });
  await eventually(async () => expect(await executor.check(change)).toMatchObject({ kind: 'ready' }));
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  expect(await executor.carryOut(change, checked.before)).toMatchObject({ kind: 'applied' });
  expect(server.requests.filter(({ code }) => code === 403)).toEqual([]);
});

test.each([
  ['pods', 'list'],
  ['deployments', 'get'],
  ['deployments', 'list'],
  ['deployments', 'watch'],
  ['deployments', 'patch'],
  ['deployments/scale', 'patch'],
  ['horizontalpodautoscalers', 'list'],
  ['leases', 'create'],
])('and not too many: without %s %s nothing is changed', async (resource, verb) => {
  const less = RULES.map((rule) =>
    rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
  );
  const { executor } = await replicaWith(less);
  await eventually(async () => {
    const idle = executor.idleBecause ?? (await unreadable(executor)) ?? (await refusal(executor));
    expect(idle).toContain('the right is missing (403: ');
  });
});

type Executor = Awaited<ReturnType<typeof startCluster>>['executor'];

async function reading(executor: Executor): Promise<string | undefined> {
  return (await executor.readTargets([serviceWith()])).get('auth-service')?.kind;
}

async function unreadable(executor: Executor): Promise<string | undefined> {
  const found = (await executor.readTargets([serviceWith()])).get('auth-service');
  return found?.kind === 'unreadable' ? found.reason : undefined;
}

async function refusal(executor: Executor): Promise<string> {
  const checked = await executor.check(changeTo(1, 1024, 3));
  return checked.kind === 'refused' ? checked.reason : checked.kind;
}

async function replicaWith(rules: readonly Rule[], resources?: object) {
  const { server, connect } = await startCluster();
  createDeployment(server, { ...(resources !== undefined && { resources }) });
  await rolledOut(server);
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-account-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await server.inClusterFolder(folder, server.addToken(rules));
  const { hostname, port } = new URL(server.url);
  const executor = await connect({
    inCluster: true,
    serviceAccountFolder: folder,
    environment: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      POD_NAMESPACE: NAMESPACE,
      HOSTNAME: 'pod-1',
    },
    settings: { lease: { enabled: true, name: 'dta-slo', duration: 3 } },
  });
  return { server, executor };
}

function documentedRules(): readonly Rule[] {
  const docs = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');
  const block = /```yaml\n(apiVersion: rbac[^`]*)```/.exec(docs)?.[1] ?? '';
  return (load(block) as { rules: readonly Rule[] }).rules;
}
