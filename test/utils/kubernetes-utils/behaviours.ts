/**
 * What the API or the cluster does, the answer that the executor gives and what it leaves behind: run by
 * api-behaviours.test.ts, and the table of docs/kubernetes.md.
 */
import type { ChangeOutcome, CheckOutcome } from '../../../src/models/changes.ts';
import type { ServiceSpec } from '../../../src/models/data-models.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import type { Fault, RequestMatch } from '../../kubernetes-api/faults.ts';
import {
  AUTOSCALERS,
  DEPLOYMENTS,
  RESOURCE_QUOTAS,
  SCALED_OBJECTS,
} from '../../kubernetes-api/resource-types.ts';
import { type ConnectOptions, type DeploymentShape, NAMESPACE } from './cluster.ts';

export interface Behaviour {
  /** What happens, as the table says it. */
  readonly when: string;
  readonly answer: ChangeOutcome['kind'] | CheckOutcome['kind'];
  /** What the reason must say. */
  readonly says: RegExp;
  /** What the table says of it. */
  readonly told: string;
  readonly left: 'before' | 'wanted' | 'theirs';
  readonly deployment?: DeploymentShape;
  readonly service?: Partial<ServiceSpec>;
  readonly connecting?: ConnectOptions;
  /** Before the check. */
  readonly prepare?: (server: ApiServer) => void;
  /** Between check and write. */
  readonly meanwhile?: (server: ApiServer) => unknown;
  /** Beside the write: called when the change stands in the cluster. */
  readonly afterWrite?: (server: ApiServer) => unknown;
}

const PATCH: RequestMatch = { method: 'PATCH', resource: 'deployments', subresource: '', dryRun: false };
const DRY_RUN: RequestMatch = { ...PATCH, dryRun: true };

const fault =
  (match: RequestMatch, what: Fault, times = 1) =>
  (server: ApiServer): void =>
    void server.faults.add(match, what, times);

const status = (code: number, more: object = {}): Fault => ({ kind: 'status', code, ...more });
const edit = (server: ApiServer, change: (spec: Record<string, unknown>) => void, manager = 'kubectl-edit') =>
  void server.objects.change(
    DEPLOYMENTS,
    NAMESPACE,
    'auth-service',
    ({ spec }) => change(spec as never),
    manager,
  );
const scaler = (kind: string, apiVersion: string) => ({
  apiVersion,
  kind,
  metadata: { name: 'auth', namespace: NAMESPACE },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auth-service' },
    minReplicas: 1,
    maxReplicas: 5,
  },
});
const OWNED = { requests: { cpu: '100m', memory: '128Mi' } };

