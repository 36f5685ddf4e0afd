/**
 * How many replicas a HorizontalPodAutoscaler wants, by the utilization of CPU. Rules of "Algorithm details" on
 * kubernetes.io (concepts/workloads/autoscaling/horizontal-pod-autoscale) and, where it is silent, the behaviour of
 * kubernetes/kubernetes pkg/controller/podautoscaler/replica_calculator.go.
 */

/** Ratios of usage to target this near to 1 change nothing (`--horizontal-pod-autoscaler-tolerance`). */
const TOLERANCE = 0.1;

export interface Pod {
  /** Cores. */
  readonly request: number;
  /** Cores; undefined when the metrics API knows nothing of it. */
  readonly usage: number | undefined;
  /** Not yet ready, or measured before it was. */
  readonly unready: boolean;
}

/**
 * ceil(pods × utilization / target). What is not known is taken so that it damps the change: pods without metrics use
 * all of their request when replicas would be taken away, and nothing when some would be added; pods that are not
 * ready count only when some would be added, with nothing. When that turns the direction around, nothing changes.
 *
 * @param target Wanted ratio of usage to request.
 * @returns undefined when no ready pod has metrics.
 */
export function desiredReplicas(pods: readonly Pod[], current: number, target: number): number | undefined {
  const measured = pods.filter((pod) => !pod.unready && pod.usage !== undefined);
  if (measured.length === 0) return undefined;
  const ratio = utilization(measured, 0) / target;
  const missing = pods.filter((pod) => !pod.unready && pod.usage === undefined);
  const unready = ratio > 1 ? pods.filter((pod) => pod.unready) : [];
  if (missing.length + unready.length === 0) {
    return isWithinTolerance(ratio) ? current : Math.ceil(ratio * measured.length - ROUNDING);
  }
  const counted = [...measured, ...(ratio === 1 ? [] : missing), ...unready.map(withoutUsage)];
  const damped = utilization(counted, ratio < 1 ? 1 : 0) / target;
  if (isWithinTolerance(damped) || damped > 1 !== ratio > 1) return current;
  const wanted = Math.ceil(damped * counted.length - ROUNDING);
  return wanted > current !== damped > 1 ? current : wanted;
}

/** Keeps a product that is whole but for rounding from being taken one up; the controller's own units are integers. */
const ROUNDING = 1e-9;

/** Usage of all over requests of all; a pod without usage uses that part of its request. */
function utilization(pods: readonly Pod[], missingUse: number): number {
  let usage = 0;
  let request = 0;
  for (const pod of pods) {
    usage += pod.usage ?? missingUse * pod.request;
    request += pod.request;
  }
  return usage / request;
}

function isWithinTolerance(ratio: number): boolean {
  return Math.abs(1 - ratio) <= TOLERANCE + ROUNDING;
}

function withoutUsage(pod: Pod): Pod {
  return { ...pod, usage: 0 };
}
