/** The class by which the kubelet evicts: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
import type { Limits } from '../../../models/changes.ts';
import { listAt } from '../api/json.ts';
import { parseContainer } from './workload.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

export function qosOf(template: unknown): QosClass {
  const containers = ['containers', 'initContainers'].flatMap((key) =>
    listAt(template, 'spec', key).map(parseContainer),
  );
  const all = containers.flatMap(({ requests, limits }) => [requests, limits]);
  if (all.every(({ cpu, memory }) => !positive(cpu) && !positive(memory))) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isGuaranteed({ requests, limits }: { readonly requests: Limits; readonly limits: Limits }): boolean {
  return (['cpu', 'memory'] as const).every(
    (key) => positive(limits[key]) && (requests[key] ?? limits[key]) === limits[key],
  );
}

function positive(value: number | undefined): boolean {
  return value !== undefined && value > 0;
}
