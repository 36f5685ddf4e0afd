import { describe, expect, it } from 'vitest';
import { summarize, thirds } from '../../../../bench/simulator/validation/error-summary.ts';
import { measuredApplication } from '../../../../bench/simulator/validation/measured-application.ts';
import { type Costs, fitCosts } from '../../../../bench/simulator/validation/measured-costs.ts';
import { type Comparison, replay } from '../../../../bench/simulator/validation/measured-errors.ts';
import type { MeasuredWindow } from '../../../../bench/simulator/validation/measured-windows.ts';
import { simulateWindow } from '../../../../bench/simulator/validation/simulate-window.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const STAGES = new Map([
  ['user-registration', [['frontend'], ['auth']]],
  ['subscription-management', [['frontend'], ['payment'], ['worker']]],
]);
const COSTS: Costs = {
  demands: new Map([
    [
      'frontend',
      new Map([
        ['user-registration', 0.0025],
        ['subscription-management', 0.0027],
      ]),
    ],
    ['auth', new Map([['user-registration', 0.005]])],
    ['payment', new Map([['subscription-management', 0.0037]])],
    ['worker', new Map([['subscription-management', 0.006]])],
    ['client', new Map([['any', 0.001]])],
  ]),
  rest: new Map([['frontend', 0.01]]),
  callSeconds: 0.0005,
};

/** A window as it would have been measured if the simulator was the truth. */
function window(number: number, random: () => number): MeasuredWindow {
  const rates = new Map([...STAGES.keys()].map((chain) => [chain, 10 + 40 * random()]));
  const services = ['frontend', 'auth', 'payment', 'worker'];
  const uses = services.map((service) => {
    const own = new Map([...rates].filter(([chain]) => COSTS.demands.get(service)?.has(chain)));
    let usedCores = COSTS.rest.get(service) ?? 0;
    for (const [chain, each] of own) usedCores += each * COSTS.demands.get(service)!.get(chain)!;
    return { service, window: number, usedCores, limitCores: 0.6, rates: own };
  });
  const measured = measuredApplication(COSTS, STAGES, { rates, factors: new Map(), sendLagSeconds: 0.002 });
  const cores = measured.application.services.map(({ name }) => (services.includes(name) ? 0.6 : 4));
  const total = [...rates.values()].reduce((sum, each) => sum + each, 0) + 6 * 20;
  const truth = simulateWindow({ measured, cores, requestsPerSecond: total }, 7 + number);
  return {
    window: number,
    uses,
    pairs: uses.flatMap(({ service, rates: own }) =>
      [...own].map(([chain, each]) => ({
        ...{ service, chain, requests: 10 * each },
        selfP95Seconds: truth.self.get(`${service} ${chain}`)!,
      })),
    ),
    chains: [...rates].map(([chain, ratePerSecond]) => ({
      ...{ chain, ratePerSecond, requests: 10 * ratePerSecond },
      p95Seconds: truth.endToEnd.get(chain)!,
    })),
    sendLagSeconds: 0.002,
    hostCores: 1,
    otherCores: 0.001 * (total - 120),
  };
}

function windows(): MeasuredWindow[] {
  const random = seededRandom(9);
  return Array.from({ length: 10 }, (_, number) => window(number, random));
}

describe('the replay of measured windows', () => {
  it('finds no more error than windows scatter by themselves where the simulator is the truth', () => {
    const comparisons = replay(
      { windows: windows(), stages: STAGES },
      { seeds: 3, seed: 1, speed: 'common' },
    );
    const { bias, median_error, sampling_error } = summarize(comparisons);
    expect(comparisons.length).toBe(70);
    expect(Math.abs(bias)).toBeLessThan(0.1);
    expect(median_error).toBeLessThan(1.6 * sampling_error);
  });

  it('takes demands from CPU alone', () => {
    const slow = windows().map((each) => ({
      ...each,
      pairs: each.pairs.map((pair) => ({ ...pair, selfP95Seconds: 9 })),
    }));
    expect(fitCosts(slow, STAGES)).toEqual(fitCosts(windows(), STAGES));
  });
});

describe('the summary of errors', () => {
  const comparisons = Array.from({ length: 30 }, (_, place): Comparison => {
    const error = place < 10 ? -0.5 : place < 20 ? 0 : 0.1;
    return {
      ...{ window: place, service: 's', chain: 'c', error, scatter: [-0.1, 0.1] },
      ...{ utilization: place / 30, quota: 1 - place / 30, hostCores: 1 },
    };
  });

  it('tells the bias of each third apart', () => {
    expect(thirds(comparisons, ({ utilization }) => utilization).map(({ bias }) => bias)).toEqual([
      -0.5, 0, 0.1,
    ]);
    expect(thirds(comparisons, ({ quota }) => quota).map(({ bias }) => bias)).toEqual([0.1, 0, -0.5]);
    const two = thirds(comparisons.slice(0, 2), ({ quota }) => quota);
    expect(two.map((part) => part.comparisons)).toEqual([1, 1]);
  });

  it('widens the scatter of few seeds to what it is around the truth', () => {
    expect(summarize(comparisons).sampling_error).toBeCloseTo(0.1 * Math.SQRT2, 12);
  });
});
