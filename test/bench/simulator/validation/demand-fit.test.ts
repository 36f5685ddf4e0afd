import { describe, expect, it } from 'vitest';
import {
  driftsOf,
  fitDemands,
  type UseSample,
  usedCoresBy,
} from '../../../../bench/simulator/validation/demand-fit.ts';
import { median } from '../../../../bench/simulator/validation/errors.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const DEMANDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  front: { buy: 0.003, look: 0.001 },
  back: { buy: 0.006, look: 0.002 },
  store: { buy: 0.004 },
};
const REST: Readonly<Record<string, number>> = { front: 0.01, back: 0.02, store: 0.005 };

/** 40 windows in which the machine is faster and slower, and each service's use scatters by itself. */
function windows(drift: (window: number) => number, noise: number): UseSample[] {
  const random = seededRandom(5);
  return Array.from({ length: 40 }, (_, window) => window).flatMap((window) => {
    const rates = new Map([
      ['buy', 5 + 60 * random()],
      ['look', 5 + 60 * random()],
    ]);
    return Object.entries(DEMANDS).map(([service, demands]) => {
      const ofService = new Map([...rates].filter(([chain]) => chain in demands));
      const used = [...ofService].reduce(
        (sum, [chain, rate]) => sum + rate * demands[chain]!,
        REST[service]!,
      );
      const scatter = 1 + noise * (random() - 0.5);
      return { service, window, usedCores: drift(window) * used * scatter, limitCores: 4, rates: ofService };
    });
  });
}

describe('the fit of CPU demands', () => {
  it('finds the demands and the use at rest that windows were made of', () => {
    const fit = fitDemands(windows(() => 1, 0));
    for (const [service, demands] of Object.entries(DEMANDS)) {
      for (const [chain, demand] of Object.entries(demands)) {
        expect(fit.demands.get(service)?.get(chain)).toBeCloseTo(demand, 8);
      }
      expect(fit.rest.get(service)).toBeCloseTo(REST[service]!, 6);
    }
  });

  it('tells the machine speed of a window from what all its services have in common', () => {
    const samples = windows((window) => 1 + 0.2 * Math.sin(window), 0.06);
    const fit = fitDemands(samples);
    const drifts = driftsOf(samples, fit);
    // Fast and slow are relative: whether all demands or all drifts are larger cannot be told.
    const ratios = [...drifts].map(([window, drift]) => drift / (1 + 0.2 * Math.sin(window)));
    const usual = median(ratios);
    for (const ratio of ratios) expect(Math.abs(ratio / usual - 1)).toBeLessThan(0.06);
    expect(Math.abs(fit.demands.get('back')!.get('buy')! / 0.006 - 1)).toBeLessThan(0.06);
  });

  it('does not learn from windows in which the quota cut the use off', () => {
    const samples = windows(() => 1, 0);
    const cut = samples.map((sample) => ({
      ...sample,
      window: 100 + sample.window,
      usedCores: 0.01,
      limitCores: 0.01,
    }));
    const fit = fitDemands([...samples, ...cut]);
    expect(fit.demands.get('store')?.get('buy')).toBeCloseTo(0.004, 8);
    expect(driftsOf(cut, fit).size).toBe(0);
  });

  it('never gives a chain or the rest less than nothing', () => {
    const samples = windows(() => 1, 0).map((sample) => {
      const { rates } = sample;
      // More requests of one chain that cost nothing, and less use at rest than none.
      return { ...sample, usedCores: Math.max(0.001, (rates.get('buy') ?? 0) * 0.002 - 0.003) };
    });
    const fit = fitDemands(samples);
    for (const demands of fit.demands.values())
      for (const demand of demands.values()) expect(demand).toBeGreaterThanOrEqual(0);
    for (const rest of fit.rest.values()) expect(rest).toBeGreaterThanOrEqual(0);
    expect(usedCoresBy(fit, samples[0]!)).toBeGreaterThan(0);
  });
});
