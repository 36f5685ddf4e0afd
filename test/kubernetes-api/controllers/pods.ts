import type { ControlPlane } from '../control-plane.ts';
import { type JsonObject, type KubeObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import { qosOf } from '../qos.ts';
import { PODS } from '../resource-types.ts';
import { conditionOf } from './conditions.ts';
import { containerStatus, isHealthy, resizeOf } from './container-status.ts';
import type { Fate, Manager } from './manager.ts';

/** Scheduler and kubelet in one: brings every pod to where its fate wants it. */
export function runPods(manager: Manager, readyMs: number): void {
  for (const pod of manager.plane.storage.list(PODS)) {
    const isOld = ageMsOf(pod, manager.plane.now()) >= readyMs;
    runPod(manager, pod, manager.fateOf(pod), isOld);
  }
}

/** Since its timestamp, which has whole seconds: up to a second more than its true age. */
export const ageMsOf = (pod: KubeObject, now: Date): number =>
  now.getTime() - Date.parse(stringAt(pod, 'metadata', 'creationTimestamp'));

function runPod(manager: Manager, pod: KubeObject, fate: Fate, isOld: boolean): void {
  const now = manager.plane.storage.timestamp();
  manager.change(
    PODS,
    pod,
    (copy) => Object.assign(copy, { status: statusOf(copy, fate, isOld, now, manager.plane) }),
    'status',
  );
}

export const isPodReady = (pod: KubeObject): boolean => conditionOf(pod, 'Ready')?.['status'] === 'True';

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, now: Date): boolean {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.['status'] !== 'True') return false;
  return now.getTime() - Date.parse(stringAt(ready, 'lastTransitionTime')) >= minReadySeconds * 1000;
}

function statusOf(pod: KubeObject, fate: Fate, isOld: boolean, now: string, plane: ControlPlane): JsonObject {
  const old = objectAt(pod, 'status');
  if (stringAt(old, 'phase') === 'Failed' || stringAt(old, 'phase') === 'Succeeded') return old;
  if (fate === 'unschedulable') return unschedulable(pod, now);
  const ready = isHealthy(fate) && isOld;
  const containers = objectsAt(pod, 'spec', 'containers');
  const started = stringAt(old, 'startTime') || now;
  return {
    phase: isOld && fate !== 'image-pull-back-off' ? 'Running' : 'Pending',
    conditions: [...conditionsOf(pod, ready, now), ...resizeConditions(pod, fate, now, plane)],
    hostIP: '10.0.0.1',
    podIP: '10.244.0.2',
    startTime: started,
    qosClass: qosOf(containers),
    containerStatuses: containers.map((container) =>
      containerStatus(
        container,
        oldStatus(pod, container),
        fate,
        isOld,
        started,
        isResizedLongAgo(pod, plane.now()),
      ),
    ),
  };
}

const oldStatus = (pod: KubeObject, container: JsonObject): JsonObject | undefined =>
  objectsAt(pod, 'status', 'containerStatuses').find((status) => status['name'] === container['name']);

/** How long a slow kubelet takes, beside what its timestamps of whole seconds hide. */
const SLOW_MS = 1600;

export const isResizing = (pod: KubeObject): boolean => conditionOf(pod, 'PodResizeInProgress') !== undefined;

/** Since the condition of it: a slow resize is done then. */
function isResizedLongAgo(pod: KubeObject, now: Date): boolean {
  const since = stringAt(conditionOf(pod, 'PodResizeInProgress'), 'lastTransitionTime');
  return since !== '' && now.getTime() - Date.parse(since) >= SLOW_MS;
}

/** A resize that the node can not do now, or never, or not yet, is told by a condition. */
function resizeConditions(pod: KubeObject, fate: Fate, now: string, plane: ControlPlane): JsonObject[] {
  const stages = objectsAt(pod, 'spec', 'containers').map((container) =>
    resizeOf(container, oldStatus(pod, container), fate, isResizedLongAgo(pod, plane.now())),
  );
  const observed = plane.minor < 34 ? {} : { observedGeneration: pod.metadata.generation ?? 1 };
  if (stages.includes('refused')) {
    const reason = fate === 'resize-deferred' ? 'Deferred' : 'Infeasible';
    const message = "Node didn't have enough capacity: cpu, requested: 64000, capacity: 4000";
    return [transitioned(pod, 'PodResizePending', 'True', now, { reason, message, ...observed })];
  }
  if (!stages.includes('in-progress')) return [];
  return [transitioned(pod, 'PodResizeInProgress', 'True', now, { ...observed })];
}

function unschedulable(pod: KubeObject, now: string): JsonObject {
  return {
    phase: 'Pending',
    conditions: [
      transitioned(pod, 'PodScheduled', 'False', now, {
        reason: 'Unschedulable',
        message:
          '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      }),
    ],
    qosClass: qosOf(objectsAt(pod, 'spec', 'containers')),
  };
}

function conditionsOf(pod: KubeObject, ready: boolean, now: string): JsonObject[] {
  const names = objectsAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name'));
  const why = ready
    ? {}
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${names.join(' ')}]` };
  const status = ready ? 'True' : 'False';
  return [
    transitioned(pod, 'Initialized', 'True', now, {}),
    transitioned(pod, 'Ready', status, now, why),
    transitioned(pod, 'ContainersReady', status, now, why),
    transitioned(pod, 'PodScheduled', 'True', now, {}),
  ];
}

function transitioned(
  pod: KubeObject,
  type: string,
  status: string,
  now: string,
  why: JsonObject,
): JsonObject {
  const old = conditionOf(pod, type);
  const lastTransitionTime = old?.['status'] === status ? old['lastTransitionTime'] : now;
  return { type, status, lastTransitionTime, ...why };
}

export const replicasOf = (object: KubeObject): number => numberAt(object, 'spec', 'replicas');
