/** How far simulated windows are from measured ones that nothing was fitted to. */

import type { Machine } from '../cpu-sharing.ts';
import { driftsOf, isUncut, usedCoresBy } from './demand-fit.ts';
import { measuredApplication, REST_PER_SECOND } from './measured-application.ts';
import { CLIENT, type Costs, clientUse, fitCosts } from './measured-costs.ts';
import type { MeasuredWindow, Measurements } from './measured-windows.ts';
import { shuffle } from './shuffle.ts';
import { simulateWindow, type WindowLatencies } from './simulate-window.ts';

export interface ReplayOptions {
  readonly seeds: number;
  /** Of the halves. */
  readonly seed: number;
  /**
   * What a window's demands are multiplied by. `common`: by how much more CPU all its services used than the fit expects, the machine's
   * speed then; `own`: by how much more each service used, as long as its quota did not cut it off; `none`: 1. Measured CPU
   * is an input here as rates and quotas are; latency never is.
   */
  readonly speed: 'common' | 'own' | 'none';
  /** What is different from the machine that was measured. */
  readonly machine?: Machine;
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
export const LEAST_REQUESTS = 50;

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
  { seeds, speed, machine = {} }: ReplayOptions,
): WindowLatencies[] {
  const rates = new Map(window.chains.map(({ chain, ratePerSecond }) => [chain, ratePerSecond]));
  const measured = measuredApplication(costs, stages, {
    rates,
    factors: factorsOf(window, costs, speed),
    sendLagSeconds: window.sendLagSeconds,
  });
  const limits = new Map(window.uses.map(({ service, limitCores }) => [service, limitCores]));
  const { services, chains } = measured.application;
  const requests = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const simulated = {
    measured,
    cores: services.map(({ name }) => limits.get(name) ?? 4),
    requestsPerSecond: requests + (chains.length - rates.size) * REST_PER_SECOND,
    machine,
  };
  return Array.from({ length: seeds }, (_, seed) => simulateWindow(simulated, 1000 * window.window + seed));
}

function factorsOf(window: MeasuredWindow, costs: Costs, speed: ReplayOptions['speed']): Map<string, number> {
  const client = clientUse(window);
  const common = speed === 'none' ? 1 : (driftsOf(window.uses, costs).get(window.window) ?? 1);
  const factors = new Map([[CLIENT, client.usedCores / usedCoresBy(costs, client)]]);
  for (const use of window.uses) {
    const own = use.usedCores / usedCoresBy(costs, use);
    factors.set(use.service, speed !== 'own' ? common : isUncut(use) ? own : Math.max(own, common));
  }
  return factors;
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
