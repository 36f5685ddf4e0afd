/** A workload as the API tells it, as far as we look. */
import type { Limits } from '../../../models/changes.ts';
import { at, entriesAt, listAt, numberAt, textAt, textsAt } from '../api/json.ts';
import { coresOf, mebibytesOf } from '../quantities.ts';
import type { Selector } from './selector.ts';
import { selectorAt } from './selector.ts';
import type { WorkloadKind } from './target-names.ts';

/** Which object. */
export interface WorkloadRef {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export interface Workload extends WorkloadRef {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly paused: boolean;
  /** Instances that are asked for. */
  readonly replicas: number;
  readonly selector: Selector;
  /** The pod template, whole. */
  readonly template: unknown;
  readonly containers: readonly Container[];
  readonly strategy: Strategy;
  readonly managers: readonly FieldManager[];
  readonly status: WorkloadStatus;
  readonly beingDeleted: boolean;
  /** An Argo Rollout whose template stands in another object. */
  readonly templateElsewhere: boolean;
}

export interface Container {
  readonly name: string;
  /** Cores and MiB. */
  readonly requests: Limits;
  readonly limits: Limits;
}

export interface Strategy {
  /** `RollingUpdate`, `Recreate`, `OnDelete`; empty where the kind has none of this form. */
  readonly type: string;
  readonly maxSurge: string;
  readonly maxUnavailable: string;
  /** Of a StatefulSet: instances below this number are not updated. */
  readonly partition: number;
}

/** One entry of `managedFields`. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
  /** In the form FieldsV1. */
  readonly fields: unknown;
}

export interface WorkloadStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly conditions: readonly Condition[];
  /** Of an Argo Rollout: `Degraded`. */
  readonly phase: string;
  readonly message: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Undefined for what is no workload of that kind. */
export function parseWorkload(kind: WorkloadKind, raw: unknown): Workload | undefined {
  const [name, namespace] = [textAt(raw, 'metadata', 'name'), textAt(raw, 'metadata', 'namespace')];
  if (name === undefined || namespace === undefined) return undefined;
  return {
    kind,
    namespace,
    name,
    uid: textAt(raw, 'metadata', 'uid') ?? '',
    resourceVersion: textAt(raw, 'metadata', 'resourceVersion') ?? '',
    generation: numberAt(raw, 'metadata', 'generation') ?? 0,
    labels: textsAt(raw, 'metadata', 'labels'),
    annotations: textsAt(raw, 'metadata', 'annotations'),
    paused: at(raw, 'spec', 'paused') === true,
    replicas: numberAt(raw, 'spec', 'replicas') ?? 1,
    selector: selectorAt(raw, 'spec', 'selector'),
    template: at(raw, 'spec', 'template'),
    containers: listAt(raw, 'spec', 'template', 'spec', 'containers').map(parseContainer),
    strategy: parseStrategy(at(raw, 'spec', 'strategy') ?? at(raw, 'spec', 'updateStrategy')),
    managers: listAt(raw, 'metadata', 'managedFields').map(parseManager),
    status: parseStatus(at(raw, 'status')),
    beingDeleted: textAt(raw, 'metadata', 'deletionTimestamp') !== undefined,
    templateElsewhere: at(raw, 'spec', 'workloadRef') !== undefined,
  };
}

export function parseContainer(raw: unknown): Container {
  return { name: textAt(raw, 'name') ?? '', ...parseResources(at(raw, 'resources')) };
}

/** `resources` of a container, or what its status says of them. */
export function parseResources(raw: unknown): Pick<Container, 'requests' | 'limits'> {
  return { requests: parseQuantities(at(raw, 'requests')), limits: parseQuantities(at(raw, 'limits')) };
}

export function parseQuantities(raw: unknown): Limits {
  const cpu = coresOf(at(raw, 'cpu'));
  const memory = mebibytesOf(at(raw, 'memory'));
  return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

/** `Deployment shop/auth-service`. */
export function describeRef({ kind, namespace, name }: WorkloadRef): string {
  return `${kind.kind} ${namespace}/${name}`;
}

function parseStrategy(raw: unknown): Strategy {
  const words = (key: string) => String(at(raw, 'rollingUpdate', key) ?? '');
  const isCustom = textAt(raw, 'type') === undefined && entriesAt(raw).length > 0;
  return {
    type: isCustom ? '' : (textAt(raw, 'type') ?? 'RollingUpdate'),
    maxSurge: words('maxSurge'),
    maxUnavailable: words('maxUnavailable'),
    partition: numberAt(raw, 'rollingUpdate', 'partition') ?? 0,
  };
}

function parseManager(raw: unknown): FieldManager {
  return {
    manager: textAt(raw, 'manager') ?? '',
    operation: textAt(raw, 'operation') ?? '',
    subresource: textAt(raw, 'subresource') ?? '',
    fields: at(raw, 'fieldsV1'),
  };
}

function parseStatus(raw: unknown): WorkloadStatus {
  return {
    // Argo writes it as text.
    observedGeneration: Number(at(raw, 'observedGeneration') ?? 0),
    replicas: numberAt(raw, 'replicas') ?? 0,
    updated: numberAt(raw, 'updatedReplicas') ?? 0,
    ready: numberAt(raw, 'readyReplicas') ?? 0,
    available: numberAt(raw, 'availableReplicas') ?? 0,
    conditions: listAt(raw, 'conditions').map((condition) => ({
      type: textAt(condition, 'type') ?? '',
      status: textAt(condition, 'status') ?? '',
      reason: textAt(condition, 'reason') ?? '',
      message: textAt(condition, 'message') ?? '',
    })),
    phase: textAt(raw, 'phase') ?? '',
    message: textAt(raw, 'message') ?? '',
  };
}
