/** A change and the workload that it is about, as it stands now. */
import type { Change, ChangeStopped, TargetState } from '../../../models/changes.ts';
import type { ServiceSpec } from '../../../models/data-models.ts';
import type { KubernetesSettings } from '../../../models/settings.ts';
import { type ApiFailure, describeFailure } from '../api/api-failure.ts';
import { unusableBecause } from '../read-target.ts';
import type { Located } from '../watch/namespace-view.ts';
import { instancesOf, isSizedInPlace, stateOfInstances } from '../workload/instances.ts';
import type { Pod } from '../workload/pod.ts';
import { describeRef, type Workload } from '../workload/workload.ts';
import { conflictsOf, describeConflicts } from './conflicts.ts';
import { presentPart } from './patch.ts';
import { type ApiParts, isLasting, isOwnerConflict, Target } from './target.ts';

export interface ChangeParts extends ApiParts {
  readonly settings: KubernetesSettings;
  locate(service: ServiceSpec, signal: AbortSignal | undefined): Promise<Located>;
  /** Whether the template of a service that is resized in place has been off for so long that it is to be written too. */
  isTemplateDue(workload: Workload): boolean;
  /** Why the signal of a change was aborted. */
  brokenOffBecause(): string;
}

export interface Site {
  readonly kind: 'site';
  readonly change: Change;
  readonly target: Target;
  /** As it was read just now. */
  readonly workload: Workload;
  /** Name of the container that is sized. */
  readonly container: string;
  /** What the service runs with: where it is resized in place, what its instances really have. */
  readonly state: TargetState;
  /** What the workload's template says. */
  readonly template: TargetState;
  /** Instances, where their own sizes count and not the template's. */
  readonly pods?: readonly Pod[];
  readonly signal: AbortSignal | undefined;
}

export async function findSite(
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal | undefined,
): Promise<Site | ChangeStopped> {
  const located = await parts.locate(change.service, signal);
  if (located.kind === 'unknown') return { kind: located.later ? 'held' : 'refused', reason: located.reason };
  const target = new Target(located.workload, parts, signal);
  const read = await target.read();
  if (read.kind === 'failure') return stopped(located.workload, read.failure);
  const workload = read.value;
  const container = located.container.name;
  const template = stateOf(workload, container);
  if (template === undefined)
    return refused(`${describeRef(workload)} no longer has a container ${container}`);
  const unusable = unusableBecause(workload);
  if (unusable !== undefined) return refused(unusable);
  const site = {
    kind: 'site',
    change,
    target,
    workload,
    container,
    state: template,
    template,
    signal,
  } as const;
  return withPods(site);
}

async function withPods(site: Site): Promise<Site | ChangeStopped> {
  const { target, workload, container, template } = site;
  const listing = await target.pods(workload);
  if (listing.kind === 'failure') return stopped(workload, listing.failure);
  const pods = instancesOf(workload, listing.value);
  if (!isSizedInPlace(site.change.service.mode, pods)) return site;
  return { ...site, pods, state: stateOfInstances(workload, container, pods) ?? template };
}

export function stateOf({ containers, replicas }: Workload, container: string): TargetState | undefined {
  const found = containers.find(({ name }) => name === container);
  return found === undefined
    ? undefined
    : { requests: found.requests, limits: found.limits, instances: replicas };
}

export function refused(reason: string): ChangeStopped {
  return { kind: 'refused', reason };
}

/** Nothing was written, because of a failure of the API. */
export function stopped(ref: Workload, failure: ApiFailure, container?: string): ChangeStopped {
  const kind = isLasting(failure) ? 'refused' : 'held';
  return { kind, reason: describeProblem(ref, failure, container) };
}

export function describeProblem(workload: Workload, failure: ApiFailure, container = ''): string {
  const state = stateOf(workload, container);
  if (isOwnerConflict(failure) && state !== undefined)
    return describeConflicts(workload, conflictsOf(failure), presentPart(container, state));
  return `${describeRef(workload)}: ${describeFailure(failure)}`;
}
