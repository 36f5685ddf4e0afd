/** In which order a service's resources and instances change. */
import type { TargetState } from '../../../models/changes.ts';
import { sameResources } from './wanted-state.ts';

/** Resources of the template, number of instances, sizes of the instances that run. */
export type Write = 'resources' | 'replicas' | 'instances';

/**
 * Writes in groups; a group is waited for before the next. Where one grows and the other shrinks, the one that grows
 * goes first and is waited for: at no time is there less than before and after. Where both go the same way they are
 * written together, resources first, so that new instances come in the new size and are not replaced at once.
 */
export function stepsOf(before: TargetState, wanted: TargetState): readonly (readonly Write[])[] {
  const resources = !sameResources(before, wanted);
  const replicas = before.instances !== wanted.instances;
  if (!resources && !replicas) return [];
  if (!resources) return [['replicas']];
  if (!replicas) return [['resources']];
  const moreInstances = wanted.instances > before.instances;
  if (moreInstances && changes(before, wanted, (from, to) => to < from)) return [['replicas'], ['resources']];
  if (!moreInstances && changes(before, wanted, (from, to) => to > from))
    return [['resources'], ['replicas']];
  return [['resources', 'replicas']];
}

function changes(
  { requests: from }: TargetState,
  { requests: to }: TargetState,
  so: (from: number, to: number) => boolean,
): boolean {
  return (['cpu', 'memory'] as const).some((key) => so(from[key] ?? 0, to[key] ?? 0));
}
