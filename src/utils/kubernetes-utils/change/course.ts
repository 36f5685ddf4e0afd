/** How a change is made: by the template, as a rolling update, or in place, instance by instance; and in which order. */
import type { Change, ChangeStopped, TargetState } from '../../../models/changes.ts';
import { describeRef } from '../workload/workload.ts';
import { Resizing, type Tried } from './resizing.ts';
import { type ChangeParts, refused, type Site, stopped } from './site.ts';
import { stepsOf, type Write } from './steps.ts';
import { sameResources, wantedState } from './wanted-state.ts';

export interface Course {
  readonly kind: 'course';
  /** What the service is to run with. */
  readonly goal: TargetState;
  /** What stands in the workload before and after: where it is only resized in place, the resources are the same. */
  readonly before: TargetState;
  readonly wanted: TargetState;
  /** Groups of writes; each is waited for before the next. */
  readonly steps: readonly (readonly Write[])[];
  /** Of a service that is resized in place. */
  readonly resizing?: Resizing;
  /** Why what was to be resized in place is rolled out. */
  readonly rolledBecause?: string;
}

const NOT_IN_PLACE: Tried = { kind: 'impossible', reason: 'its mode is rolling' };

/** Finds it out, and writes nothing. */
export async function courseOf(
  site: Site,
  before: TargetState,
  parts: ChangeParts,
  { resumed = false }: { readonly resumed?: boolean } = {},
): Promise<Course | ChangeStopped> {
  const { change, workload, container, pods, template } = site;
  const { limitFactor } = parts.settings;
  const goal = wantedState(change, before, workload, container, limitFactor);
  if (pods === undefined) return { kind: 'course', goal, before, wanted: goal, steps: stepsOf(before, goal) };
  // After a restart some may have been resized already: they go back to what all of them had.
  const resizing = new Resizing({ ...site, limitFactor }, before, resumed ? [] : pods);
  const { mode } = change.service;
  // What was resized before its mode was changed comes to its template's size without a restart.
  const isToResize = mode === 'in-place' || sameResources(template, goal);
  const tried = isToResize ? await resizing.try(pods, resizing.to(goal)) : NOT_IN_PLACE;
  if (tried.kind === 'failure') return stopped(workload, tried.failure);
  const instances = before.instances;
  const course = { kind: 'course', goal, before: { ...template, instances }, resizing } as const;
  if (tried.kind === 'impossible') return rolled(site, course, before, tried.reason);
  if (isTemplateWritten(site, goal, parts))
    return { ...course, wanted: goal, steps: [...inPlace(before, goal, tried), ['resources']] };
  const wanted = { ...template, instances: goal.instances };
  return { ...course, wanted, steps: inPlace(before, goal, tried) };
}

/** What cannot be resized is rolled out, as in the mode `rolling`: a template that says the same already replaces nothing. */
function rolled(
  { workload, template }: Site,
  course: Omit<Course, 'wanted' | 'steps'>,
  before: TargetState,
  reason: string,
): Course | ChangeStopped {
  const { goal } = course;
  if (sameResources(template, goal))
    return refused(
      `${describeRef(workload)} cannot be resized in place (${reason}), and its template says the same already: kubectl rollout restart brings its instances to it`,
    );
  return {
    ...course,
    wanted: goal,
    steps: withWrite(stepsOf(before, goal), 'resources'),
    rolledBecause: reason,
  };
}

/**
 * A rollout restarts instances: the template is written with what takes nothing away from anybody's time, that is not with a
 * growth. An undo writes it where it has what is to be undone.
 */
function isTemplateWritten(
  { change, workload, template, state }: Site,
  goal: TargetState,
  parts: ChangeParts,
): boolean {
  if (sameResources(template, goal)) return false;
  if (isUndo(change)) return sameResources(template, state);
  return parts.isTemplateDue(workload) && !grows(state, goal);
}

/** An undo alone says the requests that stood, also that there were none. */
export function isUndo({ requests }: Change): boolean {
  return requests !== undefined;
}

function grows(from: TargetState, to: TargetState): boolean {
  const more = (key: 'cpu' | 'memory') => (to.requests[key] ?? 0) > (from.requests[key] ?? 0);
  return to.instances > from.instances || more('cpu') || more('memory');
}

function inPlace(
  before: TargetState,
  goal: TargetState,
  { resizes }: Extract<Tried, { kind: 'taken' }>,
): readonly (readonly Write[])[] {
  const steps = stepsOf(before, goal).map((group) =>
    group.map((write): Write => (write === 'resources' ? 'instances' : write)),
  );
  return resizes === 0 ? steps : withWrite(steps, 'instances');
}

function withWrite(steps: readonly (readonly Write[])[], write: Write): readonly (readonly Write[])[] {
  return steps.flat().includes(write) ? steps : [[write], ...steps];
}
