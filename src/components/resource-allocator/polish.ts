import type { Component } from './program.ts';
import { endOfVisits } from './repair.ts';
import type { Budget } from './shape-candidates.ts';
import { pricedSlackOf, reshape } from './shape-search.ts';
import { isFree, type Shaping } from './shaping.ts';

/**
 * Steps for neighbourhoods, of one neighbourhood, and for full searches: a step is a shape looked at or a chain
 * brought up to date, some 50 ns. Counted and not timed, so that a plan depends on the problem alone.
 */
const NEAR_STEPS = 10_000;
const STEPS_AT_ONCE = 2000;
const FULL_STEPS = 100_000;

/** Services that are reshaped together in a neighbourhood, and at most in a full search. */
const NEAR = 6;
const FULL = 16;

/**
 * Reshapes services together while that saves something: those of a chain at a time, the chains first that have most
 * left of their SLO at its price; components of few services in the end as a whole, which finds their best shapes.
 */
export function polish(shaping: Shaping): void {
  const { components } = shaping.compiled.program;
  const near: Budget = { left: NEAR_STEPS };
  for (const component of components) polishChains(shaping, component, near);
  const full: Budget = { left: FULL_STEPS };
  for (const component of components) {
    const free = freeServices(shaping, component);
    if (free.length > 0 && free.length <= FULL && full.left > 0) reshape(shaping, free, full);
  }
}

function polishChains(shaping: Shaping, component: Component, budget: Budget): void {
  const chains = chainsBySlack(shaping, component);
  for (let saves = true; saves; ) {
    saves = false;
    for (const c of chains) {
      for (const services of neighbourhoods(shaping, c)) {
        if (budget.left <= 0) return;
        const own = { left: Math.min(STEPS_AT_ONCE, budget.left) };
        budget.left -= own.left;
        if (reshape(shaping, services, own)) saves = true;
        budget.left += own.left;
      }
    }
  }
}

/** The binding chains, first the one with most left of its SLO at its price. */
function chainsBySlack(shaping: Shaping, { firstChain, endChain }: Component): readonly number[] {
  const slacks = new Map<number, number>();
  for (let c = firstChain; c < endChain; c++) {
    if (shaping.multipliers.chain[c]! > 0) slacks.set(c, pricedSlackOf(shaping, c));
  }
  return [...slacks.keys()].sort((one, other) => slacks.get(other)! - slacks.get(one)! || one - other);
}

/** The services of chain c, in overlapping groups where they are many. */
function neighbourhoods({ compiled }: Shaping, c: number): readonly (readonly number[])[] {
  const { chains } = compiled.program;
  const services = new Set(
    chains.visitService.subarray(chains.serialStart[c]!, endOfVisits(compiled.program, c)),
  );
  const all = [...services];
  const groups = [all.slice(0, NEAR)];
  for (let from = NEAR / 2; from + NEAR / 2 < all.length; from += NEAR / 2) {
    groups.push(all.slice(from, from + NEAR));
  }
  return groups;
}

function freeServices({ compiled }: Shaping, { firstService, endService }: Component): readonly number[] {
  const free: number[] = [];
  for (let s = firstService; s < endService; s++) if (isFree(compiled, s)) free.push(s);
  return free;
}
