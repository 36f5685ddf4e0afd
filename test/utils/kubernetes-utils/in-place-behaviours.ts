/** As behaviours.ts, of services that are resized in place: run by in-place-behaviours.test.ts, and a table of docs/kubernetes.md. */
import type { ChangeOutcome } from '../../../src/models/changes.ts';
import type { ResourceAllocation } from '../../../src/models/data-models.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import type { ApiServer, ApiServerOptions } from '../../kubernetes-api/api-server.ts';
import type { Fate } from '../../kubernetes-api/controllers/controllers.ts';
import type { Fault, RequestMatch } from '../../kubernetes-api/faults.ts';
import { applyAs } from '../../kubernetes-api/fixtures.ts';
import { type JsonObject, objectsAt } from '../../kubernetes-api/json.ts';
import { DEPLOYMENTS, PODS } from '../../kubernetes-api/resource-types.ts';
import {
  type ConnectOptions,
  createDeployment,
  type DeploymentShape,
  NAMESPACE,
  rolledOut,
} from './cluster.ts';

export interface InPlaceBehaviour {
  readonly when: string;
  readonly answer: ChangeOutcome['kind'];
  readonly says: RegExp;
  /** What the table says of it. */
  readonly told: string;
  readonly left: 'before' | 'resized' | 'rolled' | 'theirs';
  readonly cluster?: ApiServerOptions;
  readonly pods?: Fate;
  /** What is wanted, where it is not a core and a GiB each. */
  readonly to?: ResourceAllocation;
  readonly deployment?: DeploymentShape;
  /** The template's resources belong to us. */
  readonly handedOver?: boolean;
  readonly connecting?: ConnectOptions;
  /** Before the check. */
  readonly prepare?: (server: ApiServer) => void;
  /** Between check and write. */
  readonly meanwhile?: (server: ApiServer) => void;
  /** When the first instance has its new size in its spec. */
  readonly afterWrite?: (server: ApiServer) => void;
}

const RESIZE: RequestMatch = { method: 'PATCH', resource: 'pods', subresource: 'resize', dryRun: false };
const DRY_RUN: RequestMatch = { ...RESIZE, dryRun: true };

const fault =
  (match: RequestMatch, what: Fault, times = 1) =>
  (server: ApiServer): void =>
    void server.faults.add(match, what, times);
const status = (code: number, more: object = {}): Fault => ({ kind: 'status', code, ...more });

export function podsOf(server: ApiServer) {
  return server.objects.list(PODS, NAMESPACE);
}

export function setSize(server: ApiServer, pod: string, resources: JsonObject): void {
  const edit = (object: JsonObject) =>
    Object.assign(objectsAt(object, 'spec', 'containers')[0] ?? {}, { resources });
  server.objects.change(PODS, NAMESPACE, pod, edit, 'kubectl', 'resize');
}

/** What every instance has at first. */
export const SMALL = {
  requests: { cpu: '500m', memory: '512Mi' },
  limits: { cpu: '750m', memory: '768Mi' },
};

/** A Deployment of two instances of that size, which others own or we. */
export async function startSmall(
  server: ApiServer,
  shape: DeploymentShape,
  handedOver: boolean,
): Promise<void> {
  createDeployment(server, { ...(!handedOver && { resources: SMALL }), ...shape });
  if (handedOver)
    await applyAs(server, 'dta-slo', `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/auth-service`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'auth-service', namespace: NAMESPACE },
      spec: { template: { spec: { containers: [{ name: 'app', resources: SMALL }] } } },
    });
  await rolledOut(server);
}

export function uidsOf(server: ApiServer): string[] {
  return podsOf(server)
    .map(({ metadata }) => metadata.uid)
    .sort();
}

export function sizesOf(server: ApiServer): JsonObject[] {
  return podsOf(server).map((pod) => objectsAt(pod, 'spec', 'containers')[0]?.['resources'] as JsonObject);
}

export function templateOf(server: ApiServer): unknown {
  const deployment = server.objects.must(DEPLOYMENTS, NAMESPACE, 'auth-service');
  return structuredClone(objectsAt(deployment, 'spec', 'template', 'spec', 'containers')[0]?.['resources']);
}

/** What the first instance is given by somebody else. */
const THEIRS = { requests: { cpu: '3', memory: '1Gi' }, limits: { cpu: '4', memory: '2Gi' } };

