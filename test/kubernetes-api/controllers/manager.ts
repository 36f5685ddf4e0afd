import { createHash } from 'node:crypto';
import type { ControlPlane } from '../control-plane.ts';
import { clone, type JsonObject, type KubeObject, sameJson, stringAt } from '../json.ts';
import { EVENTS, PODS, type ResourceType } from '../resource-types.ts';
import { createObject, randomSuffix, replaceObject, type WriteOptions } from '../writes.ts';
import { objectIsOwnedBy } from './owners.ts';

/** What becomes of a new pod. */
export type Fate =
  /** Ready, and a resize in place is done at once. */
  | 'ready'
  /** Ready, and a resize in place takes a second or two. */
  | 'resize-slow'
  /** Ready, and killed for its memory by a resize that grants it less. */
  | 'resize-killed'
  /** Ready, on a node whose kubelet cannot resize. */
  | 'resize-unknown'
  /** Ready, on a node that has no room for more than the pod has. */
  | 'resize-deferred'
  | 'resize-infeasible'
  | 'unready'
  | 'unschedulable'
  | 'crash-loop'
  | 'oom-killed'
  | 'image-pull-back-off';

/** The hands of the controllers: all write as kube-controller-manager does. */
export class Manager {
  readonly plane: ControlPlane;
  readonly #fates = new Map<string, Fate>();
  /** By the uid of the pod. */
  readonly #podFates = new Map<string, Fate>();

  constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  setFate(namespace: string, workload: string, fate: Fate): void {
    this.#fates.set(`${namespace}/${workload}`, fate);
  }

  fateOf(pod: KubeObject): Fate {
    return this.#podFates.get(pod.metadata.uid) ?? 'ready';
  }

  /** @throws ApiError 403 where a quota or a limit range refuses the pod */
  createPod(
    owner: KubeObject,
    workload: string,
    name: JsonObject,
    template: JsonObject,
    labels: JsonObject,
  ): void {
    const namespace = owner.metadata.namespace ?? '';
    const metadata = typeof template['metadata'] === 'object' ? template['metadata'] : {};
    const { creationTimestamp: _, ...kept } = metadata as JsonObject;
    const pod = createObject(
      this.plane,
      PODS,
      namespace,
      {
        metadata: {
          ...kept,
          ...name,
          labels: { ...((kept['labels'] as JsonObject | undefined) ?? {}), ...labels },
          ownerReferences: [ownerReference(owner)],
        },
        spec: template['spec'] ?? {},
      },
      options(''),
    );
    this.#podFates.set(pod.metadata.uid, this.#fates.get(`${namespace}/${workload}`) ?? 'ready');
  }

  create(of: ResourceType, namespace: string, body: JsonObject): KubeObject {
    return createObject(this.plane, of, namespace, body, options(''));
  }

  /** Edits a copy and stores it, if the edit changed anything. */
  change(
    of: ResourceType,
    object: KubeObject,
    edit: (copy: KubeObject) => void,
    subresource = '',
  ): KubeObject {
    const before = this.plane.storage.get(of, object.metadata.namespace ?? '', object.metadata.name);
    if (before === undefined) return object;
    const copy = clone(before);
    edit(copy);
    if (sameJson(copy, before)) return before;
    return replaceObject(this.plane, of, before, copy, options(subresource));
  }

  remove(of: ResourceType, object: KubeObject): void {
    this.plane.storage.remove(of, object.metadata.namespace ?? '', object.metadata.name);
  }

  /** The objects of a type in the owner's namespace that the owner controls. */
  ownedBy(of: ResourceType, owner: KubeObject): KubeObject[] {
    return this.plane.storage
      .list(of, owner.metadata.namespace)
      .filter((object) => objectIsOwnedBy(object, owner.metadata.uid));
  }

  /** One event for each message: a further one of the same kind raises its count. */
  tellEvent(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
  ): void {
    const { namespace = 'default', name, uid } = about.metadata;
    const now = this.plane.storage.timestamp();
    const old = this.plane.storage
      .list(EVENTS, namespace)
      .find(
        (event) =>
          stringAt(event, 'involvedObject', 'uid') === uid &&
          event['reason'] === reason &&
          event['message'] === message,
      );
    if (old !== undefined) return;
    this.create(EVENTS, namespace, {
      metadata: { name: `${name}.${randomSuffix()}${randomSuffix()}` },
      involvedObject: { kind: about.kind, namespace, name, uid, apiVersion: about.apiVersion },
      reason,
      message,
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: '',
    });
  }
}

export const options = (subresource: string): WriteOptions => ({
  manager: 'kube-controller-manager',
  operation: 'Update',
  subresource,
  dryRun: false,
  validation: 'Ignore',
  warn: () => undefined,
  unreadable: 'bad-request',
});

export const ownerReference = (owner: KubeObject): JsonObject => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** A short name for a template: the same for the same template, in letters that a label may have. */
export function templateHash(template: JsonObject): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const digest = createHash('sha256').update(JSON.stringify(template)).digest();
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('');
}
