import { latencyAt } from './latency-curve.ts';
import { medianInPlace, weightedMedian } from './medians.ts';
import type { QuantifierSettings } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { demandCoresOf } from './service-load.ts';
import type { WindowTable } from './window-table.ts';

/** How a service differs from what it was before a change. */
export interface Regime {
  /** CPU of a visit over what it was. */
  readonly demandFactor: number;
  /** Latency at the same utilisation over what it was, by chain. */
  readonly latencyFactors: ReadonlyMap<string, number>;
  /** Whether these factors explain the windows since the change. */
  readonly isExplained: boolean;
}

/** Closer to saturation a latency says how near it is, and little else. */
const READABLE_UTILIZATION = 0.95;
/** Above this share of the capacity the measured use is cut off by the limit. */
const CUT_OFF = 0.97;
/** A demand that is nearer to what it was than this has not changed. */
const LEAST_CHANGE = 0.1;
const LARGEST_FACTOR = 10;
/** So many windows of a chain weigh as much as what the chains have in common. */
const COMMON_WEIGHT = 5;
/**
 * All windows from before a change weigh at most as much together as so many new ones: more where the use of the new ones
 * differs from theirs by that factor and noise alone, within so many spreads at the median; and their own use more still.
 */
const CARRIED_WINDOWS = 4;
const CARRIED_IF_AGREED = 30;
const CARRIED_USE_IF_AGREED = 60;
const AGREED_SPREADS = 2;

/**
 * What has become of a service in the windows [first, count) of the table, against the `model` of those before: the
 * demands of all chains have one factor, their latencies one each, drawn to the common one. Medians, since some of the
 * windows are garbage.
 */
export function regimeSince(
  model: ServiceModel,
  table: WindowTable,
  first: number,
  parallelism: number,
  settings: QuantifierSettings,
): Regime {
  const rows = Array.from({ length: table.count - first }, (_, i) => first + i);
  const cpuRatios = cpuRatiosOf(model, table, rows, parallelism);
  const ratiosWith = (factor: number) => {
    const ratios = new Map<string, Ratios>();
    for (const [chain, pair] of model.pairs) {
      const found = latencyRatios(model, table, rows, parallelism, factor, chain, pair, settings);
      if (found.logarithms.length > 0) ratios.set(chain, found);
    }
    return ratios;
  };
  const demandFactor =
    cpuRatios.length > 0
      ? demandFactorOf(cpuRatios)
      : demandFactorByLatency((factor) => pooled([...ratiosWith(factor).values()]));
  const ratios = ratiosWith(demandFactor);
  const common = medianOf(pooled([...ratios.values()]));
  const known = Number.isNaN(common) ? 0 : common;
  const latencyFactors = new Map(
    [...model.pairs.keys()].map((chain) => [chain, within(Math.exp(drawn(ratios.get(chain), known)))]),
  );
  const isExplained = isWithin(cpuRatios, Math.log(demandFactor), model.cpuSpread);
  return { demandFactor, latencyFactors, isExplained };
}

/**
 * Restates the windows before `first` as if they had come after the change, so that what they say of the curve and of
 * the split among the chains stays: with f times the demand, the same use came of rate/f. They count little from then on.
 */
export function restate(table: WindowTable, first: number, regime: Regime): void {
  const { demandFactor, latencyFactors, isExplained } = regime;
  limitSum(table.weights.subarray(0, first), isExplained ? CARRIED_IF_AGREED : CARRIED_WINDOWS);
  limitSum(table.useWeights.subarray(0, first), isExplained ? CARRIED_USE_IF_AGREED : CARRIED_WINDOWS);
  for (const [chain, { rates, percentiles, means }] of table.chains) {
    const factor = latencyFactors.get(chain) ?? 1;
    for (let i = 0; i < first; i++) {
      rates[i] = rates[i]! / demandFactor;
      percentiles[i] = percentiles[i]! * factor;
      means[i] = means[i]! * factor;
    }
  }
}

function limitSum(weights: Float64Array, most: number): void {
  let sum = 0;
  for (const weight of weights) sum += weight;
  if (sum > most) for (let i = 0; i < weights.length; i++) weights[i] = (weights[i]! * most) / sum;
}

interface Ratios {
  readonly logarithms: readonly number[];
  readonly weights: readonly number[];
}

