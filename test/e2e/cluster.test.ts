import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../kubernetes-api/api-server.ts';
import { applyAs } from '../kubernetes-api/fixtures.ts';
import { objectsAt, stringAt } from '../kubernetes-api/json.ts';
import { AUTOSCALERS, DEPLOYMENTS, PODS } from '../kubernetes-api/resource-types.ts';
import { createDeployment, NAMESPACE, rolledOut } from '../utils/kubernetes-utils/cluster.ts';
import { type DaemonProcess, endLeftovers, startDaemon, temporaryFolder } from './daemon-process.ts';

const folder = temporaryFolder();
let server: ApiServer;
let tests = 0;
let args: readonly string[];

afterAll(() => {
  endLeftovers();
  folder.remove();
});

/** A cluster in which new pods take that long to get ready. */
async function startCluster(podReadyMs = 10, mode = 'rolling'): Promise<void> {
  const own = join(folder.path, `${++tests}`);
  mkdirSync(own);
  const config = join(own, 'config.yaml');
  writeFileSync(
    config,
    `services:
  auth-service:
    { chains: [login], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 4096, mode: ${mode},
      initial: { cpu: 0.2, memory: 256, instances: 1 } }
slos: { login: 0.2 }
store: { path: ${join(own, 'data')} }
kubernetes: { kubeconfig: ${join(own, 'kubeconfig')}, namespace: ${NAMESPACE} }
`,
  );
  args = ['--config', config];
  server = await startApiServer({ namespaces: [NAMESPACE], podReadyMs });
  await server.kubeconfig(join(own, 'kubeconfig'));
  createDeployment(server, { replicas: 1 });
  await handOver();
  await rolledOut(server);
}

