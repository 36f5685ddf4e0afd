/**
 * What a pair of throttle targets costs at a request rate, learned from the minutes so far. The cost is the paper's
 *: the allocation, scaled to 0..1 over the samples that met the SLOs, and 2 to 3 for a sample that did not.
 *
 * Simplified against the paper: that regresses the cost itself with Vowpal Wabbit's contextual bandit and a hidden layer
 * of three units, over twelve hours of warm-up. Here the samples of minutes have to do, so the two parts of the cost are
 * regressed apart, as smooth functions of rate and targets: the logarithm of the allocation, and that of the latency
 * relative to the SLO, whose scatter gives the probability of a violation.
 */
import { BayesianRegression, type CoefficientPrior } from './bayesian-regression.ts';
import { ALL_PAIRS, distance, TARGETS, type TargetPair } from './throttle-targets.ts';

export interface TowerSample {
  /** Requests/s of all chains in the minute before. */
  readonly rate: number;
  readonly pair: TargetPair;
  /** p95 over SLO, of the worst chain. */
  readonly latencyRatio: number;
  /** Mean of the quotas' sum, cores. */
  readonly allocation: number;
}

/** Ratios outside of this tell no more than its ends. */
const LEAST_RATIO = 0.05;
const LARGEST_RATIO = 10;
/** Few samples span no range; the cost is then scaled by this part of their mean allocation. */
const LEAST_RANGE = 0.5;

const SLOPE = 0.5;
const BEND = 0.3;
/** Of: 1, log rate, its square, the two targets (0 to 1), their squares and products with the log rate. */
const ALLOCATION_PRIORS = priors([
  [0, 10],
  [1, 0.5],
  [0, BEND],
  [-0.2, SLOPE],
  [-0.1, SLOPE],
  [0, BEND],
  [0, BEND],
  [0, BEND],
  [0, BEND],
]);
const LATENCY_PRIORS = priors([
  [0, 10],
  [0, 1],
  [0, BEND],
  [0.4, SLOPE],
  [0.2, SLOPE],
  [0, BEND],
  [0, BEND],
  [0, BEND],
  [0, BEND],
]);
const ALLOCATION_NOISE = 0.05;
const LATENCY_NOISE = 0.1;

export class CostModel {
  readonly #allocation = new BayesianRegression(ALLOCATION_PRIORS, ALLOCATION_NOISE);
  readonly #latency = new BayesianRegression(LATENCY_PRIORS, LATENCY_NOISE);
  readonly #samples: readonly TowerSample[];
  readonly #violationCost: number;
  readonly #usualRate: number;
  readonly #leastAllocation: number;
  readonly #allocationRange: number;

  constructor(samples: readonly TowerSample[], violationCost: number) {
    this.#samples = samples;
    this.#violationCost = violationCost;
    this.#usualRate = Math.exp(mean(samples.map(({ rate }) => Math.log(Math.max(1, rate)))));
    const met = samples.filter(({ latencyRatio }) => latencyRatio <= 1);
    const allocations = (met.length > 0 ? met : samples).map(({ allocation }) => allocation);
    this.#leastAllocation = Math.min(...allocations);
    const range = Math.max(...allocations) - this.#leastAllocation;
    this.#allocationRange = Math.max(range, LEAST_RANGE * mean(samples.map(({ allocation }) => allocation)));
    const rows = samples.map(({ rate, pair }) => this.#features(rate, pair));
    this.#allocation.fit(
      rows,
      samples.map(({ allocation }) => Math.log(allocation)),
    );
    this.#latency.fit(
      rows,
      samples.map(({ latencyRatio }) => Math.log(clamp(latencyRatio, LEAST_RATIO, LARGEST_RATIO))),
    );
  }

  /** The pair that is expected to cost least at that rate, among those within a step of one that was tried. */
  best(rate: number): TargetPair {
    const known = ALL_PAIRS.filter((pair) =>
      this.#samples.some((sample) => distance(sample.pair, pair) <= 1),
    );
    const costs = known.map((pair) => this.cost(rate, pair));
    return known[costs.indexOf(Math.min(...costs))]!;
  }

  cost(rate: number, pair: TargetPair): number {
    const row = this.#features(rate, pair);
    const allocation = Math.exp(this.#allocation.predict(row).mean);
    const latency = this.#latency.predict(row);
    const violation = normalAbove(-latency.mean / latency.deviation);
    const relative = (allocation - this.#leastAllocation) / this.#allocationRange;
    return (1 - violation) * relative + violation * this.#violationCost;
  }

  #features(rate: number, pair: TargetPair): number[] {
    const load = Math.log(Math.max(1, rate) / this.#usualRate);
    const busy = pair.busy / (TARGETS.length - 1);
    const calm = pair.calm / (TARGETS.length - 1);
    return [1, load, load * load, busy, calm, busy * busy, calm * calm, busy * load, calm * load];
  }
}

function priors(all: readonly (readonly [number, number])[]): CoefficientPrior[] {
  return all.map(([mean, deviation]) => ({ mean, deviation }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Probability that a standard normal variable is above x; error below 1e-5 (Abramowitz and Stegun 26.2.16). */
function normalAbove(x: number): number {
  if (x < 0) return 1 - normalAbove(-x);
  const t = 1 / (1 + 0.33267 * x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  return density * t * (0.4361836 + t * (-0.1201676 + t * 0.937298));
}
