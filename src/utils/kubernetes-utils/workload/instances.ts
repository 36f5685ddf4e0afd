/** The pods that a workload runs as, and what they really have: resized in place it is not what the template says. */
import type { Limits, TargetState } from '../../../models/changes.ts';
import type { ServiceMode } from '../../../models/data-models.ts';
import { resourcesOf } from '../wanted.ts';
import type { Pod, PodContainer, PodResources } from './pod.ts';
import type { Workload } from './workload.ts';

const RESOURCES = ['cpu', 'memory'] as const;

/** Pods that serve, or are about to, among those that the workload's selector selects. */
export function instancesOf(workload: Workload, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    (pod) =>
      !pod.beingDeleted && pod.phase !== 'Failed' && pod.phase !== 'Succeeded' && isOwned(workload, pod),
  );
}

/** Labels in which the controllers of Deployments and of Argo Rollouts tell the replica set of a pod. */
const HASHES = ['pod-template-hash', 'rollouts-pod-template-hash'];

/**
 * A replica set is named after its workload and the hash of its template, which the label of its pods holds too: so no right
 * to read replica sets is needed.
 */
function isOwned({ uid, name }: Workload, { owner, labels }: Pod): boolean {
  if (owner === undefined) return false;
  if (owner.uid === uid) return true;
  return owner.kind === 'ReplicaSet' && HASHES.some((hash) => owner.name === `${name}-${labels.get(hash)}`);
}

/**
 * Whether their own sizes count, and not the template's: also of a service that is not resized in place any more. Where nobody
 * resizes, a difference is the work of a LimitRange or a webhook, which the template does not tell and a change does not undo.
 */
export function isSizedInPlace(mode: ServiceMode, instances: readonly Pod[]): boolean {
  return mode === 'in-place' || instances.some(({ resized }) => resized);
}

/**
 * What the instances have together, as if they were alike: of cpu the mean, so that as many cores are promised as there are;
 * of memory the largest, since what one of them was given it may need. Undefined where there are none.
 */
export function stateOfInstances(
  { replicas }: Workload,
  container: string,
  instances: readonly Pod[],
): TargetState | undefined {
  const sizes = instances.flatMap(({ containers }) => containers.get(container) ?? []).map(sizeInForce);
  if (sizes.length === 0) return undefined;
  return {
    requests: combined(sizes.map(({ requests }) => requests)),
    limits: combined(sizes.map(({ limits }) => limits)),
    instances: replicas,
  };
}

/**
 * How many instances have another size than most of them, or another than they are asked to have. Memory limits do not count:
 * not every API server lowers them in place, and they change nothing but when a container is killed.
 */
export function unevenInstances(container: string, instances: readonly Pod[]): number {
  const counts = new Map<string, number>();
  const sizes = instances.flatMap(({ containers }) => containers.get(container) ?? []);
  for (const size of sizes) {
    const text = textOf(withoutMemoryLimit(sizeInForce(size)));
    const isSettled = text === textOf(withoutMemoryLimit(size));
    if (isSettled) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return sizes.length - Math.max(0, ...counts.values());
}

/** Cpu of the largest instance over that of the smallest: what is enforced, else what is promised. */
export function cpuSpread(container: string, instances: readonly Pod[]): number {
  const cpus = instances.flatMap(({ containers }) => {
    const found = containers.get(container);
    const size = found === undefined ? undefined : sizeInForce(found);
    return size?.limits.cpu ?? size?.requests.cpu ?? [];
  });
  return cpus.length === 0 ? 1 : Math.max(...cpus) / Math.min(...cpus);
}

/** Whether it is asked to have another size than it has. */
export function isPending(container: PodContainer): boolean {
  return textOf(container) !== textOf(sizeInForce(container));
}

function withoutMemoryLimit({ requests, limits: { memory: _, ...limits } }: PodResources): PodResources {
  return { requests, limits };
}

function textOf({ requests, limits }: PodResources): string {
  const { requests: asked, limits: most } = resourcesOf({ requests, limits });
  return [asked.cpu, asked.memory, most.cpu, most.memory].join(' ');
}

/**
 * What the container really has. Runtimes keep cpu in shares and quotas, which are a little coarser than what was asked
 * for: what is that close is what was asked for.
 */
export function sizeInForce({ requests, limits, actual }: PodContainer): PodResources {
  if (actual === undefined) return { requests, limits };
  return { requests: corrected(actual.requests, requests), limits: corrected(actual.limits, limits) };
}

/** Cores and MiB that a runtime may round away. */
const ROUNDED = { cpu: 0.002, memory: 0.01 };
/** Least cores of a quota: 1 ms of a period of 100 ms. */
const LEAST_QUOTA_CORES = 0.01;

function corrected(actual: Limits, asked: Limits): Limits {
  return Object.fromEntries(
    RESOURCES.flatMap((key) => {
      const [has, wanted] = [actual[key], asked[key]];
      if (has === undefined) return [];
      return [[key, wanted !== undefined && isRounded(key, has, wanted) ? wanted : has]];
    }),
  );
}

function isRounded(key: 'cpu' | 'memory', has: number, wanted: number): boolean {
  const isLeast = key === 'cpu' && has <= LEAST_QUOTA_CORES && wanted <= LEAST_QUOTA_CORES;
  return isLeast || Math.abs(has - wanted) <= ROUNDED[key];
}

function combined(all: readonly Limits[]): Limits {
  const cpus = all.flatMap(({ cpu }) => cpu ?? []);
  const memories = all.flatMap(({ memory }) => memory ?? []);
  return {
    ...(cpus.length > 0 && { cpu: mean(cpus) }),
    ...(memories.length > 0 && { memory: Math.max(...memories) }),
  };
}

/** Exactly that value where all are alike. */
function mean(values: readonly number[]): number {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return first;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
