/** Everything that can be told before the first write. */
import type { Change, ChangeStopped, CheckOutcome, TargetState } from '../../../models/changes.ts';
import { describeFailure, isStatus } from '../api/api-failure.ts';
import { listAll } from '../api/list-all.ts';
import { collectionPath } from '../api/paths.ts';
import { resourcesOf } from '../wanted.ts';
import { AUTOSCALERS, type Autoscaler, autoscalerOf, parseAutoscaler } from '../workload/autoscaler.ts';
import { versionOf } from '../workload/version.ts';
import { describeRef, parseWorkload, type Workload } from '../workload/workload.ts';
import { handOver } from './conflicts.ts';
import { type Course, courseOf, isUndo } from './course.ts';
import { Moves } from './moves.ts';
import { othersApplying, othersOwn, REPLICAS, SELECTOR, weApplied } from './ownership.ts';
import { presentPart } from './patch.ts';
import { notRolledOut } from './rollout-status.ts';
import { type ChangeParts, findSite, refused, type Site, stateOf, stopped } from './site.ts';
import { limitsBelowRequests, sameResources, wantedState } from './wanted-state.ts';

export async function check(
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal | undefined,
): Promise<CheckOutcome> {
  const site = await findSite(change, parts, signal);
  if (site.kind !== 'site') return site;
  const goal = wantedState(change, site.state, site.workload, site.container, parts.settings.limitFactor);
  const isRolled = change.service.mode !== 'in-place';
  const stop =
    (isRolled ? templateObstacle(site) : undefined) ??
    rolloutObstacle(site) ??
    limitObstacle(site, goal) ??
    replicasObstacle(site, goal) ??
    (await autoscalerObstacle(site, parts)) ??
    (await courseObstacle(site, parts));
  return stop ?? { kind: 'ready', before: site.state };
}

async function courseObstacle(site: Site, parts: ChangeParts): Promise<ChangeStopped | undefined> {
  const course = await courseOf(site, site.state, parts);
  if (course.kind !== 'course') return course;
  const isRolled = course.steps.flat().includes('resources');
  const stop = (isRolled ? templateObstacle(site) : undefined) ?? (await dryRun(site, course));
  if (stop === undefined || course.rolledBecause === undefined) return stop;
  return { ...stop, reason: `${stop.reason} (it cannot be resized in place: ${course.rolledBecause})` };
}

function templateObstacle(site: Site): ChangeStopped | undefined {
  return obstacle(site.workload) ?? ownershipObstacle(site);
}

function obstacle(workload: Workload): ChangeStopped | undefined {
  const name = describeRef(workload);
  const { strategy, paused } = workload;
  if (paused) return refused(`${name} is paused; kubectl rollout resume lets it go on`);
  if (strategy.type === 'Recreate')
    return refused(`${name} has the strategy Recreate: a change would take all instances down at once`);
  if (strategy.type === 'OnDelete')
    return refused(`${name} has the strategy OnDelete: its instances do not change by themselves`);
  if (strategy.partition > 0)
    return refused(`${name} has the partition ${strategy.partition}: some of its instances would not change`);
  return undefined;
}

/** What is stuck never ends by itself: an undo does not wait for it, it takes it back. */
function rolloutObstacle({ change, workload }: Site): ChangeStopped | undefined {
  const underWay = isUndo(change) ? undefined : notRolledOut(workload);
  if (underWay === undefined) return undefined;
  return { kind: 'held', reason: `a rollout of ${describeRef(workload)} is under way: ${underWay}` };
}

function limitObstacle({ change, workload }: Site, wanted: TargetState): ChangeStopped | undefined {
  const below = limitsBelowRequests(wanted);
  if (below === undefined) return undefined;
  const { id, limits } = change.service;
  const advice =
    change.limits === undefined
      ? `; services.${id}.limits is ${limits}: raise the limit, or let it follow`
      : '';
  return refused(`${describeRef(workload)}: ${below}${advice}`);
}

function replicasObstacle(
  { workload, state, container }: Site,
  wanted: TargetState,
): ChangeStopped | undefined {
  const owners = othersApplying(workload.managers, REPLICAS);
  if (wanted.instances === state.instances || owners.length === 0) return undefined;
  const names = owners.map((owner) => `"${owner}"`).join(' and ');
  return refused(
    `${names} owns .spec.replicas of ${describeRef(workload)} and would set it back. ${handOver(workload, [names], presentPart(container, state))}`,
  );
}

/** What we then left out would be removed, or refused because it is required. */
function ownershipObstacle({ workload }: Site): ChangeStopped | undefined {
  if (!weApplied(workload.managers, SELECTOR) || othersOwn(workload.managers, SELECTOR)) return undefined;
  return refused(
    `dta-slo owns all of ${describeRef(workload)}: kubectl apply --server-side moves what a client-side apply owned to the field manager that it is given. Apply your manifest once with kubectl apply --server-side --force-conflicts -f FILE`,
  );
}

/** Read anew: what is kept may be a few seconds old, and two that size the same thing do harm. */
async function autoscalerObstacle(
  { workload, signal }: Site,
  parts: ChangeParts,
): Promise<ChangeStopped | undefined> {
  const found: Autoscaler[] = [];
  for (const kind of AUTOSCALERS) {
    const listing = await listAll(parts.client, collectionPath(kind, workload.namespace), { signal });
    if (listing.kind === 'listing')
      found.push(...listing.items.flatMap((item) => parseAutoscaler(kind, item) ?? []));
    else if (isStatus(listing.failure, 403))
      return refused(
        `whether a ${kind.kind} scales ${describeRef(workload)} cannot be known: ${describeFailure(listing.failure)}`,
      );
    else if (!isStatus(listing.failure, 404)) return stopped(workload, listing.failure);
  }
  const owner = autoscalerOf(workload, found);
  if (owner === undefined) return undefined;
  return refused(
    `${owner} decides on ${describeRef(workload)}; two that size the same workload work against each other`,
  );
}

/** Those of the instances have been tried already. */
async function dryRun(site: Site, { steps, before, wanted }: Course): Promise<ChangeStopped | undefined> {
  const moves = new Moves(site);
  for (const write of steps.flat()) {
    if (write === 'instances') continue;
    const written = await moves.move(write, before, wanted, { dryRun: true });
    if (written.kind === 'failure') return stopped(site.workload, written.failure, site.container);
    if (written.kind === 'foreign') return { kind: 'held', reason: written.reason };
    const spoilt = write === 'resources' ? spoiltBecause(site, wanted, written.answer) : undefined;
    if (spoilt !== undefined) return refused(spoilt);
  }
  return undefined;
}

/** What the API would make of it, where that is not what is wanted and nothing else. */
function spoiltBecause(
  { workload, container }: Site,
  wanted: TargetState,
  answer: unknown,
): string | undefined {
  if (answer === undefined) return undefined;
  const name = describeRef(workload);
  const after = parseWorkload(workload.kind, answer);
  const state = after === undefined ? undefined : stateOf(after, container);
  if (
    after === undefined ||
    state === undefined ||
    versionOf(after.template) !== versionOf(workload.template)
  )
    return `the API would change more of ${name} than its resources, so it is left alone`;
  if (sameResources(state, wanted)) return undefined;
  const made = JSON.stringify(resourcesOf(state));
  return `something in the API (an admission webhook?) would make other resources of ${name}: ${made}`;
}
