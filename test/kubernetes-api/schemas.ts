import { OLD_ROLLOUTS, type ResourceType, ROLLOUTS } from './resource-types.ts';
import {
  any,
  atomicMap,
  atomicObject,
  boolean,
  intOrString,
  keyed,
  keyedBy,
  list,
  map,
  microTime,
  number,
  object,
  openObject,
  quantity,
  type Schema,
  set,
  string,
} from './schema.ts';
import { condition, labelSelector, metadata, podSpec, podStatus, podTemplate } from './schema-of-pods.ts';

const conditions = keyed('type', condition);

const top = (fields: Readonly<Record<string, Schema>>): Schema =>
  object({ apiVersion: string, kind: string, metadata, ...fields });

const rollingUpdate = object({ maxUnavailable: intOrString, maxSurge: intOrString });

const deployment = top({
  spec: object({
    replicas: number,
    selector: labelSelector,
    template: podTemplate,
    strategy: object({ type: string, rollingUpdate }),
    minReadySeconds: number,
    revisionHistoryLimit: number,
    paused: boolean,
    progressDeadlineSeconds: number,
  }),
  status: object({
    observedGeneration: number,
    replicas: number,
    updatedReplicas: number,
    readyReplicas: number,
    availableReplicas: number,
    unavailableReplicas: number,
    terminatingReplicas: number,
    conditions,
    collisionCount: number,
  }),
});

const replicaSet = top({
  spec: object({ replicas: number, minReadySeconds: number, selector: labelSelector, template: podTemplate }),
  status: object({
    replicas: number,
    fullyLabeledReplicas: number,
    readyReplicas: number,
    availableReplicas: number,
    terminatingReplicas: number,
    observedGeneration: number,
    conditions,
  }),
});

const statefulSet = top({
  spec: object({
    replicas: number,
    selector: labelSelector,
    template: podTemplate,
    volumeClaimTemplates: list(any),
    serviceName: string,
    podManagementPolicy: string,
    updateStrategy: object({
      type: string,
      rollingUpdate: object({ partition: number, maxUnavailable: intOrString }),
    }),
    revisionHistoryLimit: number,
    minReadySeconds: number,
    persistentVolumeClaimRetentionPolicy: object({ whenDeleted: string, whenScaled: string }),
    ordinals: object({ start: number }),
  }),
  status: object({
    observedGeneration: number,
    replicas: number,
    readyReplicas: number,
    currentReplicas: number,
    updatedReplicas: number,
    currentRevision: string,
    updateRevision: string,
    collisionCount: number,
    conditions,
    availableReplicas: number,
  }),
});

const autoscaler = top({
  spec: object({
    scaleTargetRef: object({ kind: string, name: string, apiVersion: string }),
    minReplicas: number,
    maxReplicas: number,
    metrics: list(any),
    behavior: any,
  }),
  status: object({
    observedGeneration: number,
    lastScaleTime: string,
    currentReplicas: number,
    desiredReplicas: number,
    currentMetrics: list(any),
    conditions,
  }),
});

const lease = top({
  spec: object({
    holderIdentity: string,
    leaseDurationSeconds: number,
    acquireTime: microTime,
    renewTime: microTime,
    leaseTransitions: number,
    strategy: string,
    preferredHolder: string,
  }),
});

const limits = map(quantity);
const limitRange = top({
  spec: object({
    limits: list(
      object({
        type: string,
        max: limits,
        min: limits,
        default: limits,
        defaultRequest: limits,
        maxLimitRequestRatio: limits,
      }),
    ),
  }),
});

const resourceQuota = top({
  spec: object({ hard: map(quantity), scopes: list(string), scopeSelector: any }),
  status: object({ hard: map(quantity), used: map(quantity) }),
});

const objectReference = atomicObject({
  kind: string,
  namespace: string,
  name: string,
  uid: string,
  apiVersion: string,
  resourceVersion: string,
  fieldPath: string,
});

const event = top({
  involvedObject: objectReference,
  reason: string,
  message: string,
  source: object({ component: string, host: string }),
  firstTimestamp: string,
  lastTimestamp: string,
  count: number,
  type: string,
  eventTime: microTime,
  series: any,
  action: string,
  related: objectReference,
  reportingComponent: string,
  reportingInstance: string,
});

const service = top({
  spec: object({
    ports: keyedBy(
      ['port', 'protocol'],
      object({
        name: string,
        protocol: string,
        appProtocol: string,
        port: number,
        targetPort: intOrString,
        nodePort: number,
      }),
      { protocol: 'TCP' },
    ),
    selector: atomicMap(string),
    clusterIP: string,
    clusterIPs: list(string),
    type: string,
    sessionAffinity: string,
    ipFamilies: list(string),
    ipFamilyPolicy: string,
    internalTrafficPolicy: string,
  }),
  status: any,
});

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Deployment: deployment,
  ReplicaSet: replicaSet,
  StatefulSet: statefulSet,
  Pod: top({ spec: podSpec, status: podStatus }),
  HorizontalPodAutoscaler: autoscaler,
  Lease: lease,
  LimitRange: limitRange,
  ResourceQuota: resourceQuota,
  Event: event,
  Service: service,
  ConfigMap: top({ data: map(string), binaryData: map(string), immutable: boolean }),
  Namespace: top({
    spec: object({ finalizers: set(string) }),
    status: object({ phase: string, conditions }),
  }),
  ControllerRevision: top({ data: any, revision: number }),
};

const scale = top({
  spec: object({ replicas: number }),
  status: object({ replicas: number, selector: string }),
});

/**
 * Argo's Rollout. Its CRD merges containers by name since Argo Rollouts 1.8.3, which was built with the API types of Kubernetes 1.30;
 * before, the list of containers was one value (argo-rollouts issue 4210). Amounts stay as they were written.
 */
const rollout = (containers: (of: Schema) => Schema): Schema =>
  top({
    spec: openObject({
      template: openObject({
        spec: openObject({ containers: containers(openObject({ name: string })) }),
      }),
    }),
    status: any,
  });

const ROLLOUT = rollout((of) => keyed('name', of));
const ROLLOUT_WITH_ATOMIC_CONTAINERS = rollout(list);

/** Custom resources: their CRDs here keep unknown fields, and a list without keys in the CRD is one value. */
const custom = top({ spec: any, status: any });

export function schemaOf(of: ResourceType): Schema {
  if (of === ROLLOUTS) return ROLLOUT;
  return of === OLD_ROLLOUTS ? ROLLOUT_WITH_ATOMIC_CONTAINERS : (SCHEMAS[of.kind] ?? custom);
}

export const SCALE_SCHEMA = scale;
