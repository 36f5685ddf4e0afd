import type { ServiceWindow } from '../../../src/models/metrics.ts';
import type { ProfileLearner, Random } from '../../../src/models/ports.ts';
import type { LatencyProfile } from '../../../src/models/profiles.ts';

export interface TruePair {
  readonly chain: string;
  readonly demand: number;
  readonly floor: number;
  readonly queueing: number;
  /** Mean own time at no load over the demand; how pessimistic the bound is. */
  readonly ownTimePerDemand?: number;
}

export interface WindowSpec {
  readonly service?: string;
  readonly startSeconds: number;
  readonly cpu?: number;
  readonly instances?: number;
  /** Visits/s of each pair. */
  readonly rates: readonly number[];
  readonly requests?: number;
  readonly errorRatio?: number;
  readonly hasCpu?: boolean;
  /** Factor on latencies and on CPU. */
  readonly noise?: () => number;
}

/** A window of a service that follows `L = floor + queueing·ρ/(u^eta·(1−ρ))` exactly but for the noise. */
export function windowOf(pairs: readonly TruePair[], spec: WindowSpec, eta = 0.5): ServiceWindow {
  const { cpu = 1, instances = 1, startSeconds, service = 's', noise = () => 1 } = spec;
  const cores = pairs.reduce((sum, pair, c) => sum + spec.rates[c]! * pair.demand, 0);
  const rho = Math.min(0.99, cores / (cpu * instances));
  return {
    service,
    startSeconds,
    lengthSeconds: 60,
    capacity: { cpu, memory: 512, instances, source: 'applied', sinceSeconds: 0 },
    ...(spec.hasCpu === true ? { cpuUsedCores: cores * noise() } : {}),
    pairs: pairs.map((pair, c) => ({
      chain: pair.chain,
      ratePerSecond: spec.rates[c]!,
      requests: spec.requests ?? Math.round(spec.rates[c]! * 60),
      errorRatio: spec.errorRatio ?? 0,
      percentileSeconds: (pair.floor + (pair.queueing * rho) / (cpu ** eta * (1 - rho))) * noise(),
      meanSeconds: ((pair.demand * (pair.ownTimePerDemand ?? 1)) / (1 - rho)) * noise(),
    })),
  };
}

/** Standard normal by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The profile of a pair that must have one. */
export function knownProfile(learner: ProfileLearner, service: string, chain: string): LatencyProfile {
  const outcome = learner.profile(service, chain);
  if (outcome.kind !== 'profile') throw new Error(`no profile of ${chain} at ${service}`);
  return outcome;
}
