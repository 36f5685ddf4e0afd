/**
 * Which instances the updater of the VerticalPodAutoscaler replaces: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/
 * updater (priority/update_priority_calculator.go, priority/priority_processor.go, restriction/).
 */
import type { InstanceState } from '../../../simulator/system.ts';
import type { Recommendation, Resources } from './recommender.ts';

/** Within the bounds a change has to be worth it (`--pod-update-threshold`), */
export const LEAST_CHANGE = 0.1;
/** and the pod that old: 12 hours of a day of 24. */
const LEAST_AGE_DAYS = 0.5;
/** Part of the replicas that may be away at once (`--eviction-tolerance`). */
const TOLERANCE = 0.5;

type Pod = Pick<InstanceState, 'id' | 'cpu' | 'memory' | 'startedSeconds'>;

/**
 * Those that may be changed: out of the recommended bounds, or old enough and a tenth away from the target (differences
 * of CPU and memory added up). Those that would grow come first, then those that are furthest away.
 */
export function podsToUpdate<P extends Pod>(
  pods: readonly P[],
  recommendation: Recommendation,
  nowSeconds: number,
  daySeconds: number,
): P[] {
  const { target } = recommendation;
  const isOld = (pod: Pod) => nowSeconds - pod.startedSeconds >= LEAST_AGE_DAYS * daySeconds;
  return pods
    .filter(
      (pod) =>
        isOutside(pod, recommendation) || (isOld(pod) && resourceDifference(pod, target) >= LEAST_CHANGE),
    )
    .sort(
      (a, b) =>
        Number(wouldGrow(b, target)) - Number(wouldGrow(a, target)) ||
        resourceDifference(b, target) - resourceDifference(a, target),
    );
}

/** How many of them may be evicted now. A single replica may be, as long as nothing is missing (`minReplicas: 1`). */
export function evictionBudget(replicas: number, running: number): number {
  const tolerated = Math.floor(TOLERANCE * replicas);
  if (tolerated === 0) return running === replicas ? 1 : 0;
  return Math.max(0, running - (replicas - tolerated));
}

function isOutside(pod: Resources, { lower, upper }: Recommendation): boolean {
  return pod.cpu < lower.cpu || pod.cpu > upper.cpu || pod.memory < lower.memory || pod.memory > upper.memory;
}

function wouldGrow(pod: Resources, target: Resources): boolean {
  return target.cpu > pod.cpu || target.memory > pod.memory;
}

/** Parts by which CPU and memory are away from the target, added up. */
export function resourceDifference(pod: Resources, target: Resources): number {
  return Math.abs(target.cpu - pod.cpu) / pod.cpu + Math.abs(target.memory - pod.memory) / pod.memory;
}