export const IN_PLACE: readonly InPlaceBehaviour[] = [
  {
    when: 'The kubelet takes its time',
    answer: 'applied',
    says: /after [1-9]\d* s, resized in place$/,
    told: 'waited for until it has granted and done it',
    left: 'resized',
    pods: 'resize-slow',
    connecting: { settings: { verifyTimeout: 10 } },
  },
  {
    when: 'The node has no room at present (`Deferred`)',
    answer: 'restored',
    says: /pod auth-service-\S+ cannot be resized \(deferred\): Node didn't have enough capacity/,
    told: 'what the kubelet says, after 0.4 × verify_timeout',
    left: 'before',
    cluster: { kubernetes: 34 },
    pods: 'resize-deferred',
  },
  {
    when: 'The node never will have (`Infeasible`)',
    answer: 'restored',
    says: /pod auth-service-\S+ cannot be resized \(infeasible\)/,
    told: 'what the kubelet says, at once (before Kubernetes 1.34 after 0.1 × verify_timeout)',
    left: 'before',
    cluster: { kubernetes: 34 },
    pods: 'resize-infeasible',
  },
  {
    when: 'An instance is killed for its memory by the resize',
    answer: 'restored',
    says: /container app of pod auth-service-\S+ was killed for its memory/,
    told: 'which container of which pod',
    left: 'before',
    cluster: { kubernetes: 34 },
    pods: 'resize-killed',
    to: { cpu: 0.5, memory: 256, instances: 2 },
  },
  {
    when: 'The API server has no `pods/resize` (before Kubernetes 1.33)',
    answer: 'applied',
    says: /rolled out, since it cannot be resized in place: this API server cannot resize pods/,
    told: 'rolled out as in `rolling`, and why',
    left: 'rolled',
    cluster: { without: ['pods/resize'] },
    handedOver: true,
  },
  {
    when: 'The kubelet of an instance cannot resize',
    answer: 'applied',
    says: /rolled out, since it cannot be resized in place: .*running on node without support for resize/,
    told: 'rolled out as in `rolling`, and why',
    left: 'rolled',
    pods: 'resize-unknown',
    handedOver: true,
  },
  {
    when: 'The QoS class would be another (no requests so far)',
    answer: 'applied',
    says: /rolled out, since it cannot be resized in place: .*QOS Class may not change/,
    told: 'rolled out as in `rolling`, and why',
    left: 'rolled',
    deployment: { resources: {} },
  },
  {
    when: 'Its strategy is Recreate',
    answer: 'applied',
    says: /resized in place$/,
    told: 'nothing is rolled out',
    left: 'resized',
    deployment: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    when: 'Another manager owns the resources of the template',
    answer: 'applied',
    says: /resized in place$/,
    told: 'the template stays theirs',
    left: 'resized',
    deployment: { manager: 'kubectl-client-side-apply' },
  },
  {
    when: '403: the right to resize is missing',
    answer: 'refused',
    says: /the right is missing \(403: .*resize/,
    told: 'which right is missing',
    left: 'before',
    prepare: fault(DRY_RUN, status(403, { reason: 'Forbidden', message: 'cannot patch pods/resize' }), 9),
  },
  {
    when: '500 all the time',
    answer: 'held',
    says: /the API server answered 500/,
    told: 'that the API answered 500; read again, nothing was written',
    left: 'before',
    connecting: { clock: systemClock(20), settings: { verifyTimeout: 20 } },
    meanwhile: fault(RESIZE, status(500), 1000),
  },
  {
    when: '429 with Retry-After: 1',
    answer: 'applied',
    says: /after [1-9]\d* s, resized in place$/,
    told: 'tried again after a second',
    left: 'resized',
    meanwhile: fault(RESIZE, status(429, { retryAfterSeconds: 1 })),
  },
  {
    when: 'The connection breaks after an instance was patched',
    answer: 'applied',
    says: /resized in place$/,
    told: 'read again, found, not written twice',
    left: 'resized',
    meanwhile: fault(RESIZE, { kind: 'drop', when: 'after' }),
  },
  {
    when: 'An instance is made anew meanwhile',
    answer: 'applied',
    says: /resized in place$/,
    told: 'the new one, which comes in the size of the template, is resized too',
    left: 'resized',
    pods: 'resize-slow',
    connecting: { settings: { verifyTimeout: 10 } },
    afterWrite: (server) => server.objects.remove(PODS, NAMESPACE, podsOf(server)[0]?.metadata.name ?? ''),
  },
  {
    when: 'Somebody else resizes an instance meanwhile',
    answer: 'failed',
    says: /somebody else resized pod auth-service-\S+ meanwhile; it is left as it is/,
    told: 'that somebody else resized it; it is not stamped over',
    left: 'theirs',
    pods: 'resize-slow',
    afterWrite: (server) => setSize(server, podsOf(server)[0]?.metadata.name ?? '', THEIRS),
  },
  {
    when: 'Somebody else rolls out another image meanwhile',
    answer: 'failed',
    says: /another pod template was rolled out; it is left as it is/,
    told: 'that somebody else changed it meanwhile; their rollout is not stamped over',
    left: 'theirs',
    pods: 'resize-slow',
    afterWrite: (server) =>
      void server.objects.change(DEPLOYMENTS, NAMESPACE, 'auth-service', (object) => {
        Object.assign(objectsAt(object, 'spec', 'template', 'spec', 'containers')[0] ?? {}, {
          image: 'shop/auth:2',
        });
      }),
  },
];

const LEFT = {
  before: 'as before',
  resized: 'the change, in the instances',
  rolled: 'the change, in the template',
  theirs: 'as others left it',
};

/** The rows of the table in docs/kubernetes.md. */
export function inPlaceRows(): string[] {
  return IN_PLACE.map(
    ({ when, answer, told, left }) => `| ${when} | \`${answer}\`: ${told} | ${LEFT[left]} |`,
  );
}
