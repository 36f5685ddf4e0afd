import { type JsonObject, type KubeObject, numberAt, objectAt, sameJson, stringAt } from '../json.ts';
import { CONTROLLER_REVISIONS, PODS, STATEFUL_SETS } from '../resource-types.ts';
import { ApiError } from '../status.ts';
import { type Manager, ownerReference, templateHash } from './manager.ts';
import { isPodAvailable, isPodReady, replicasOf } from './pods.ts';

const REVISION_LABEL = 'controller-revision-hash';

/** Works on every stateful set, one pod at a time. */
export function runStatefulSets(manager: Manager): void {
  for (const set of manager.plane.storage.list(STATEFUL_SETS)) runStatefulSet(manager, set);
}

interface Revisions {
  readonly current: KubeObject;
  readonly update: KubeObject;
}

function runStatefulSet(manager: Manager, set: KubeObject): void {
  const revisions = revisionsOf(manager, set);
  act(manager, set, revisions);
  report(manager, set, revisions);
}

/**
 * One step: make the next missing pod, else remove the last that is too many, else replace the last that is outdated. Under
 * `OrderedReady` a pod that is not ready holds everything up, even a template that would heal it: the real controller waits too,
 * until somebody deletes the pod ("forced rollback" in the documentation of StatefulSets).
 */
function act(manager: Manager, set: KubeObject, revisions: Revisions): void {
  const pods = podsOf(manager, set);
  const ordered = stringAt(set, 'spec', 'podManagementPolicy') !== 'Parallel';
  for (let ordinal = 0; ordinal < replicasOf(set); ordinal += 1) {
    const pod = pods.find((one) => ordinalOf(one) === ordinal);
    if (pod === undefined) createPod(manager, set, ordinal, revisions);
    if (ordered && (pod === undefined || !isPodReady(pod))) return;
  }
  const last = pods.at(-1);
  if (last !== undefined && ordinalOf(last) >= replicasOf(set)) manager.remove(PODS, last);
  else if (stringAt(set, 'spec', 'updateStrategy', 'type') === 'RollingUpdate')
    update(manager, set, pods, revisions);
}

/** From the highest ordinal down to the partition; the next only when all that were updated are ready. */
function update(manager: Manager, set: KubeObject, pods: readonly KubeObject[], revisions: Revisions): void {
  for (const pod of [...pods].reverse()) {
    if (ordinalOf(pod) < partitionOf(set)) return;
    if (revisionOf(pod) !== revisions.update.metadata.name) {
      manager.remove(PODS, pod);
      return;
    }
    if (!isPodReady(pod)) return;
  }
}

function createPod(
  manager: Manager,
  set: KubeObject,
  ordinal: number,
  { current, update: next }: Revisions,
): void {
  const revision = ordinal < partitionOf(set) ? current : next;
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    [REVISION_LABEL]: revision.metadata.name,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
  };
  try {
    manager.createPod(
      set,
      set.metadata.name,
      { name },
      objectAt(revision, 'data', 'spec', 'template'),
      labels,
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const message = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
    manager.tellEvent(set, 'Warning', 'FailedCreate', message, 'statefulset-controller');
  }
}

/** The revision of the template as it is, made where it is new, and the one that is fully rolled out. */
function revisionsOf(manager: Manager, set: KubeObject): Revisions {
  const known = manager.ownedBy(CONTROLLER_REVISIONS, set);
  const highest = Math.max(0, ...known.map((revision) => numberAt(revision, 'revision')));
  const template = objectAt(set, 'spec', 'template');
  const same = known.find((revision) => sameJson(objectAt(revision, 'data', 'spec', 'template'), template));
  const update = latest(manager, set, same, template, highest);
  const current = known.find(({ metadata }) => metadata.name === stringAt(set, 'status', 'currentRevision'));
  return { update, current: current ?? update };
}

function latest(
  manager: Manager,
  set: KubeObject,
  same: KubeObject | undefined,
  template: JsonObject,
  highest: number,
): KubeObject {
  if (same !== undefined)
    return manager.change(CONTROLLER_REVISIONS, same, (copy) => {
      if (numberAt(copy, 'revision') < highest) copy['revision'] = highest + 1;
    });
  return manager.create(CONTROLLER_REVISIONS, set.metadata.namespace ?? '', {
    metadata: {
      name: `${set.metadata.name}-${templateHash(template)}`,
      labels: objectAt(template, 'metadata', 'labels'),
      ownerReferences: [ownerReference(set)],
    },
    data: { spec: { template } },
    revision: highest + 1,
  });
}

function report(manager: Manager, set: KubeObject, revisions: Revisions): void {
  const pods = podsOf(manager, set);
  const seconds = numberAt(set, 'spec', 'minReadySeconds');
  const now = manager.plane.now();
  const update = revisions.update.metadata.name;
  const ready = pods.filter(isPodReady).length;
  const updated = pods.filter((pod) => revisionOf(pod) === update).length;
  const done = updated === replicasOf(set) && pods.length === updated && ready === updated;
  const currentRevision = done ? update : revisions.current.metadata.name;
  manager.change(
    STATEFUL_SETS,
    set,
    (copy) => {
      copy['status'] = {
        observedGeneration: copy.metadata.generation ?? 0,
        replicas: pods.length,
        ...omitZeros({
          readyReplicas: ready,
          currentReplicas: pods.filter((pod) => revisionOf(pod) === currentRevision).length,
          updatedReplicas: updated,
        }),
        availableReplicas: pods.filter((pod) => isPodAvailable(pod, seconds, now)).length,
        currentRevision,
        updateRevision: update,
        collisionCount: 0,
      };
    },
    'status',
  );
}

const podsOf = (manager: Manager, set: KubeObject): KubeObject[] =>
  manager.ownedBy(PODS, set).sort((a, b) => ordinalOf(a) - ordinalOf(b));

const ordinalOf = (pod: KubeObject): number => Number(pod.metadata.name.split('-').at(-1));

const revisionOf = (pod: KubeObject): string => stringAt(pod, 'metadata', 'labels', REVISION_LABEL);

const partitionOf = (set: KubeObject): number =>
  numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');

const omitZeros = (counts: Readonly<Record<string, number>>): JsonObject =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
