/** The bodies of our writes. */
import type { Limits, TargetState } from '../../../models/changes.ts';
import { CHANGE_CAUSE } from '../change-cause.ts';
import { quantitiesOf } from '../wanted.ts';
import { apiVersionOf } from '../workload/target-names.ts';
import type { Strategy, Workload } from '../workload/workload.ts';
import { CHANGE_CAUSE_PATH, othersOwn, REPLICAS, weApplied } from './ownership.ts';

export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';

export interface TemplatePatch {
  readonly container: string;
  readonly requests: Limits;
  readonly limits: Limits;
  readonly cause: string;
}

/**
 * For server-side apply. It names all that we own, since what it leaves out is removed: requests, our limits, the
 * rollout strategy where it is ours or the default, and `replicas` where a person applied them in our name. The
 * resource version makes the API refuse it when the object has changed since it was read.
 */
export function templatePatch(
  workload: Workload,
  { container, requests, limits, cause }: TemplatePatch,
): object {
  const { kind, namespace, name, resourceVersion, managers, replicas, strategy } = workload;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      namespace,
      name,
      resourceVersion,
      ...(!othersOwn(managers, CHANGE_CAUSE_PATH) && { annotations: { [CHANGE_CAUSE]: cause } }),
    },
    spec: {
      ...(weApplied(managers, REPLICAS) && { replicas }),
      ...(isGentle(strategy) && kind.kind === 'Deployment' && { strategy: GENTLE }),
      template: resourcesPart(container, { requests, limits }),
    },
  };
}

/** For a merge patch of /scale, refused when the object has changed since it was read. */
export function scalePatch({ resourceVersion }: Workload, replicas: number): object {
  return { metadata: { resourceVersion }, spec: { replicas } };
}

/**
 * What stands of all that we may change, for whoever hands it over: were only a part of it taken over, the rest would
 * go when its owner leaves it out.
 */
export function presentPart(container: string, state: TargetState): object {
  return { spec: { replicas: state.instances, template: resourcesPart(container, state) } };
}

const QUARTER = '25%';
const GENTLE = {
  type: 'RollingUpdate',
  rollingUpdate: { maxSurge: QUARTER, maxUnavailable: QUARTER },
};

/** A quarter at a time, which is also the API's default. */
export function isGentle({ type, maxSurge, maxUnavailable }: Strategy): boolean {
  return type === 'RollingUpdate' && maxSurge === QUARTER && maxUnavailable === QUARTER;
}

function resourcesPart(
  container: string,
  { requests, limits }: Pick<TargetState, 'requests' | 'limits'>,
): object {
  const resources = withoutEmpty({ requests: quantitiesOf(requests), limits: quantitiesOf(limits) });
  return { spec: { containers: [withoutEmpty({ name: container, resources })] } };
}

/** An empty mapping would be one that we own. */
function withoutEmpty(parts: Readonly<Record<string, object | string>>): object {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0));
}
