import { type JsonObject, type KubeObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import { PODS } from '../resource-types.ts';
import { conditionOf } from './conditions.ts';
import type { Fate, Manager } from './manager.ts';

/** Scheduler and kubelet in one: brings every pod to where its fate wants it. */
export function runPods(manager: Manager, readyMs: number): void {
  for (const pod of manager.plane.storage.list(PODS)) {
    const age = manager.plane.now().getTime() - Date.parse(stringAt(pod, 'metadata', 'creationTimestamp'));
    runPod(manager, pod, manager.fateOf(pod), age >= readyMs);
  }
}

function runPod(manager: Manager, pod: KubeObject, fate: Fate, isOld: boolean): void {
  const now = manager.plane.storage.timestamp();
  manager.change(
    PODS,
    pod,
    (copy) => Object.assign(copy, { status: statusOf(copy, fate, isOld, now) }),
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

function statusOf(pod: KubeObject, fate: Fate, isOld: boolean, now: string): JsonObject {
  const old = objectAt(pod, 'status');
  if (stringAt(old, 'phase') === 'Failed' || stringAt(old, 'phase') === 'Succeeded') return old;
  if (fate === 'unschedulable') return unschedulable(pod, now);
  const ready = fate === 'ready' && isOld;
  const containers = objectsAt(pod, 'spec', 'containers');
  const started = stringAt(old, 'startTime') || now;
  return {
    phase: isOld && fate !== 'image-pull-back-off' ? 'Running' : 'Pending',
    conditions: conditionsOf(pod, ready, now),
    hostIP: '10.0.0.1',
    podIP: '10.244.0.2',
    startTime: started,
    qosClass: qosOf(containers),
    containerStatuses: containers.map((container) => containerStatus(container, fate, isOld, started)),
  };
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
  return { type, status, lastProbeTime: null, lastTransitionTime, ...why };
}

function containerStatus(container: JsonObject, fate: Fate, isOld: boolean, now: string): JsonObject {
  const crashed = isOld && (fate === 'crash-loop' || fate === 'oom-killed');
  const base = {
    name: stringAt(container, 'name'),
    image: stringAt(container, 'image'),
    imageID: '',
    ready: isOld && fate === 'ready',
    restartCount: crashed ? 3 : 0,
    started: isOld && (fate === 'ready' || fate === 'unready'),
    resources: objectAt(container, 'resources'),
    allocatedResources: objectAt(container, 'resources', 'requests'),
  };
  if (crashed)
    return {
      ...base,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 40s restarting failed container=${base.name}`,
        },
      },
      lastState: { terminated: endOf(fate, now) },
    };
  if (fate === 'image-pull-back-off')
    return {
      ...base,
      state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${base.image}"` } },
      lastState: {},
    };
  const state = isOld ? { running: { startedAt: now } } : { waiting: { reason: 'ContainerCreating' } };
  return { ...base, state, lastState: {} };
}

const endOf = (fate: Fate, now: string): JsonObject =>
  fate === 'oom-killed'
    ? { exitCode: 137, reason: 'OOMKilled', startedAt: now, finishedAt: now }
    : { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };

/** Guaranteed where every container limits cpu and memory and requests just that; BestEffort where none says anything. */
export function qosOf(containers: readonly JsonObject[]): string {
  const amounts = containers.map((container) => objectAt(container, 'resources'));
  const says = (part: string) => amounts.some((one) => Object.keys(objectAt(one, part)).length > 0);
  if (!says('limits') && !says('requests')) return 'BestEffort';
  const guaranteed = amounts.every((one) =>
    ['cpu', 'memory'].every((name) => {
      const limit = objectAt(one, 'limits')[name];
      return limit !== undefined && (objectAt(one, 'requests')[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export const replicasOf = (object: KubeObject): number => numberAt(object, 'spec', 'replicas');
