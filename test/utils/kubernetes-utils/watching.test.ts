import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { TargetReading } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import { ApiClient } from '../../../src/utils/kubernetes-utils/api/api-client.ts';
import { ClusterAccess } from '../../../src/utils/kubernetes-utils/api/cluster-access.ts';
import { Reflector } from '../../../src/utils/kubernetes-utils/watch/reflector.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import { eventually } from '../../eventually.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import { AUTOSCALERS, DEPLOYMENTS, SCALED_OBJECTS } from '../../kubernetes-api/resource-types.ts';
import {
  changeTo,
  createDeployment,
  type LogLine,
  loggerTo,
  NAMESPACE,
  rolledOut,
  serviceWith,
  startCluster,
} from './cluster.ts';

const read = async (executor: Executor): Promise<TargetReading> =>
  (await executor.readTargets([serviceWith()])).get('auth-service')!;

const instancesOf = (reading: TargetReading) =>
  reading.kind === 'running' ? reading.state.instances : reading.reason;

describe('readings', () => {
  test('follow what happens in the cluster without another list', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    const lists = listsOf(server);
    scale(server, 5);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(5));
    expect(listsOf(server)).toBe(lists);
  });

  test('say who else decides on the workload', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    server.objects.create(AUTOSCALERS, {
      metadata: { name: 'auth', namespace: NAMESPACE },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auth-service' },
        maxReplicas: 5,
      },
    });
    await eventually(async () =>
      expect(await read(executor)).toMatchObject({ autoscaler: 'HorizontalPodAutoscaler shop/auth' }),
    );
  });

  test('say when an instance was killed for its memory', async () => {
    const { server, executor } = await startCluster();
    server.newPods(NAMESPACE, 'auth-service', 'oom-killed');
    createDeployment(server);
    await eventually(async () => {
      const reading = await read(executor);
      if (reading.kind !== 'running') throw new Error(reading.reason);
      expect(Math.abs((reading.oomKilledSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    });
  });

  test('take all forms of quantities', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server, {
      resources: { requests: { cpu: '0.5', memory: '1.5Gi' }, limits: { cpu: '2k', memory: '1e10' } },
    });
    await eventually(async () =>
      expect(await read(executor)).toMatchObject({
        state: { requests: { cpu: 0.5, memory: 1536 }, limits: { cpu: 2000, memory: 1e10 / 1_048_576 } },
        qos: 'Burstable',
      }),
    );
  });

  test('of a workload that is scaled to nothing, or not there, say why there is nothing to read', async () => {
    const { server, executor } = await startCluster();
    expect(instancesOf(await read(executor))).toContain('nothing in namespace shop is named auth-service');
    createDeployment(server, { replicas: 0 });
    await eventually(async () =>
      expect(instancesOf(await read(executor))).toBe('Deployment shop/auth-service is scaled to 0 instances'),
    );
  });
});

describe('a watch', () => {
  test('that dies silently is noticed, and what is there is listed again', async () => {
    const { server, executor } = await startCluster({}, { watchSeconds: 0.3 });
    createDeployment(server);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    server.watches.silence();
    scale(server, 4);
    await vi.waitFor(async () => expect(instancesOf(await read(executor))).toBe(4), { timeout: 5000 });
  });

  test.each(['end', 'cut', 'expire'] as const)('goes on after %s', async (how) => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    server.watches[how]();
    scale(server, 4);
    await vi.waitFor(async () => expect(instancesOf(await read(executor))).toBe(4), { timeout: 5000 });
  });

  test('of a kind that is removed forgets what there was of it', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    server.objects.create(SCALED_OBJECTS, {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'auth', namespace: NAMESPACE },
      spec: { scaleTargetRef: { name: 'auth-service' } },
    });
    await eventually(async () =>
      expect(await read(executor)).toMatchObject({ autoscaler: 'ScaledObject shop/auth' }),
    );
    server.uninstall('keda.sh');
    const asked = () => server.requests.filter(({ path, code }) => path.includes('keda.sh') && code === 404);
    server.watches.cut();
    await vi.waitFor(() => expect(asked()).toHaveLength(1), { timeout: 5000 });
    await vi.waitFor(
      async () => {
        const reading = await read(executor);
        expect(reading).toMatchObject({ kind: 'running' });
        expect(reading).not.toHaveProperty('autoscaler');
      },
      { timeout: 8000 },
    );
  }, 10_000);

  test('of a kind that is not installed is no obstacle', async () => {
    const { server, executor } = await startCluster({ without: ['keda.sh', 'argoproj.io'] });
    createDeployment(server);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    expect(await executor.check(changeTo(1, 1024, 2))).toMatchObject({ kind: 'ready' });
  });
});

test('a fault while reading is told once, and reading goes on', async () => {
  const { server } = await startCluster();
  createDeployment(server);
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config');
  await server.kubeconfig(file);
  const client = new ApiClient(await ClusterAccess.open({ kind: 'files', files: [file] }, undefined), 2);
  const lines: LogLine[] = [];
  let parsed = 0;
  const reflector = new Reflector({
    client,
    clock: systemClock(50),
    random: seededRandom(1),
    logger: loggerTo(lines),
    path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
    parse: (raw) => {
      parsed += 1;
      if (parsed <= 3) throw new Error('a bug');
      return raw;
    },
  });
  onTestFinished(() => reflector.stop().then(() => client.close()));
  reflector.start();
  await vi.waitFor(() => expect(reflector.objects).toHaveLength(1), { timeout: 5000 });
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'error',
      error: 'a bug',
      message: 'a fault of the daemon: it cannot be read',
    }),
  ]);
});

