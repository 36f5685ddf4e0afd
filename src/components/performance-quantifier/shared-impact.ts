import type { SharedServiceImpact } from '../../models/profiles.ts';
import { latencySlope } from './latency-curve.ts';
import type { ServiceLoad } from './service-load.ts';

/** The slope grows without bound towards ρ = 1; beyond this it is read here, so that it stays a number. */
const STEEPEST_UTILIZATION = 0.99;

/**
 * How the chains of a service weigh on it and on each other. One more request/s of chain c adds v_c·d_c cores of
 * demand, so ρ grows by v_c·d_c/C and the latency of a visit of chain e by
 *
 *     ∂L_e/∂λ_c = L_e′(ρ) · v_c · d_c / C
 *
 * `visits`: v of a chain at this service.
 */
export function sharedImpactOf(
  service: string,
  load: ServiceLoad,
  visits: (chain: string) => number,
): SharedServiceImpact {
  const { capacityCores, cpu, utilization, pairs } = load;
  const steepness = Math.min(utilization, STEEPEST_UTILIZATION);
  const total = pairs.reduce((sum, pair) => sum + pair.cores, 0);
  const chains = pairs.map(({ chain, cores, model }) => {
    const growth = (visits(chain) * model.demandCoreSeconds) / capacityCores;
    const others = pairs.filter((other) => other.chain !== chain);
    return {
      chain,
      loadShare: total > 0 ? cores / total : 1 / pairs.length,
      latencyPerRequestPerSecond: Object.fromEntries(
        others.map((other) => [other.chain, latencySlope(other.model.curve, steepness, cpu) * growth]),
      ),
    };
  });
  return { service, utilization, chains };
}