/** log(used / expected) of the windows whose use is not cut off by the limit, or of all when only one is not. */
function cpuRatiosOf(
  model: ServiceModel,
  table: WindowTable,
  rows: readonly number[],
  parallelism: number,
): readonly number[] {
  const measured = rows.filter((row) => table.used[row]! > 0 && demandCoresOf(model, table, row) > 0);
  const uncut = measured.filter((row) => table.used[row]! < CUT_OFF * capacityOf(table, row, parallelism));
  return (uncut.length > 1 ? uncut : measured).map((row) =>
    Math.log(table.used[row]! / demandCoresOf(model, table, row)),
  );
}

function demandFactorOf(cpuRatios: readonly number[]): number {
  const found = medianInPlace(Float64Array.from(cpuRatios));
  return Math.abs(found) > LEAST_CHANGE ? within(Math.exp(found)) : 1;
}

function pooled(all: readonly Ratios[]): Ratios {
  return {
    logarithms: all.flatMap(({ logarithms }) => logarithms),
    weights: all.flatMap(({ weights }) => weights),
  };
}

/** Factors that are tried where the use of CPU is not measured; from 1 on, so that equal ones leave it at that. */
const FACTORS = [1, 1.2, 0.83, 1.45, 0.69, 1.75, 0.57, 2.1, 0.48, 2.5, 0.4, 3];
/** By how much another factor than 1 must explain the latencies better, and what each doubling costs, in logarithms. */
const CLEARLY_BETTER = 0.7;
const LATENCY_COST = 0.1;

/**
 * With f times the demand latencies grow the more the busier the service is; with a slower dependency all grow alike. That f
 * counts with which those of all windows differ least from the curve, but for a factor that should be near 1 as well; 1 where none is
 * clearly better.
 */
function demandFactorByLatency(ratiosWith: (factor: number) => Ratios): number {
  const costs = FACTORS.map((factor) => {
    const ratios = ratiosWith(factor);
    const median = medianOf(ratios);
    const distances = ratios.logarithms.map((logarithm) => Math.abs(logarithm - median));
    return medianOf({ logarithms: distances, weights: ratios.weights }) + LATENCY_COST * Math.abs(median);
  });
  const best = costs.reduce((at, cost, i) => (cost < costs[at]! ? i : at), 0);
  return costs[best]! < CLEARLY_BETTER * costs[0]! ? FACTORS[best]! : 1;
}

function medianOf({ logarithms, weights }: Ratios): number {
  return weightedMedian(logarithms, weights);
}

function isWithin(ratios: readonly number[], expected: number, spread: number): boolean {
  const distances = Float64Array.from(ratios, (ratio) => Math.abs(ratio - expected));
  return 1.4826 * medianInPlace(distances) <= AGREED_SPREADS * spread;
}

function latencyRatios(
  model: ServiceModel,
  table: WindowTable,
  rows: readonly number[],
  parallelism: number,
  demandFactor: number,
  chain: string,
  pair: PairModel,
  { minRequests, maxErrorRatio }: QuantifierSettings,
): Ratios {
  const logarithms: number[] = [];
  const weights: number[] = [];
  const columns = table.chains.get(chain);
  for (const row of columns === undefined ? [] : rows) {
    const seconds = columns!.percentiles[row]!;
    if (!(seconds > 0) || columns!.requests[row]! < minRequests) continue;
    const capacity = capacityOf(table, row, parallelism);
    const utilization = (demandFactor * demandCoresOf(model, table, row)) / capacity;
    if (utilization >= READABLE_UTILIZATION || columns!.errorRatios[row]! > maxErrorRatio) continue;
    const expected = latencyAt(pair.curve, utilization, Math.min(parallelism, table.cpus[row]!));
    logarithms.push(Math.log(seconds / expected));
    weights.push((1 - utilization) ** 2);
  }
  return { logarithms, weights };
}

function drawn(own: Ratios | undefined, common: number): number {
  if (own === undefined) return common;
  const count = own.logarithms.length;
  return (count * medianOf(own) + COMMON_WEIGHT * common) / (count + COMMON_WEIGHT);
}

function capacityOf(table: WindowTable, row: number, parallelism: number): number {
  return Math.min(parallelism, table.cpus[row]!) * table.instances[row]!;
}

function within(factor: number): number {
  return Math.min(LARGEST_FACTOR, Math.max(1 / LARGEST_FACTOR, factor));
}
