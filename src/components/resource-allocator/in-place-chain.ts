/**
 * Chains of services that are resized in place are planned with a curve of known form, and what it misses is measured: the
 * capacity changes every few seconds, so that fitted curves would say most about where the services do not run any more,
 * while the latency of the chain tells every minute how far the plan was off (`corrections`).
 */
import type { PlanningChain, PlanningVisit } from '../../models/plans.ts';
import type { LatencyProfile } from '../../models/profiles.ts';

/**
 * A quota is used up by chance: the CPU that arrives in a CFS period of T has mean D·T and variance D·T·s, with s the
 * visit's size E[S²]/E[S] (compound Poisson). How often it exceeds the quota C·T depends on (C − D)/√(D·s/T): capacity is
 * shared out best where every service's slack grows with the root of its demand and of its visits' size. Square-root staffing
 * (Halfin and Whitt, Heavy-traffic limits for queues with many exponential servers, Operations Research 29, 1981); the same
 * follows from a queueing term in proportion to the floor, which is what the visit's own work takes.
 */
export const WAIT_SHARE = 0.5;
/** k and η of `b·ρ^k/(u^η·(1 − ρ))`: the relative slack that a small instance needs is larger, as η = 1/2 has it. */
export const EXPONENT = 2;
export const VERTICAL_EXPONENT = 0.5;

/**
 * The chain with the waits of all its visits in sequence. A throttled visit waits for the next CFS period, which is longer
 * than most objectives, wherever it stands in the call graph: what counts is how many visits are throttled, in parallel
 * branches as well. Only the floors go by as the graph has them.
 */
export function inPlaceChain(
  chain: PlanningChain,
  profiles: ReadonlyMap<string, LatencyProfile>,
): PlanningChain {
  const floorOf = ({ service }: PlanningVisit) => profiles.get(service)?.floorSeconds ?? 0;
  let floors = 0;
  const visits: PlanningVisit[] = [];
  for (const stage of chain.stages) {
    let slowest = 0;
    for (const branch of stage) {
      // What leaks from a service to its callers has neither demand nor floor, and is in the corrections.
      const own = branch.filter(({ demand, floor, again }) => demand > 0 || floor > 0 || again === true);
      slowest = Math.max(
        slowest,
        own.reduce((sum, visit) => sum + visit.visits * floorOf(visit), 0),
      );
      for (const visit of own) {
        if (visit.again !== true)
          visits.push({ ...visit, floor: 0, queueing: waitScale(visit, floorOf(visit)) });
      }
    }
    floors += slowest;
  }
  const overheadSeconds = chain.overheadSeconds + chain.composition * floors;
  return { ...chain, overheadSeconds, stages: [[visits]] };
}

/** A floor that was fitted too low, even to 0, does not make a service wait for nothing: its own work takes time. */
function waitScale({ demand }: PlanningVisit, floorSeconds: number): number {
  return WAIT_SHARE * Math.max(floorSeconds, demand);
}
