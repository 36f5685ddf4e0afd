/** Takes a change up: from its beginning, or where a restart cut it short. */
import type { Change, ChangeOutcome, ChangeStopped, TargetState } from '../../../models/changes.ts';
import { isPending } from '../workload/instances.ts';
import { describeRef } from '../workload/workload.ts';
import { type Course, courseOf } from './course.ts';
import { Rollout } from './rollout.ts';
import { notRolledOut } from './rollout-status.ts';
import { type ChangeParts, findSite, type Site } from './site.ts';
import { sameResources, sameState } from './wanted-state.ts';

export async function carryOut(
  change: Change,
  before: TargetState,
  parts: ChangeParts,
  signal: AbortSignal | undefined,
): Promise<ChangeOutcome> {
  const site = await findSite(change, parts, signal);
  if (site.kind !== 'site') return site;
  if (!sameState(site.state, before))
    return {
      kind: 'held',
      reason: `${describeRef(site.workload)} is no longer as it was when this was checked`,
    };
  const course = await courseOf(site, before, parts);
  if (course.kind !== 'course') return course;
  return new Rollout(site, course, parts, await podIds(site)).run();
}

/**
 * Waits for an API that is away: before it is back, what became of the change is not known. A right that is missing is
 * not waited for. Which pods were there before is no longer known.
 */
export async function resume(
  change: Change,
  before: TargetState,
  parts: ChangeParts,
  signal: AbortSignal | undefined,
): Promise<ChangeOutcome> {
  const site = await findSiteAgain(change, parts, signal);
  if (site.kind !== 'site')
    return { kind: 'failed', reason: `it is not known what became of it: ${site.reason}` };
  const again = { ...site, change: withLimitsOf(site) };
  const course = await courseOf(again, before, parts, { resumed: true });
  if (course.kind !== 'course') return { kind: 'failed', reason: course.reason };
  if (sameState(site.state, before) && !isBegun(site, course))
    return {
      kind: 'held',
      reason: `${describeRef(site.workload)} is as before: nothing was written, or it was put back`,
    };
  return new Rollout(again, course, parts, undefined).run();
}

/** Instances have what they had, and are asked to have something else, or are about to be replaced. */
function isBegun({ workload, pods = [], container, template }: Site, { goal }: Course): boolean {
  if (pods.flatMap((pod) => pod.containers.get(container) ?? []).some(isPending)) return true;
  return pods.length > 0 && notRolledOut(workload) !== undefined && sameResources(template, goal);
}

async function findSiteAgain(
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal | undefined,
): Promise<Site | ChangeStopped> {
  for (;;) {
    const site = await findSite(change, parts, signal);
    if (site.kind !== 'held' || signal?.aborted === true) return site;
    await parts.clock.sleep(LOOK_AGAIN_SECONDS * (1 + parts.random()), signal);
  }
}

const LOOK_AGAIN_SECONDS = 2;

/** Which limits were ours to remove can no longer be told once they are gone. */
function withLimitsOf({ change, state }: Site): Change {
  const gone = change.service.limits === 'none' && change.limits === undefined;
  return gone ? { ...change, limits: state.limits } : change;
}

async function podIds({ target, workload, pods: known }: Site): Promise<ReadonlySet<string> | undefined> {
  if (known !== undefined) return new Set(known.map(({ uid }) => uid));
  const pods = await target.pods(workload);
  return pods.kind === 'failure' ? undefined : new Set(pods.value.map(({ uid }) => uid));
}
