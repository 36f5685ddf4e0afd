/** A cluster for the executor's tests: the local API server, a namespace with a Deployment, and an executor on it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Change } from '../../../src/models/changes.ts';
import type { ServiceSpec } from '../../../src/models/data-models.ts';
import type { Executor, Logger } from '../../../src/models/ports.ts';
import type { KubernetesSettings } from '../../../src/models/settings.ts';
import {
  connectKubernetes,
  type KubernetesExecutorOptions,
} from '../../../src/utils/kubernetes-utils/kubernetes-executor.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import { testSettings } from '../../api/fixtures.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../kubernetes-api/api-server.ts';
import { DEPLOYMENTS } from '../../kubernetes-api/resource-types.ts';

export const NAMESPACE = 'shop';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface TestCluster {
  readonly server: ApiServer;
  readonly executor: Executor;
  readonly log: readonly LogLine[];
  /** Another executor on the same server. */
  connect(options?: ConnectOptions): Promise<Executor>;
}

export interface ConnectOptions extends Partial<Omit<KubernetesExecutorOptions, 'settings'>> {
  readonly settings?: Partial<KubernetesSettings>;
  /** Another token than the server's first. */
  readonly token?: string;
  /** Without a kubeconfig: what the environment names. */
  readonly inCluster?: boolean;
}

/** Everything ends with the test. */
export async function startCluster(
  options: ApiServerOptions = {},
  connecting: ConnectOptions = {},
): Promise<TestCluster> {
  const server = await startApiServer({ namespaces: [NAMESPACE], ...options });
  onTestFinished(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log: LogLine[] = [];
  let files = 0;
  const connect = async ({ settings = {}, token, inCluster = false, ...rest }: ConnectOptions = {}) => {
    const kubeconfig = join(folder, `kubeconfig-${++files}`);
    await server.kubeconfig(kubeconfig, token);
    const connected = await connectKubernetes({
      settings: { ...TEST_SETTINGS, ...(!inCluster && { kubeconfig }), ...settings },
      environment: {},
      clock: systemClock(),
      random: seededRandom(1),
      logger: loggerTo(log),
      ...rest,
    });
    if (connected.kind !== 'connected') throw new Error(connected.reason);
    onTestFinished(() => connected.executor.stop());
    connected.executor.start();
    return connected.executor;
  };
  return { server, executor: await connect(connecting), log, connect };
}

const TEST_SETTINGS: KubernetesSettings = {
  ...testSettings().kubernetes,
  enabled: true,
  namespace: NAMESPACE,
  verifyTimeout: 5,
  requestTimeout: 2,
};

export function loggerTo(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ ...fields, level, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface DeploymentShape {
  readonly name?: string;
  readonly replicas?: number;
  readonly resources?: object;
  readonly spec?: object;
  readonly labels?: object;
  readonly containers?: readonly object[];
  readonly manager?: string;
}

export function createDeployment(server: ApiServer, shape: DeploymentShape = {}): void {
  const { name = 'auth-service', replicas = 2, resources, spec = {}, labels = {}, manager = 'test' } = shape;
  const container = { name: 'app', image: 'shop/auth:1', ...(resources !== undefined && { resources }) };
  const { containers = [container] } = shape;
  server.objects.create(
    DEPLOYMENTS,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: NAMESPACE, labels: { app: name, ...labels } },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: JSON.parse(JSON.stringify(containers)) },
        },
        ...spec,
      },
    },
    manager,
  );
}

/** Resolves when the Deployment's controller has nothing left to do. */
export async function rolledOut(server: ApiServer, name = 'auth-service'): Promise<void> {
  await server.until(DEPLOYMENTS, NAMESPACE, name, ({ spec, status }) => isDone(spec, status));
}

function isDone(spec: unknown, status: unknown): boolean {
  const { replicas } = spec as { replicas: number };
  const { updatedReplicas, readyReplicas, replicas: all } = (status ?? {}) as Record<string, number>;
  return updatedReplicas === replicas && readyReplicas === replicas && all === replicas;
}

export function serviceWith(change: Partial<ServiceSpec> = {}): ServiceSpec {
  return { ...testSettings().topology.services.get('auth-service')!, mode: 'rolling', ...change };
}

export function changeTo(
  cpu: number,
  memory: number,
  instances: number,
  change: Partial<Change> & { readonly service?: ServiceSpec } = {},
): Change {
  return {
    service: serviceWith(),
    decision: 'd-1',
    explanation: 'Grows for its SLO.',
    to: { cpu, memory, instances },
    ...change,
  };
}