describe('while the API is down', () => {
  test('a reading says so and since when, instead of what was there', async () => {
    const { server, executor } = await startCluster();
    createDeployment(server);
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    await server.stop();
    await eventually(async () =>
      expect(instancesOf(await read(executor))).toMatch(
        /^what runs in namespace shop is not known since \d+ s: the (API server cannot be reached|connection to the API server broke)/,
      ),
    );
    await server.start();
    await vi.waitFor(async () => expect(instancesOf(await read(executor))).toBe(2), { timeout: 10_000 });
  }, 15_000);

  test('stopping does not wait for it', async () => {
    const { server, executor } = await startCluster(
      {},
      { settings: { requestTimeout: 30, verifyTimeout: 60 } },
    );
    createDeployment(server);
    await rolledOut(server);
    server.newPods(NAMESPACE, 'auth-service', 'unready');
    const change = changeTo(1, 1024, 2);
    const checked = await executor.check(change);
    if (checked.kind !== 'ready') throw new Error(checked.reason);
    const carrying = executor.carryOut(change, checked.before);
    await server.until(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ metadata }) => metadata.generation === 2);
    server.faults.add({}, { kind: 'hang' });
    const start = Date.now();
    await executor.stop();
    expect(await carrying).toMatchObject({ kind: 'failed', reason: expect.stringContaining('broken off') });
    expect(Date.now() - start).toBeLessThan(10_000);
  });
});

test('a right that is missing is told as such', async () => {
  const { executor } = await startCluster({
    rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['pods', 'deployments', 'rollouts'] }],
  });
  await eventually(async () =>
    expect(instancesOf(await read(executor))).toContain('the right is missing (403: '),
  );
});

test('all requests share a few connections', async () => {
  const { server, executor } = await startCluster();
  createDeployment(server);
  await rolledOut(server);
  await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
  const change = changeTo(1, 1024, 3);
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  const [requests, handshakes] = [server.requests.length, server.handshakes];
  await executor.carryOut(change, checked.before);
  for (let round = 0; round < 20; round += 1) await executor.readUsage([serviceWith()]);
  expect(server.requests.length - requests).toBeGreaterThan(25);
  expect(server.handshakes - handshakes).toBeLessThanOrEqual(1);
});

describe('credentials', () => {
  test('of a program are asked for once, and are good for all requests', async () => {
    const { server, connect } = await startCluster();
    createDeployment(server);
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-exec-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const expirationTimestamp = new Date(Date.now() + 600_000).toISOString();
    const credential = JSON.stringify({ status: { token: server.addToken(), expirationTimestamp } });
    const program = `echo run >> ${folder}/runs; echo '${credential}'`;
    const executor = await connect({ settings: { kubeconfig: withProgram(folder, server, program) } });
    await eventually(async () => expect(instancesOf(await read(executor))).toBe(2));
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  test('of a program that hangs are told as missing, and nobody waits for it', async () => {
    const { server, connect } = await startCluster();
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-exec-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const kubeconfig = withProgram(folder, server, 'exec sleep 5');
    const executor = await connect({ settings: { kubeconfig, requestTimeout: 0.3 } });
    await eventually(async () =>
      expect(instancesOf(await read(executor))).toContain(
        'the credentials for the API server cannot be had (not within 0.3 s)',
      ),
    );
    const start = Date.now();
    await executor.stop();
    expect(Date.now() - start).toBeLessThan(4000);
  });

  test('that cannot be a header are told as missing until they are mended', async () => {
    const { server, connect } = await startCluster();
    createDeployment(server);
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-kubeconfig-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'config');
    await server.kubeconfig(kubeconfig, 'abc✓def');
    const executor = await connect({ settings: { kubeconfig } });
    await vi.waitFor(async () =>
      expect(instancesOf(await read(executor))).toMatch(
        /the credentials for the API server cannot be had \(Invalid character in header content/,
      ),
    );
    await server.kubeconfig(kubeconfig);
    await vi.waitFor(async () => expect(instancesOf(await read(executor))).toBe(2), { timeout: 10_000 });
  }, 15_000);

  test('a token file is read again when its token has expired', async () => {
    const { server, connect } = await startCluster();
    createDeployment(server);
    await rolledOut(server);
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-account-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const first = server.addToken();
    await server.inClusterFolder(folder, first);
    const url = new URL(server.url);
    const executor = await connect({
      inCluster: true,
      serviceAccountFolder: folder,
      environment: { KUBERNETES_SERVICE_HOST: url.hostname, KUBERNETES_SERVICE_PORT: url.port },
      settings: { lease: { enabled: false, name: 'dta-slo', duration: 15 } },
    });
    expect(await executor.check(changeTo(1, 1024, 2))).toMatchObject({ kind: 'ready' });
    writeFileSync(join(folder, 'token'), `${server.addToken()}\n`);
    server.expireToken(first);
    expect(await executor.check(changeTo(1, 1024, 2))).toMatchObject({ kind: 'ready' });
  });
});

function scale(server: ApiServer, replicas: number): void {
  server.objects.change(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ spec }) =>
    Object.assign(spec as object, { replicas }),
  );
}

/** A kubeconfig whose token comes from a shell program. */
function withProgram(folder: string, server: ApiServer, program: string): string {
  const file = join(folder, 'config');
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', program] };
  const config = {
    'current-context': 'a',
    clusters: [{ name: 'a', cluster: { server: server.url, 'certificate-authority-data': btoa(server.ca) } }],
    users: [{ name: 'a', user: { exec } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function listsOf(server: ApiServer): number {
  return server.requests.filter(({ route }) => route?.verb === 'list' && route.of === DEPLOYMENTS).length;
}
