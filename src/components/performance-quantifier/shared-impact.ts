import type { SharedServiceImpact } from '../../models/profiles.ts';
import { latencySlope } from './latency-curve.ts';
import type { ServiceLoad } from './service-load.ts';

/** The slope grows without bound towards ρ = 1; beyond this it is read here, so that it stays a number. */
const STEEPEST_UTILIZATION = 0.99;

/** How one chain comes to a service. */
export interface ChainAtService {
  /** v: all visits of one request to this service. */
  readonly visits: number;
  /** γ times the visits on the critical path. */
  readonly endToEndWeight: number;
}

/**
 * How the chains of a service weigh on it and on each other. One more request/s of chain c adds v_c·d_c cores of
 * demand, so ρ grows by v_c·d_c/C and the latency of a visit of chain e by
 *
 *     ∂L_e/∂λ_c = L_e′(ρ) · v_c · d_c / C
 *
 * End to end that is γ_e times the visits on e's critical path times as much. One more request/s of c adds the same at
 * every service that both pass; their sum is the whole derivative.
 */
export function sharedImpactOf(
  service: string,
  load: ServiceLoad,
  atService: (chain: string) => ChainAtService,
): SharedServiceImpact {
  const { capacityCores, cpu, utilization, pairs } = load;
  const steepness = Math.min(utilization, STEEPEST_UTILIZATION);
  const total = pairs.reduce((sum, pair) => sum + pair.cores, 0);
  const at = new Map(pairs.map(({ chain }) => [chain, atService(chain)]));
  const chains = pairs.map(({ chain, cores, model }) => {
    const growth = (at.get(chain)!.visits * model.demandCoreSeconds) / capacityCores;
    const slopes = pairs
      .filter((other) => other.chain !== chain)
      .map((other) => [other.chain, latencySlope(other.model.curve, steepness, cpu) * growth] as const);
    return {
      chain,
      loadShare: total > 0 ? cores / total : 1 / pairs.length,
      latencyPerRequestPerSecond: Object.fromEntries(slopes),
      endToEndPerRequestPerSecond: Object.fromEntries(
        slopes.map(([other, slope]) => [other, slope * at.get(other)!.endToEndWeight]),
      ),
    };
  });
  return { service, utilization, chains };
}
