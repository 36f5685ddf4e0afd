import { type JsonObject, numberAt, objectAt, sameJson, stringAt } from '../json.ts';
import { quantityNumber } from '../quantity.ts';
import type { Fate } from './manager.ts';

/** Whether a pod with this fate gets ready. */
export const isHealthy = (fate: Fate): boolean => fate === 'ready' || fate.startsWith('resize-');

/** What the kubelet says of a container: its state, what it really has, and how it ended the last time. */
export function containerStatus(
  container: JsonObject,
  old: JsonObject | undefined,
  fate: Fate,
  isOld: boolean,
  now: string,
  resizedLongAgo = true,
): JsonObject {
  const wanted = objectAt(container, 'resources');
  const crashed = isOld && (fate === 'crash-loop' || fate === 'oom-killed');
  const resources =
    resizeOf(container, old, fate, resizedLongAgo) === 'done' ? wanted : objectAt(old, 'resources');
  const allocated = grants(container, old, fate) ? wanted : objectAt(old, 'resources');
  const killed = crashed || isKilledByResize(resources, old, fate);
  const base = {
    name: stringAt(container, 'name'),
    image: stringAt(container, 'image'),
    imageID: '',
    ready: isOld && isHealthy(fate),
    restartCount: crashed ? 3 : numberAt(old, 'restartCount') + (killed ? 1 : 0),
    started: isOld && (isHealthy(fate) || fate === 'unready'),
    ...(fate !== 'resize-unknown' && { resources, allocatedResources: objectAt(allocated, 'requests') }),
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
  return {
    ...base,
    state,
    lastState: killed ? { terminated: endOf('oom-killed', now) } : objectAt(old, 'lastState'),
  };
}

/** When its memory limit gets smaller. */
function isKilledByResize(resources: JsonObject, old: JsonObject | undefined, fate: Fate): boolean {
  if (fate !== 'resize-killed' || old === undefined) return false;
  const limit = (of: JsonObject) => quantityNumber(stringAt(of, 'limits', 'memory') || '0');
  return limit(resources) < limit(objectAt(old, 'resources'));
}

/** How far the resize of a container has come: one that is refused leaves it with what it had. */
export function resizeOf(
  container: JsonObject,
  old: JsonObject | undefined,
  fate: Fate,
  resizedLongAgo: boolean,
): 'done' | 'in-progress' | 'refused' {
  if (old === undefined || sameJson(objectAt(old, 'resources'), objectAt(container, 'resources')))
    return 'done';
  if (!grants(container, old, fate)) return 'refused';
  return fate === 'resize-slow' && !resizedLongAgo ? 'in-progress' : 'done';
}

/** The kubelet looks at requests alone: what asks for no more than it has fits. */
function grants(container: JsonObject, old: JsonObject | undefined, fate: Fate): boolean {
  if (old === undefined || (fate !== 'resize-deferred' && fate !== 'resize-infeasible')) return true;
  return ['cpu', 'memory'].every((name) => {
    const amount = (of: JsonObject) => quantityNumber(stringAt(of, 'resources', 'requests', name) || '0');
    return amount(container) <= amount(old);
  });
}

const endOf = (fate: Fate, now: string): JsonObject =>
  fate === 'oom-killed'
    ? { exitCode: 137, reason: 'OOMKilled', startedAt: now, finishedAt: now }
    : { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };
