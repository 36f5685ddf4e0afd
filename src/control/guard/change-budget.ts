import { type Draft, formatNumber } from '../draft.ts';
import { capacityCores } from '../shapes.ts';
import type { GuardStep } from './guard-step.ts';
import { heldFromShrinking, shrinks } from './hold.ts';

/** At most a share of the services shrinks in one pass; those that give back most cores come first. */
export const limitChangeBudget: GuardStep = (drafts, { settings }) => {
  const shrinking = drafts.filter(shrinks);
  const budget = Math.max(1, Math.floor(drafts.length * settings.control.changeBudget));
  if (shrinking.length <= budget) return drafts;
  const byGain = [...shrinking].sort((left, right) => coresGivenBack(right) - coresGivenBack(left));
  const held = new Set(byGain.slice(budget));
  const because = `only ${formatNumber(budget)} of ${drafts.length} services shrink in one pass, and others give back more`;
  return drafts.map((draft) =>
    held.has(draft) ? heldFromShrinking(draft, 'change-budget', because) : draft,
  );
};

function coresGivenBack({ service, baseline, target }: Draft): number {
  return capacityCores(service, baseline) - capacityCores(service, target);
}
