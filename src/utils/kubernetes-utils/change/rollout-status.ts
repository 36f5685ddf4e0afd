/** How far a rollout has come, from what the API tells of the workload and of its new pods. */
import type { Pod, PodContainer, PodResources } from '../workload/pod.ts';
import type { Condition, Workload } from '../workload/workload.ts';

export type RolloutStatus =
  | { readonly kind: 'done' }
  /** `waitSeconds`: the API asked not to be asked again before. */
  | { readonly kind: 'under-way'; readonly detail: string; readonly waitSeconds?: number }
  /** It may pass by itself; when it lasts for this share of the time for the whole, it has failed. */
  | { readonly kind: 'troubled'; readonly detail: string; readonly patienceShare: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** What it says does not pass by itself. */
const HOPELESS = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Share of the time for the whole that a pod may wait for a node, or for room on its own: one may have to be added. */
export const NO_NODE_SHARE = 0.4;

/** The same for pods that the API does not take: a quota may be freed by the pods that go. */
const NOT_CREATED_SHARE = 0.2;

/** `newPods` are those that the change made, or all where it is not known. */
export function rolloutStatus(workload: Workload, newPods: readonly Pod[]): RolloutStatus {
  const failure = hopelessCondition(workload) ?? firstOf(newPods, podFailure);
  if (failure !== undefined) return { kind: 'failed', reason: failure };
  const waiting = notRolledOut(workload) ?? notAvailable(workload);
  if (waiting === undefined) return { kind: 'done' };
  const unplaced = firstOf(newPods, ({ name, unschedulable }) =>
    unschedulable === undefined ? undefined : `no node takes pod ${name}: ${unschedulable}`,
  );
  if (unplaced !== undefined) return { kind: 'troubled', detail: unplaced, patienceShare: NO_NODE_SHARE };
  const refused = conditionOf(workload, 'ReplicaFailure', 'True');
  if (refused === undefined) return { kind: 'under-way', detail: waiting };
  const detail = `its pods are not created: ${refused.message}`;
  return { kind: 'troubled', detail, patienceShare: NOT_CREATED_SHARE };
}

/** What is missing until every instance has the latest template, or undefined. */
export function notRolledOut({ generation, replicas, status, strategy }: Workload): string | undefined {
  if (status.observedGeneration < generation) return 'its controller has not seen the change yet';
  const wanted = Math.max(0, replicas - strategy.partition);
  if (status.updated < wanted) return `${status.updated} of ${wanted} instances have the new template`;
  if (status.replicas > replicas) return `${status.replicas - replicas} instances too many are still there`;
  return undefined;
}

function notAvailable({ replicas, status, kind }: Workload): string | undefined {
  // A StatefulSet of an old API does not tell what is available.
  const up = kind.kind === 'StatefulSet' ? status.ready : status.available;
  return up < replicas ? `${up} of ${replicas} instances are ready` : undefined;
}

function hopelessCondition(workload: Workload): string | undefined {
  const { status } = workload;
  // What an older generation left behind says nothing of this one.
  if (status.observedGeneration < workload.generation) return undefined;
  const late = conditionOf(workload, 'Progressing', 'False');
  if (late?.reason === 'ProgressDeadlineExceeded') return `it made no progress in time: ${late.message}`;
  if (status.phase === 'Degraded') return `it is degraded: ${status.message}`;
  return undefined;
}

function conditionOf({ status }: Workload, type: string, value: string): Condition | undefined {
  return status.conditions.find((condition) => condition.type === type && condition.status === value);
}

function podFailure({ name, containers }: Pod): string | undefined {
  return firstOf([...containers], ([container, state]) =>
    containerFailure(`container ${container} of pod ${name}`, state),
  );
}

export function containerFailure(
  who: string,
  { ended, exitCode, waiting, waitingMessage = '' }: Omit<PodContainer, keyof PodResources>,
): string | undefined {
  if (ended === 'OOMKilled') return `${who} was killed for its memory`;
  if (waiting === undefined || !HOPELESS.has(waiting)) return undefined;
  const exit = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  return `${who} does not come up: ${waiting}${exit}${waitingMessage === '' ? '' : ` (${waitingMessage})`}`;
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
