import { visitsByService } from '../../models/data-models.ts';
import { type Draft, describeLatency } from '../draft.ts';
import type { GuardContext, GuardStep } from './guard-step.ts';
import { heldFromShrinking, shrinks } from './hold.ts';

/**
 * The last look before anything is done: the chains are evaluated with what the steps before have made of the plan,
 * and every decrease in a chain that would violate its SLO is cancelled. Cancelling can only help the others, so this
 * ends after at most as many rounds as there are decreases.
 */
export const cancelHarmfulDecreases: GuardStep = (drafts, context) => {
  let present = drafts;
  for (;;) {
    const next = cancelOnce(present, context);
    if (next === present) return present;
    present = next;
  }
};

function cancelOnce(drafts: readonly Draft[], context: GuardContext): readonly Draft[] {
  const shrinking = new Set(drafts.filter(shrinks).map((draft) => draft.service.id));
  if (shrinking.size === 0) return drafts;
  const latencies = context.evaluate(new Map(drafts.map((draft) => [draft.service.id, draft.target])));
  const harmed = new Map<string, string>();
  for (const chain of context.settings.topology.chains.values()) {
    const expected = latencies.get(chain.id);
    const bound = chain.slo.latencySeconds;
    if (expected === undefined || expected <= bound || context.infeasible.has(chain.id)) continue;
    for (const service of visitsByService(chain).keys()) {
      if (!shrinking.has(service)) continue;
      harmed.set(
        service,
        `${chain.id} would be at ${describeLatency(expected)} of ${describeLatency(bound)}`,
      );
    }
  }
  if (harmed.size === 0) return drafts;
  return drafts.map((draft) => {
    const because = harmed.get(draft.service.id);
    return because === undefined ? draft : heldFromShrinking(draft, 'would-violate', because);
  });
}
