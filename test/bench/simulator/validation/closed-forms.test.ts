import { describe, expect, it } from 'vitest';
import {
  customersFor,
  erlangC,
  forkJoinMeanSeconds,
  mmcMeanSeconds,
  mmcQuantileSeconds,
  mmcTail,
  processorSharingMeanSeconds,
} from '../../../../bench/simulator/validation/closed-forms.ts';

/** Erlang's C as its definition has it: the terms of the stationary distribution, added up. */
function erlangCBySum(servers: number, load: number): number {
  const offered = servers * load;
  let term = 1;
  let below = 0;
  for (let n = 0; n < servers; n++) {
    below += term;
    term *= offered / (n + 1);
  }
  const queued = term / (1 - load);
  return queued / (below + queued);
}

describe('the closed forms', () => {
  it('have the probability of waiting that tables give', () => {
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 12);
    // Two servers: 2ρ²/(1 + ρ).
    expect(erlangC(2, 0.75)).toBeCloseTo((2 * 0.75 ** 2) / 1.75, 12);
    // 10 Erlangs offered to 12 servers.
    expect(erlangC(12, 10 / 12)).toBeCloseTo(0.4494, 3);
    for (const servers of [1, 2, 4, 8, 32]) {
      for (const load of [0.1, 0.5, 0.9, 0.99]) {
        expect(erlangC(servers, load)).toBeCloseTo(erlangCBySum(servers, load), 10);
      }
    }
  });

  it('give one server the exponential distribution of the textbooks', () => {
    expect(mmcMeanSeconds(1, 0.9, 0.01)).toBeCloseTo(0.1, 12);
    for (const quantile of [0.5, 0.9, 0.95, 0.99]) {
      expect(mmcQuantileSeconds(1, 0.8, 0.01, quantile)).toBeCloseTo(-Math.log(1 - quantile) * 0.05, 10);
    }
  });

  it('give a tail whose integral is the mean, also where wait and service have one rate', () => {
    for (const [servers, load] of [
      [2, 0.5],
      [4, 0.75],
      [8, 0.875],
      [8, 0.8],
      [2, 0.9],
    ] as const) {
      let integral = 0;
      const step = 0.002;
      for (let t = step / 2; t < 300; t += step) integral += step * mmcTail(servers, load, 1, t);
      expect(integral).toBeCloseTo(mmcMeanSeconds(servers, load, 1), 4);
    }
  });

  it('give quantiles that grow with the load and shrink with the servers', () => {
    const p95 = (servers: number, load: number) => mmcQuantileSeconds(servers, load, 1, 0.95);
    expect(p95(4, 0.9)).toBeGreaterThan(p95(4, 0.8));
    expect(p95(8, 0.9)).toBeLessThan(p95(4, 0.9));
    // Servers without end: the service alone.
    expect(p95(200, 0.1)).toBeCloseTo(-Math.log(0.05), 6);
  });

  it('share a processor by size alone', () => {
    expect(processorSharingMeanSeconds(0.75, 0.02)).toBeCloseTo(0.08, 12);
  });

  it('join two halves of a request at the mean maximum of two exponentials when there is no load', () => {
    expect(forkJoinMeanSeconds(0, 2)).toBeCloseTo(3, 12);
    expect(forkJoinMeanSeconds(0.8, 1)).toBeCloseTo((11.2 / 8) * 5, 12);
  });

  it('ask for a hundred times the customers for a tenth of the error', () => {
    expect(customersFor(0.5, 0.01)).toBe(120_000);
    expect(customersFor(0.5, 0.001)).toBe(12_000_000);
  });
});