export const BEHAVIOURS: readonly Behaviour[] = [
  {
    when: 'all is well',
    answer: 'applied',
    says: /runs 2 × 1 and 1Gi/,
    told: 'what runs now, and how long it took',
    left: 'wanted',
  },
  {
    when: 'The API is down when a change is checked',
    answer: 'held',
    says: /what runs in namespace shop is not known since \d+ s: |the API server cannot be reached/,
    told: 'that it cannot be reached, and since when',
    left: 'before',
    prepare: (server) => void server.stop(),
  },
  {
    when: '503 twice',
    answer: 'applied',
    says: /runs/,
    told: 'tried again with back-off and full jitter',
    left: 'wanted',
    meanwhile: fault(PATCH, status(503), 2),
  },
  {
    when: '500 all the time',
    answer: 'held',
    says: /the API server answered 500/,
    told: 'that the API answered 500; read again, nothing was written',
    left: 'before',
    meanwhile: fault(PATCH, status(500), 1000),
  },
  {
    when: '429 with Retry-After: 1',
    answer: 'applied',
    says: /after [1-9]\d* s/,
    told: 'tried again after a second',
    left: 'wanted',
    meanwhile: fault(PATCH, status(429, { retryAfterSeconds: 1 })),
  },
  {
    when: '429 with Retry-After: 600',
    answer: 'held',
    says: /too many requests \(429, again after 600 s\)/,
    told: 'until when; longer than 60 s is not waited for',
    left: 'before',
    meanwhile: fault(PATCH, status(429, { retryAfterSeconds: 600 })),
  },
  {
    when: '409: another manager owns the fields',
    answer: 'refused',
    says: /"kubectl-client-side-apply" owns .*resources\.requests\.cpu.* of Deployment shop\/auth-service\. To hand this over, first apply your manifest.*kubectl apply --server-side --force-conflicts --field-manager=dta-slo/,
    told: 'who owns which fields, and the command that hands them over; never forced',
    left: 'before',
    deployment: { resources: OWNED, manager: 'kubectl-client-side-apply' },
  },
  {
    when: '409: the object changed between reading and writing',
    answer: 'applied',
    says: /runs/,
    told: 'read again, and written to what was read',
    left: 'wanted',
    meanwhile: fault(PATCH, status(409, { reason: 'Conflict', message: 'the object has been modified' })),
  },
  {
    when: 'Somebody else changes the resources between check and write',
    answer: 'held',
    says: /no longer as it was when this was checked/,
    told: 'that it is no longer what was checked; their change stands',
    left: 'theirs',
    meanwhile: (server) => edit(server, (spec) => setResources(spec, { requests: { cpu: '3' } })),
  },
  {
    when: 'Somebody else rolls out another image while ours is rolled out',
    answer: 'failed',
    says: /somebody else changed Deployment shop\/auth-service meanwhile: another pod template was rolled out; it is left as it is/,
    told: 'that somebody else changed it meanwhile; their rollout is not stamped over',
    left: 'theirs',
    deployment: {},
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'unready'),
    afterWrite: (server) => edit(server, (spec) => setImage(spec, 'shop/auth:2')),
  },
  {
    when: '422 in the dry run: the API does not accept it',
    answer: 'refused',
    says: /the API server answered 422/,
    told: 'what the API does not accept',
    left: 'before',
    prepare: fault(DRY_RUN, status(422, { reason: 'Invalid', message: 'spec is invalid' })),
  },
  {
    when: '403: the right to patch is missing',
    answer: 'refused',
    says: /the right is missing \(403/,
    told: 'which right is missing',
    left: 'before',
    prepare: fault(DRY_RUN, status(403, { reason: 'Forbidden', message: 'cannot patch' })),
  },
  {
    when: '403: autoscalers may not be listed',
    answer: 'refused',
    says: /whether a HorizontalPodAutoscaler scales Deployment shop\/auth-service cannot be known/,
    told: 'that it cannot be known who else decides',
    left: 'before',
    prepare: fault({ resource: 'horizontalpodautoscalers' }, status(403), 1000),
  },
  {
    when: '404: the workload was deleted meanwhile',
    answer: 'refused',
    says: /404|nothing in namespace/,
    told: 'that it is not there',
    left: 'theirs',
    meanwhile: (server) => server.objects.remove(DEPLOYMENTS, NAMESPACE, 'auth-service'),
  },
  {
    when: 'The connection breaks before the patch was done',
    answer: 'applied',
    says: /runs/,
    told: 'read again, written again',
    left: 'wanted',
    meanwhile: fault(PATCH, { kind: 'drop', when: 'before' }),
  },
  {
    when: 'The connection breaks after the patch was done',
    answer: 'applied',
    says: /runs/,
    told: 'read again, found, not written twice',
    left: 'wanted',
    meanwhile: fault(PATCH, { kind: 'drop', when: 'after' }),
  },
  {
    when: 'The connection breaks in the middle of the answer',
    answer: 'applied',
    says: /runs/,
    told: 'read again, found, not written twice',
    left: 'wanted',
    meanwhile: fault(PATCH, { kind: 'drop', when: 'midway' }),
  },
  {
    when: 'The patch is done, and no answer comes',
    answer: 'applied',
    says: /runs/,
    told: 'after the time-out read again, found, not written twice',
    left: 'wanted',
    connecting: { settings: { requestTimeout: 0.4 } },
    meanwhile: fault(PATCH, { kind: 'hang', applied: true }),
  },
  {
    when: 'No patch is ever answered or done',
    answer: 'held',
    says: /did not answer within 0\.2 s/,
    told: 'that no answer came in time; read again, nothing was written',
    left: 'before',
    connecting: { settings: { requestTimeout: 0.2 } },
    meanwhile: fault(PATCH, { kind: 'hang' }, 1000),
  },
  {
    when: 'Something else answers (a page of a proxy)',
    answer: 'applied',
    says: /runs/,
    told: 'read again, written again',
    left: 'wanted',
    meanwhile: fault(PATCH, { kind: 'body', code: 200, contentType: 'text/html', text: '<html>' }),
  },
  {
    when: '401: the token has expired',
    answer: 'held',
    says: /does not accept the credentials \(401/,
    told: 'credentials are read anew and tried once more; then that they are not accepted',
    left: 'before',
    meanwhile: (server) => server.expireToken(server.token),
  },
  {
    when: 'The API is away while the change rolls out',
    answer: 'applied',
    says: /runs/,
    told: 'waited for; what runs is asked for again',
    left: 'wanted',
    prepare: (server) =>
      void server.faults.add({ verb: 'get', resource: 'deployments' }, { kind: 'slow', milliseconds: 1 }, 1),
    afterWrite: async (server) => {
      await server.stop();
      await pause(400);
      await server.start();
    },
  },
  {
    when: 'New instances crash',
    answer: 'restored',
    says: /CrashLoopBackOff, exit code 1.*; what was there before runs again/,
    told: 'which container of which pod, and its exit code',
    left: 'before',
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'crash-loop'),
  },
  {
    when: 'New instances are killed for their memory',
    answer: 'restored',
    says: /was killed for its memory; what was there before runs again/,
    told: 'which container of which pod',
    left: 'before',
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'oom-killed'),
  },
  {
    when: 'The image of new instances cannot be pulled',
    answer: 'restored',
    says: /ImagePullBackOff/,
    told: 'which container of which pod',
    left: 'before',
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'image-pull-back-off'),
  },
  {
    when: 'No node takes new instances',
    answer: 'restored',
    says: /no node takes pod auth-service-.*: .*nodes are available/,
    told: 'what the scheduler says, after 0.4 × verify_timeout: a node may have to be added first',
    left: 'before',
    connecting: { settings: { verifyTimeout: 2 } },
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'unschedulable'),
  },
  {
    when: 'A quota refuses new instances',
    answer: 'restored',
    says: /its pods are not created: .*quota/,
    told: 'what the API says of the pods, after 0.2 × verify_timeout',
    left: 'before',
    connecting: { settings: { verifyTimeout: 3 } },
    prepare: (server) =>
      void server.objects.create(RESOURCE_QUOTAS, {
        metadata: { name: 'few', namespace: NAMESPACE },
        spec: { hard: { pods: '2' } },
      }),
  },
  {
    when: 'New instances do not get ready within verify_timeout',
    answer: 'restored',
    says: /it was not up after 1 s: \d of 2 instances/,
    told: 'how many of how many are there',
    left: 'before',
    connecting: { settings: { verifyTimeout: 1 } },
    prepare: (server) => server.newPods(NAMESPACE, 'auth-service', 'unready'),
  },
  {
    when: 'A HorizontalPodAutoscaler scales the workload',
    answer: 'refused',
    says: /HorizontalPodAutoscaler shop\/auth decides on Deployment shop\/auth-service/,
    told: 'which',
    left: 'before',
    prepare: (server) =>
      void server.objects.create(AUTOSCALERS, scaler('HorizontalPodAutoscaler', 'autoscaling/v2')),
  },
  {
    when: 'A ScaledObject of KEDA scales the workload',
    answer: 'refused',
    says: /ScaledObject shop\/auth decides on Deployment shop\/auth-service/,
    told: 'which',
    left: 'before',
    prepare: (server) =>
      void server.objects.create(SCALED_OBJECTS, scaler('ScaledObject', 'keda.sh/v1alpha1')),
  },
  {
    when: 'The workload is paused',
    answer: 'refused',
    says: /is paused; kubectl rollout resume/,
    told: 'how to let it go on',
    left: 'before',
    prepare: (server) => edit(server, (spec) => Object.assign(spec, { paused: true })),
  },
  {
    when: 'Its strategy is Recreate',
    answer: 'refused',
    says: /has the strategy Recreate: a change would take all instances down at once/,
    told: 'that all instances would go down at once',
    left: 'before',
    deployment: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    when: "Somebody else's rollout is under way",
    answer: 'held',
    says: /a rollout of Deployment shop\/auth-service is under way: \d of 2 instances have the new template/,
    told: 'how far it has come',
    left: 'theirs',
    prepare: (server) => {
      server.newPods(NAMESPACE, 'auth-service', 'unready');
      edit(server, (spec) => setImage(spec, 'shop/auth:2'));
    },
  },
  {
    when: '`limits: keep`, and the limit that stands is below the request',
    answer: 'refused',
    says: /the cpu limit of 0\.5 is below the request of 1; services\.auth-service\.limits is keep/,
    told: 'which limit; it is neither raised nor broken',
    left: 'before',
    deployment: { resources: { limits: { cpu: '500m' } } },
    service: { limits: 'keep' },
  },
];

const LEFT = {
  before: 'as before',
  wanted: 'the change, written once',
  theirs: 'as others left it',
};

/** The rows of the table in docs/kubernetes.md. */
export function behaviourRows(): string[] {
  return BEHAVIOURS.slice(1).map(
    ({ when, answer, told, left }) => `| ${when} | \`${answer}\`: ${told} | ${LEFT[left]} |`,
  );
}

function containerOf(spec: Record<string, unknown>): Record<string, unknown> {
  const { template } = spec as { template: { spec: { containers: Record<string, unknown>[] } } };
  return template.spec.containers[0]!;
}

function setResources(spec: Record<string, unknown>, resources: object): void {
  containerOf(spec)['resources'] = resources;
}

function setImage(spec: Record<string, unknown>, image: string): void {
  containerOf(spec)['image'] = image;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
