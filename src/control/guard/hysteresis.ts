import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { quantumOf, steeringOf, stepOf } from '../in-place/steering.ts';
import { capacityCores, compareCapacity, noLessThan, shapeFor } from '../shapes.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking, redirected, shrinks } from './hold.ts';

/** After a decrease, what it did is watched for the stabilization time before the next one. */
export function waitForEffect(draft: Draft, { settings, observation, shrunkSeconds }: GuardContext): Draft {
  const shrunk = shrunkSeconds.get(draft.service.id);
  if (shrunk === undefined) return draft;
  const ago = formatNumber(observation.atSeconds - shrunk);
  const wait = formatNumber(steeringOf(draft.service, settings).effect);
  return heldFromShrinking(
    draft,
    'stabilizing',
    `it was shrunk ${ago} s ago, and that is watched for ${wait} s`,
  );
}

/** A decrease goes only as far as was wanted by every plan of the stabilization time. */
export function stabilize(draft: Draft, { settings, recentPlans }: GuardContext): Draft {
  const { service } = draft;
  const isAtOnce = service.mode === 'in-place' && settings.control.inPlace.stabilization === 0;
  if (!shrinks(draft) || isAtOnce) return draft;
  const wanted = (recentPlans.get(service.id) ?? []).reduce(
    (most, plan) => noLessThan(service, most, plan),
    draft.target,
  );
  if (compareCapacity(service, wanted, draft.target) === 0 && wanted.memory === draft.target.memory)
    return draft;
  // What was wanted before may be more than there is: a held decrease never turns into an increase.
  const target =
    compareCapacity(service, wanted, draft.baseline) > 0
      ? { ...draft.baseline, memory: wanted.memory }
      : wanted;
  const limited = {
    ...target,
    memory: Math.min(target.memory, Math.max(draft.baseline.memory, draft.target.memory)),
  };
  const seconds = formatNumber(steeringOf(service, settings).stabilization);
  return redirected(
    draft,
    limited,
    'stabilizing',
    `Goes no lower than ${describeAllocation(limited)}: as much was needed within the last ${seconds} s (wanted: ${describeAllocation(draft.target)}).`,
  );
}

/** A decrease takes at most the largest step: the next pass sees what it did before the next one. */
export function limitStep(draft: Draft, { settings }: GuardContext): Draft {
  if (!shrinks(draft)) return draft;
  const { service, baseline, target } = draft;
  const factor = stepOf(service, settings);
  const cores = capacityCores(service, baseline) / factor;
  const memory = Math.max(target.memory, Math.ceil(baseline.memory / settings.control.largestStep));
  const shape =
    capacityCores(service, target) < cores
      ? shapeFor(service, cores, target.instances, quantumOf(service, settings.allocation))
      : target;
  const limited = { cpu: shape.cpu, instances: shape.instances, memory };
  if (compareCapacity(service, limited, target) === 0 && memory === target.memory) return draft;
  return redirected(
    draft,
    limited,
    'largest-step',
    `Shrinks to ${describeAllocation(limited)}, a step of at most ${formatNumber(factor)} ×, on the way to ${describeAllocation(target)}.`,
  );
}

/** A small decrease is not worth a change. Cores and memory are looked at alone, so that neither hides the other. */
export function holdSmallDecrease(draft: Draft, { settings }: GuardContext): Draft {
  if (!shrinks(draft)) return draft;
  const { service, baseline, target } = draft;
  const cores = 1 - capacityCores(service, target) / capacityCores(service, baseline);
  const memory = 1 - (target.memory * target.instances) / (baseline.memory * baseline.instances);
  const decrease = Math.max(cores, memory);
  const least = steeringOf(service, settings).minDecrease;
  if (decrease >= least) return draft;
  const because = `a decrease of ${formatNumber(decrease * 100)} %, less than ${formatNumber(least * 100)} %, is not worth a change`;
  return heldFromShrinking(draft, 'small-decrease', because);
}
