/**
 * CPU demand of each pair of service and chain, from what windows measured of CPU and rates and from nothing else:
 * use = drift·(rest + Σ rate·demand), least relative squares, nothing negative. `drift` is a window's own: how much more CPU
 * everything needed in it, the median over its services of measured over fitted use.
 */
import { solveNonNegative } from '../../../src/components/performance-quantifier/non-negative-least-squares.ts';
import { median } from './errors.ts';

/** One service in one window. */
export interface UseSample {
  readonly service: string;
  readonly window: number;
  readonly usedCores: number;
  readonly limitCores: number;
  /** Requests per second by chain. */
  readonly rates: ReadonlyMap<string, number>;
}

export interface DemandFit {
  /** Core-seconds per visit by service and chain, at drift 1. */
  readonly demands: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Cores that a service uses without any request. */
  readonly rest: ReadonlyMap<string, number>;
}

/** Above it the use is what the quota lets through and no longer follows the rates. */
const CUT_OFF = 0.9;
const ROUNDS = 5;

export function fitDemands(samples: readonly UseSample[]): DemandFit {
  const usable = samples.filter(isUncut);
  const services = [...new Set(usable.map(({ service }) => service))];
  let drifts = new Map<number, number>();
  let fit: DemandFit = { demands: new Map(), rest: new Map() };
  for (let round = 0; round < ROUNDS; round++) {
    const fits = services.map((service) => {
      const own = usable.filter((sample) => sample.service === service);
      return [service, fitService(own, drifts)] as const;
    });
    fit = {
      demands: new Map(fits.map(([service, { demands }]) => [service, demands])),
      rest: new Map(fits.map(([service, { rest }]) => [service, rest])),
    };
    drifts = driftsOf(usable, fit);
  }
  return fit;
}

/** Median over the services of a window of measured over fitted use; 1 on the whole. Windows without a usable service have none. */
export function driftsOf(samples: readonly UseSample[], fit: DemandFit): Map<number, number> {
  const ratios = new Map<number, number[]>();
  for (const sample of samples.filter(isUncut)) {
    const expected = usedCoresBy(fit, sample);
    if (!(expected > 0)) continue;
    const ofWindow = ratios.get(sample.window) ?? [];
    ofWindow.push(sample.usedCores / expected);
    ratios.set(sample.window, ofWindow);
  }
  return new Map([...ratios].map(([window, values]) => [window, median(values)]));
}

/** What the fit expects a service to use, cores. */
export function usedCoresBy(fit: DemandFit, sample: UseSample): number {
  let used = fit.rest.get(sample.service) ?? 0;
  for (const [chain, rate] of sample.rates) used += rate * (fit.demands.get(sample.service)?.get(chain) ?? 0);
  return used;
}

/** Whether the use follows the rates, not the quota. */
export function isUncut({ usedCores, limitCores }: UseSample): boolean {
  return usedCores < CUT_OFF * limitCores;
}

/** Each row divided by its use, so that all windows count alike; the last unknown is the use at rest. */
function fitService(samples: readonly UseSample[], drifts: ReadonlyMap<number, number>) {
  const chains = [...new Set(samples.flatMap(({ rates }) => [...rates.keys()]))];
  const size = chains.length + 1;
  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (const { rates, usedCores, window } of samples) {
    const scale = (drifts.get(window) ?? 1) / usedCores;
    const row = [...chains.map((chain) => (rates.get(chain) ?? 0) * scale), scale];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) gram[i * size + j]! += row[i]! * row[j]!;
      right[i]! += row[i]!;
    }
  }
  const solution = solveNonNegative(gram, right);
  return {
    demands: new Map(chains.map((chain, i) => [chain, solution[i]!])),
    rest: solution[chains.length]!,
  };
}
