import { type JsonObject, type KubeObject, numberAt, objectAt, stringAt } from '../json.ts';
import { replicasOf } from './pods.ts';

/** How far a rolling update may go, in pods. */
export interface Bounds {
  readonly surge: number;
  readonly unavailable: number;
}

/** A surge is rounded up, unavailability down; not both may be none. */
export function boundsOf(deployment: KubeObject): Bounds {
  const rolling = objectAt(deployment, 'spec', 'strategy', 'rollingUpdate');
  if (stringAt(deployment, 'spec', 'strategy', 'type') !== 'RollingUpdate')
    return { surge: 0, unavailable: 0 };
  const replicas = replicasOf(deployment);
  const surge = amountOf(rolling, 'maxSurge', replicas, Math.ceil);
  const unavailable = Math.min(replicas, amountOf(rolling, 'maxUnavailable', replicas, Math.floor));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function amountOf(
  rolling: JsonObject,
  name: string,
  replicas: number,
  round: (value: number) => number,
): number {
  const value = rolling[name];
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? round((Number.parseFloat(value) * replicas) / 100) : 0;
}

/** How many pods the new replica set may have now. */
export function newReplicas(deployment: KubeObject, all: readonly KubeObject[], current: KubeObject): number {
  const wanted = replicasOf(deployment);
  if (replicasOf(current) >= wanted) return wanted;
  const most = wanted + boundsOf(deployment).surge;
  const room = most - sumOf(all, replicasOf);
  return room <= 0 ? replicasOf(current) : replicasOf(current) + Math.min(room, wanted - replicasOf(current));
}

/** The size of each old replica set after one step: pods that are not available go first, then as many as may. */
export function oldReplicas(
  deployment: KubeObject,
  old: readonly KubeObject[],
  current: KubeObject,
): Map<KubeObject, number> {
  const least = replicasOf(deployment) - boundsOf(deployment).unavailable;
  const newUnavailable = replicasOf(current) - availableOf(current);
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  let may = sumOf([...old, current], replicasOf) - least - newUnavailable;
  if (may <= 0) return sizes;
  for (const set of old) {
    const gone = Math.max(0, Math.min(may, replicasOf(set) - availableOf(set)));
    sizes.set(set, replicasOf(set) - gone);
    may -= gone;
  }
  let spare = sumOf([...old, current], availableOf) - least;
  for (const [set, size] of sizes) {
    const gone = Math.max(0, Math.min(size, spare));
    sizes.set(set, size - gone);
    spare -= gone;
  }
  return sizes;
}

export const availableOf = (set: KubeObject): number => numberAt(set, 'status', 'availableReplicas');

export const sumOf = (sets: readonly KubeObject[], of: (set: KubeObject) => number): number =>
  sets.reduce((sum, set) => sum + of(set), 0);
