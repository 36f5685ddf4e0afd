/** How far simulated windows are from measured ones that nothing was fitted to. */

import { driftsOf, usedCoresBy } from './demand-fit.ts';
import { median, medianStandardError, quantileOf } from './errors.ts';
import { measuredApplication, REST_PER_SECOND } from './measured-application.ts';
import { CLIENT, type Costs, clientUse, fitCosts, SIGMA } from './measured-costs.ts';
import type { MeasuredWindow, Measurements } from './measured-windows.ts';
import { shuffle } from './shuffle.ts';
import { simulateWindow, type WindowLatencies } from './simulate-window.ts';

export interface ReplayOptions {
  readonly seeds: number;
  /** Of the halves. */
  readonly seed: number;
  /** Whether a window's demands are multiplied by what its measured CPU says of the machine's speed then. */
  readonly drift: boolean;
  readonly hostCores?: number;
}

/** One percentile of one window, compared. */
export interface Comparison {
  readonly window: number;
  /** `end-to-end`, or of which service. */
  readonly service: string;
  readonly chain: string;
  /** ln(simulated / measured); the simulated one is the geometric mean over the seeds. */
  readonly error: number;
  /** ln of each seed's over that mean: what 10 s scatter by themselves. */
  readonly scatter: readonly number[];
  /** Measured use over quota, and quota in cores; end to end, those of the busiest service. */
  readonly utilization: number;
  readonly quota: number;
  readonly hostCores: number;
}

/** Percentiles of fewer requests are too noisy to be compared. */
const LEAST_REQUESTS = 50;

/** Fits each half of the windows and simulates the other. */
export function replay({ windows, stages }: Measurements, options: ReplayOptions): Comparison[] {
  const mixed = shuffle(windows, options.seed);
  const half = Math.ceil(mixed.length / 2);
  const halves = [mixed.slice(0, half), mixed.slice(half)] as const;
  return [halves, [halves[1], halves[0]] as const].flatMap(([fitted, held]) => {
    const costs = fitCosts(fitted, stages);
    return held.flatMap((window) => compare(window, simulateSeeds(window, costs, stages, options)));
  });
}

function simulateSeeds(
  window: MeasuredWindow,
  costs: Costs,
  stages: Measurements['stages'],
  { seeds, drift, hostCores }: ReplayOptions,
): WindowLatencies[] {
  const rates = new Map(window.chains.map(({ chain, ratePerSecond }) => [chain, ratePerSecond]));
  const common = drift ? (driftsOf(window.uses, costs).get(window.window) ?? 1) : 1;
  const client = clientUse(window);
  const factors = new Map([
    ...Object.keys(SIGMA).map((service) => [service, common] as const),
    [CLIENT, client.usedCores / usedCoresBy(costs, client)] as const,
  ]);
  const measured = measuredApplication(costs, stages, rates, factors);
  const limits = new Map(window.uses.map(({ service, limitCores }) => [service, limitCores]));
  const { services, chains } = measured.application;
  const requests = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const simulated = {
    measured,
    cores: services.map(({ name }) => limits.get(name) ?? 4),
    requestsPerSecond: requests + (chains.length - rates.size) * REST_PER_SECOND,
    ...(hostCores === undefined ? {} : { hostCores }),
  };
  return Array.from({ length: seeds }, (_, seed) => simulateWindow(simulated, 1000 * window.window + seed));
}

function compare(window: MeasuredWindow, simulated: readonly WindowLatencies[]): Comparison[] {
  const used = new Map(
    window.uses.map(({ service, usedCores, limitCores }) => [
      service,
      { utilization: usedCores / limitCores, quota: limitCores },
    ]),
  );
  const busiest = [...used.values()].reduce((a, b) => (b.utilization > a.utilization ? b : a));
  const { hostCores } = window;
  const own = window.pairs
    .filter(({ requests }) => requests >= LEAST_REQUESTS)
    .map(({ service, chain, selfP95Seconds }) => ({
      ...{ window: window.window, service, chain, hostCores },
      ...used.get(service)!,
      ...difference(
        simulated.map(({ self }) => self.get(`${service} ${chain}`)),
        selfP95Seconds,
      ),
    }));
  const endToEnd = window.chains
    .filter(({ requests }) => requests >= LEAST_REQUESTS)
    .map(({ chain, p95Seconds }) => ({
      ...{ window: window.window, service: 'end-to-end', chain, hostCores },
      ...busiest,
      ...difference(
        simulated.map((latencies) => latencies.endToEnd.get(chain)),
        p95Seconds,
      ),
    }));
  return [...own, ...endToEnd];
}

function difference(simulated: readonly (number | undefined)[], measured: number) {
  const logs = simulated.map((seconds) => Math.log(seconds ?? Number.NaN));
  const center = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return { error: center - Math.log(measured), scatter: logs.map((log) => log - center) };
}

export interface ErrorSummary {
  readonly comparisons: number;
  /** Median and 90 % quantile of |ln(simulated / measured)|. */
  readonly median_error: number;
  readonly p90_error: number;
  /** Median of the signed one, and its standard error. */
  readonly bias: number;
  readonly bias_standard_error: number;
  /** Median of what one window of 10 s is off its own long run, in the simulator. */
  readonly sampling_error: number;
  readonly median_over_sampling: number;
}

export function summarize(comparisons: readonly Comparison[]): ErrorSummary {
  const errors = comparisons.map(({ error }) => error);
  const absolute = errors.map(Math.abs);
  const scatter = comparisons.flatMap((each) => {
    // The mean of few is nearer to each of them than the truth is.
    const wider = Math.sqrt(each.scatter.length / Math.max(1, each.scatter.length - 1));
    return each.scatter.map((log) => Math.abs(log) * wider);
  });
  return {
    comparisons: errors.length,
    median_error: median(absolute),
    p90_error: quantileOf(absolute, 0.9),
    bias: median(errors),
    bias_standard_error: medianStandardError(errors),
    sampling_error: median(scatter),
    median_over_sampling: median(absolute) / median(scatter),
  };
}

/** Thirds from the lowest to the highest of what `by` gives. */
export function thirds(comparisons: readonly Comparison[], by: (each: Comparison) => number) {
  const sorted = [...comparisons].sort((a, b) => by(a) - by(b));
  return [0, 1, 2].map((third) => {
    const begin = Math.floor((third * sorted.length) / 3);
    const part = sorted.slice(begin, Math.floor(((third + 1) * sorted.length) / 3));
    return { from: by(part[0]!), to: by(part.at(-1)!), ...summarize(part) };
  });
}
