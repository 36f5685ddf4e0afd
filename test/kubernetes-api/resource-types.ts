import type { Subject } from './status.ts';

/** One kind of object that the server can serve. */
export interface ResourceType extends Subject {
  readonly version: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
  /** Custom resources know no strategic merge and no validation of ours. */
  readonly custom: boolean;
  /** The server answers reads alone. */
  readonly readOnly?: boolean;
  /** Only `create`, and nothing is stored. */
  readonly createOnly?: boolean;
}

const type = (
  group: string,
  version: string,
  kind: string,
  plural: string,
  rest: Partial<ResourceType> = {},
): ResourceType => ({
  group,
  version,
  kind,
  plural,
  singular: kind.toLowerCase(),
  namespaced: true,
  shortNames: [],
  subresources: [],
  custom: false,
  ...rest,
});

export const NAMESPACES = type('', 'v1', 'Namespace', 'namespaces', {
  namespaced: false,
  shortNames: ['ns'],
  subresources: ['status'],
});
export const PODS = type('', 'v1', 'Pod', 'pods', { shortNames: ['po'], subresources: ['status', 'resize'] });
export const EVENTS = type('', 'v1', 'Event', 'events', { shortNames: ['ev'] });
export const LIMIT_RANGES = type('', 'v1', 'LimitRange', 'limitranges', { shortNames: ['limits'] });
export const RESOURCE_QUOTAS = type('', 'v1', 'ResourceQuota', 'resourcequotas', {
  shortNames: ['quota'],
  subresources: ['status'],
});
export const CONFIG_MAPS = type('', 'v1', 'ConfigMap', 'configmaps', { shortNames: ['cm'] });
export const SERVICES = type('', 'v1', 'Service', 'services', { shortNames: ['svc'] });
export const DEPLOYMENTS = type('apps', 'v1', 'Deployment', 'deployments', {
  shortNames: ['deploy'],
  subresources: ['status', 'scale'],
});
export const REPLICA_SETS = type('apps', 'v1', 'ReplicaSet', 'replicasets', {
  shortNames: ['rs'],
  subresources: ['status', 'scale'],
});
export const STATEFUL_SETS = type('apps', 'v1', 'StatefulSet', 'statefulsets', {
  shortNames: ['sts'],
  subresources: ['status', 'scale'],
});
export const CONTROLLER_REVISIONS = type('apps', 'v1', 'ControllerRevision', 'controllerrevisions');
export const AUTOSCALERS = type('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
  shortNames: ['hpa'],
  subresources: ['status'],
});
export const LEASES = type('coordination.k8s.io', 'v1', 'Lease', 'leases');
export const ROLLOUTS = type('argoproj.io', 'v1alpha1', 'Rollout', 'rollouts', {
  shortNames: ['ro'],
  subresources: ['status', 'scale'],
  custom: true,
});
/** Rollouts as Argo's CRD described them before 1.8.3: the list of containers is one value. */
export const OLD_ROLLOUTS: ResourceType = { ...ROLLOUTS };
export const SCALED_OBJECTS = type('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects', {
  shortNames: ['so'],
  subresources: ['status'],
  custom: true,
});
export const POD_METRICS = type('metrics.k8s.io', 'v1beta1', 'PodMetrics', 'pods', {
  singular: '',
  readOnly: true,
});
export const ACCESS_REVIEWS = type(
  'authorization.k8s.io',
  'v1',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  { namespaced: false, createOnly: true },
);

export const ALL_TYPES: readonly ResourceType[] = [
  NAMESPACES,
  PODS,
  EVENTS,
  LIMIT_RANGES,
  RESOURCE_QUOTAS,
  CONFIG_MAPS,
  SERVICES,
  DEPLOYMENTS,
  REPLICA_SETS,
  STATEFUL_SETS,
  CONTROLLER_REVISIONS,
  AUTOSCALERS,
  LEASES,
  ROLLOUTS,
  SCALED_OBJECTS,
  POD_METRICS,
  ACCESS_REVIEWS,
];

/** `v1`, or `apps/v1`. */
export const apiVersionOf = (of: { group: string; version: string }): string =>
  of.group === '' ? of.version : `${of.group}/${of.version}`;

/** `deployments.apps`, or `pods`. */
export const resourceName = (of: Subject): string =>
  of.group === '' ? of.plural : `${of.plural}.${of.group}`;
