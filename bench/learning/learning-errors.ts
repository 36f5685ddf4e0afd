import { latencyAt } from '../../src/components/performance-quantifier/latency-curve.ts';
import type { ProfileLearner, Random } from '../../src/models/ports.ts';
import type { LatencyProfile } from '../../src/models/profiles.ts';
import { ratesFor, type TrueService, trueLatency, utilizationOf } from './synthetic-services.ts';

const PREDICTIONS = 10;

export interface LearningErrors {
  /** |d̂/d − 1| of every pair. */
  readonly demand: readonly number[];
  /** |L̂/L − 1| of every pair at random loads. */
  readonly prediction: readonly number[];
}

/** How far what was learned is from the truth. What is not known yet is infinitely far. */
export function learningErrors(
  learner: ProfileLearner,
  services: readonly TrueService[],
  utilization: readonly [number, number],
  random: Random,
): LearningErrors {
  const demand: number[] = [];
  const prediction: number[] = [];
  for (const service of services) {
    const profiles = service.pairs.map(({ chain }) => profileOf(learner, service.id, chain));
    for (const [c, pair] of service.pairs.entries())
      demand.push(relativeError(profiles[c]?.demandCoreSeconds, pair.demand));
    for (let i = 0; i < PREDICTIONS; i++)
      prediction.push(...predictionErrors(service, profiles, utilization, random));
  }
  return { demand, prediction };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function predictionErrors(
  service: TrueService,
  profiles: readonly (LatencyProfile | undefined)[],
  [low, high]: readonly [number, number],
  random: Random,
): number[] {
  const cpu = service.cpus[Math.floor(random() * service.cpus.length)]!;
  const rates = ratesFor(service, low + (high - low) * random(), cpu, random);
  const rho = utilizationOf(service, rates, cpu);
  const cores = profiles.reduce(
    (sum, profile, c) => sum + rates[c]! * (profile?.demandCoreSeconds ?? Number.NaN),
    0,
  );
  return service.pairs.map((pair, c) => {
    const profile = profiles[c];
    const found = profile && latencyAt(profile, cores / (cpu * service.instances), cpu);
    return relativeError(found, trueLatency(service, pair, rho, cpu));
  });
}

function profileOf(learner: ProfileLearner, service: string, chain: string): LatencyProfile | undefined {
  const outcome = learner.profile(service, chain);
  return outcome.kind === 'profile' ? outcome : undefined;
}

function relativeError(found: number | undefined, truth: number): number {
  const error = Math.abs((found ?? Number.POSITIVE_INFINITY) / truth - 1);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
