import type { Draft } from '../draft.ts';
import { keepWithinBounds } from './bounds.ts';
import { keepWithinCaps } from './caps.ts';
import { limitChangeBudget } from './change-budget.ts';
import { holdOnErrors, holdOnViolation, holdWithoutConfidence } from './evidence.ts';
import { holdWhileFrozen } from './freeze.ts';
import type { GuardContext, GuardStep } from './guard-step.ts';
import { holdSmallDecrease, limitStep, stabilize, waitForEffect } from './hysteresis.ts';
import { holdInvalid, holdStale, holdUntilWarm } from './missing-data.ts';
import { holdWhilePaused } from './pause.ts';
import { explainSourceTrouble } from './source-trouble.ts';
import { holdAfterSetback, holdTarget, holdWhileChainGrows } from './target-state.ts';
import { cancelHarmfulDecreases } from './would-violate.ts';

/**
 * What cannot be changed now, whatever is wanted. Before the chains are evaluated: a decrease must not count on a growth
 * that is held back.
 */
const HELD_TARGETS: readonly GuardStep[] = [
  each(holdAfterSetback),
  each(holdTarget),
  each(holdWhileChainGrows),
];

/** The steps between plan and executor, in order: DESIGN section 3, "Guard". */
const STEPS: readonly GuardStep[] = [
  each(holdInvalid),
  each(holdStale),
  each(holdUntilWarm),
  each(holdOnErrors),
  each(holdOnViolation),
  each(holdWithoutConfidence),
  each(waitForEffect),
  each(stabilize),
  each(limitStep),
  each(holdSmallDecrease),
  ...HELD_TARGETS,
  limitChangeBudget,
  // Before the chains are evaluated, so that no decrease counts on a growth that does not fit; and at last, when decreases were cancelled.
  keepWithinCaps,
  cancelHarmfulDecreases,
  each(keepWithinBounds),
  // Once more: bounds that were changed are no reason to touch what cannot be touched now.
  ...HELD_TARGETS,
  holdWhileFrozen,
  keepWithinCapsUnharmed,
  each(holdWhilePaused),
  each(explainSourceTrouble),
];

export function guard(drafts: readonly Draft[], context: GuardContext): readonly Draft[] {
  return STEPS.reduce((guarded, step) => step(guarded, context), drafts);
}

/**
 * Growth that is cut for a cap may be what a decrease counted on: chains are evaluated again, until both agree. Each round but
 * the last cancels a decrease.
 */
function keepWithinCapsUnharmed(drafts: readonly Draft[], context: GuardContext): readonly Draft[] {
  if (context.settings.control.caps === undefined) return drafts;
  let present = keepWithinCaps(drafts, context);
  for (let round = 0; round < drafts.length; round++) {
    const next = cancelHarmfulDecreases(present, context);
    if (next === present) return present;
    present = keepWithinCaps(next, context);
  }
  return present;
}

function each(step: (draft: Draft, context: GuardContext) => Draft): GuardStep {
  return (drafts, context) => drafts.map((draft) => step(draft, context));
}