/** The resources belong to dta-slo from now on, as docs/kubernetes.md has it. */
async function handOver(): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/auth-service`;
  const resources = { requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '300m', memory: '384Mi' } };
  const { code } = await applyAs(server, 'dta-slo', path, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'auth-service', namespace: NAMESPACE },
    spec: { template: { spec: { containers: [{ name: 'app', resources }] } } },
  });
  expect(code).toBe(200);
}

afterEach(() => server.close());

interface Allocations {
  readonly services: readonly {
    readonly current: { readonly cpu: number; readonly instances: number; readonly source: string };
    readonly reason: string;
    readonly mode: string;
    readonly change: { readonly status: string; readonly detail: string } | null;
  }[];
}

/** Two minutes of 20 logins a second that take longer than they may. */
async function postTraffic({ url }: DaemonProcess): Promise<void> {
  const now = Date.now() / 1000;
  const records = Array.from({ length: 120 }, (_, second) => ({
    service_id: 'auth-service',
    chain_id: 'login',
    response_time: 0.3,
    count: 20,
    timestamp: now - second,
  }));
  await call(url, '/requests', records);
}

async function call(url: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method: 'POST',
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  expect(response.status, `${path}: ${await response.clone().text()}`).toBeLessThan(300);
  return (await response.json()) as Allocations;
}

async function service({ url }: DaemonProcess) {
  const answer = (await (await fetch(`${url}/allocations`)).json()) as Allocations;
  return answer.services[0]!;
}

interface Workload {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly resources: Resources }[] };
    };
  };
}

interface Resources {
  readonly requests: { readonly cpu: string };
}

function requested() {
  const { spec } = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service') as unknown as Workload;
  return { replicas: spec.replicas, cpu: spec.template.spec.containers[0]!.resources.requests.cpu };
}

/** What runs, and what each has. */
function instances() {
  return server.objects.list(PODS, NAMESPACE).map((pod) => {
    const [container] = objectsAt(pod, 'spec', 'containers');
    return { uid: pod.metadata.uid, cpu: stringAt(container, 'resources', 'requests', 'cpu') };
  });
}

const SMALL = { replicas: 1, cpu: '200m' };

test('what is decided is rolled out, shown, undone when asked, and left alone from then on', async () => {
  await startCluster();
  const daemon = await startDaemon(args);
  await postTraffic(daemon);
  await call(daemon.url, '/allocations');
  await expect.poll(async () => (await service(daemon)).change?.status, { timeout: 10_000 }).toBe('applied');
  expect(requested()).not.toEqual(SMALL);
  await expect.poll(async () => (await service(daemon)).current.source).toBe('cluster');
  expect((await service(daemon)).current.cpu).toBeGreaterThan(0.2);

  // The container has another name than the service: it is the cluster that tells.
  const plan = await fetch(`${daemon.url}/allocations?format=kubectl`);
  expect(await plan.text()).toContain('- name: "app"');

  expect(await call(daemon.url, '/allocations/auth-service/undo')).toMatchObject({});
  expect(requested()).toEqual(SMALL);
  expect((await service(daemon)).mode).toBe('recommend');
  await call(daemon.url, '/allocations');
  expect(requested()).toEqual(SMALL);
  expect(await daemon.end('SIGTERM')).toBe(0);
});

test('what is decided for a service in place is resized without a restart, shown, and undone when asked', async () => {
  await startCluster(10, 'in-place');
  const [before] = instances();
  const daemon = await startDaemon(args);
  await postTraffic(daemon);
  await call(daemon.url, '/allocations');
  await expect.poll(async () => (await service(daemon)).change?.status, { timeout: 10_000 }).toBe('applied');
  expect((await service(daemon)).change?.detail).toContain('resized in place');
  expect(instances()).toContainEqual({ uid: before?.uid, cpu: expect.not.stringMatching(/^200m$/) });
  expect(requested().cpu).toBe(SMALL.cpu);
  await expect.poll(async () => (await service(daemon)).current.cpu).toBeGreaterThan(0.2);
  expect((await service(daemon)).current.source).toBe('cluster');

  await call(daemon.url, '/allocations/auth-service/undo');
  expect(instances()).toEqual([{ uid: expect.any(String), cpu: '200m' }]);
  expect(await service(daemon)).toMatchObject({ mode: 'recommend', current: { cpu: 0.2 } });
  expect(await daemon.end('SIGTERM')).toBe(0);
});

test('nothing is written while paused, and the plan is shown all the same', async () => {
  await startCluster();
  const daemon = await startDaemon(args);
  await call(daemon.url, '/pause', { reason: 'sale' });
  await postTraffic(daemon);
  const { services } = await call(daemon.url, '/allocations');
  expect(services[0]).toMatchObject({ reason: 'paused', change: null });
  expect(requested()).toEqual(SMALL);
  await call(daemon.url, '/resume');
  await call(daemon.url, '/allocations');
  await expect.poll(async () => (await service(daemon)).change?.status, { timeout: 10_000 }).toBe('applied');
  await daemon.end('SIGTERM');
});

test('a rollout in the middle of which the daemon is killed is seen to its end by the next one', async () => {
  await startCluster(3000);
  const first = await startDaemon(args);
  await postTraffic(first);
  await call(first.url, '/allocations');
  await expect.poll(() => requested(), { timeout: 10_000 }).not.toEqual(SMALL);
  await first.end('SIGKILL');
  const second = await startDaemon(args);
  expect((await service(second)).change).toMatchObject({ status: 'writing' });
  await expect.poll(async () => (await service(second)).change?.status, { timeout: 15_000 }).toBe('applied');
  await second.end('SIGTERM');
});

test('an autoscaler is left to its work, and named', async () => {
  await startCluster();
  server.objects.create(AUTOSCALERS, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'auth-hpa', namespace: NAMESPACE },
    spec: {
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auth-service' },
    },
  });
  const daemon = await startDaemon(args);
  await postTraffic(daemon);
  const answer = await call(daemon.url, '/allocations');
  expect(answer.services[0]).toMatchObject({
    reason: 'autoscaled',
    explanation: expect.stringContaining('auth-hpa'),
  });
  expect(requested()).toEqual(SMALL);
  await daemon.end('SIGTERM');
});

test('without an answer from the cluster nothing is written, and the daemon says so and goes on', async () => {
  await startCluster();
  await server.close();
  const daemon = await startDaemon(args);
  await postTraffic(daemon);
  const answer = await call(daemon.url, '/allocations');
  expect(answer.services[0]).toMatchObject({ reason: 'target-unreadable' });
  expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
  await daemon.end('SIGTERM');
});
