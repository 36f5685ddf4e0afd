import { type JsonObject, type KubeObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import { secondsOf } from '../storage.ts';
import { type Condition, conditionOf, withCondition } from './conditions.ts';
import { replicasOf } from './pods.ts';
import { availableOf, boundsOf, sumOf } from './rolling.ts';

/** The status that the deployment controller writes: counts, and the conditions Available, Progressing, ReplicaFailure. */
export function deploymentStatus(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  current: KubeObject | undefined,
  now: Date,
): JsonObject {
  const replicas = sumOf(sets, (set) => numberAt(set, 'status', 'replicas'));
  const available = sumOf(sets, availableOf);
  const unavailable = Math.max(0, sumOf(sets, replicasOf) - available);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas,
    updatedReplicas: current === undefined ? 0 : numberAt(current, 'status', 'replicas'),
    readyReplicas: sumOf(sets, (set) => numberAt(set, 'status', 'readyReplicas')),
    availableReplicas: available,
    unavailableReplicas: unavailable,
  };
  const set = conditionsToSet(deployment, sets, current, counts, now);
  const old = objectsAt(deployment, 'status', 'conditions').filter(
    (condition) =>
      condition['type'] !== 'ReplicaFailure' || set.some(({ type }) => type === 'ReplicaFailure'),
  );
  const conditions = set.reduce<JsonObject[]>(
    (all, condition) =>
      isSet(all, condition, counts, deployment) ? all : withCondition(all, condition, secondsOf(now), true),
    old,
  );
  return { ...withoutZeros(counts), conditions };
}

type Counts = Readonly<Record<string, number>>;

function conditionsToSet(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  current: KubeObject | undefined,
  counts: Counts,
  now: Date,
): Condition[] {
  const failure = [...(current === undefined ? [] : [current]), ...sets]
    .map((one) => conditionOf(one, 'ReplicaFailure'))
    .find((one) => one !== undefined);
  const failed: Condition[] =
    failure === undefined
      ? []
      : [
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: stringAt(failure, 'reason'),
            message: stringAt(failure, 'message'),
          },
        ];
  return [availability(deployment, counts), ...progress(deployment, current, counts, now), ...failed];
}

function availability(deployment: KubeObject, counts: Counts): Condition {
  const least = replicasOf(deployment) - boundsOf(deployment).unavailable;
  return (counts['availableReplicas'] ?? 0) >= least
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function progress(
  deployment: KubeObject,
  current: KubeObject | undefined,
  counts: Counts,
  now: Date,
): Condition[] {
  const name = current?.metadata.name ?? deployment.metadata.name;
  const old = conditionOf(deployment, 'Progressing');
  const condition = (status: Condition['status'], reason: string, message: string): Condition[] => [
    { type: 'Progressing', status, reason, message },
  ];
  if (objectAt(deployment, 'spec')['paused'] === true)
    return condition('Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (old?.['reason'] === 'DeploymentPaused')
    return condition('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  if (isComplete(deployment, counts))
    return condition('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  if (isNewRollout(deployment, counts) || old === undefined)
    return condition('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
  if (hasProgressed(deployment, counts))
    return condition('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
  if (isTimedOut(deployment, old, now))
    return condition('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
  return [];
}

function isComplete(deployment: KubeObject, counts: Counts): boolean {
  const wanted = replicasOf(deployment);
  return ['updatedReplicas', 'replicas', 'availableReplicas'].every((name) => counts[name] === wanted);
}

/** A generation that was not seen before, whose template has no pods yet. */
function isNewRollout(deployment: KubeObject, counts: Counts): boolean {
  const seen = numberAt(deployment, 'status', 'observedGeneration');
  return seen !== counts['observedGeneration'] && counts['updatedReplicas'] === 0;
}

function hasProgressed(deployment: KubeObject, counts: Counts): boolean {
  const old = objectAt(deployment, 'status');
  const grown = (name: string): boolean => (counts[name] ?? 0) > numberAt(old, name);
  const outdated = (counts['replicas'] ?? 0) - (counts['updatedReplicas'] ?? 0);
  const fewerOld = outdated < numberAt(old, 'replicas') - numberAt(old, 'updatedReplicas');
  return grown('updatedReplicas') || grown('readyReplicas') || grown('availableReplicas') || fewerOld;
}

/** A rollout that is done does not time out, even if a pod is lost later. */
function isTimedOut(deployment: KubeObject, old: JsonObject, now: Date): boolean {
  if (old['reason'] === 'NewReplicaSetAvailable') return false;
  const deadline = objectAt(deployment, 'spec')['progressDeadlineSeconds'];
  if (typeof deadline !== 'number') return false;
  return now.getTime() - Date.parse(stringAt(old, 'lastUpdateTime')) >= deadline * 1000;
}

/** Whether the condition stands already: only progress is worth a new `lastUpdateTime`. */
function isSet(all: readonly JsonObject[], set: Condition, counts: Counts, deployment: KubeObject): boolean {
  const old = all.find((condition) => condition['type'] === set.type);
  const same =
    old?.['status'] === set.status && old['reason'] === set.reason && old['message'] === set.message;
  const moves = set.reason === 'ReplicaSetUpdated' && hasProgressed(deployment, counts);
  return same && !moves;
}

/** Counts of nothing are left out, as Go's omitempty leaves them. */
const withoutZeros = (counts: Counts): JsonObject =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
