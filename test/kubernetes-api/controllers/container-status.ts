import { type JsonObject, numberAt, objectAt, stringAt } from '../json.ts';
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
): JsonObject {
  const crashed = isOld && (fate === 'crash-loop' || fate === 'oom-killed');
  const resources = grantedOf(container, old, fate);
  const base = {
    name: stringAt(container, 'name'),
    image: stringAt(container, 'image'),
    imageID: '',
    ready: isOld && isHealthy(fate),
    restartCount: crashed ? 3 : numberAt(old, 'restartCount'),
    started: isOld && (isHealthy(fate) || fate === 'unready'),
    resources,
    allocatedResources: objectAt(resources, 'requests'),
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
  return { ...base, state, lastState: objectAt(old, 'lastState') };
}

/** A resize that is refused leaves the container with what it had. */
const grantedOf = (container: JsonObject, old: JsonObject | undefined, fate: Fate): JsonObject =>
  old !== undefined && fate.startsWith('resize-')
    ? objectAt(old, 'resources')
    : objectAt(container, 'resources');

const endOf = (fate: Fate, now: string): JsonObject =>
  fate === 'oom-killed'
    ? { exitCode: 137, reason: 'OOMKilled', startedAt: now, finishedAt: now }
    : { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };
