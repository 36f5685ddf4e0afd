import { describe, expect, it } from 'vitest';
import { contentionOf, erlangC } from '../../../../src/components/resource-allocator/quotas/contention.ts';
import { PERIOD_SECONDS } from '../../../../src/components/resource-allocator/quotas/throttling-delay.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** Erlang's formula as it is written in textbooks. */
function erlangByFactorials(servers: number, load: number): number {
  const all = load ** servers / factorial(servers) / (1 - load / servers);
  let idle = 0;
  for (let k = 0; k < servers; k++) idle += load ** k / factorial(k);
  return all / (idle + all);
}

describe("Erlang's C", () => {
  it('is what the formula with factorials gives', () => {
    for (let servers = 1; servers <= 20; servers++) {
      for (const rho of [0.01, 0.3, 0.6, 0.9, 0.99])
        expect(erlangC(servers, rho * servers)).toBeCloseTo(erlangByFactorials(servers, rho * servers), 10);
    }
  });

  it('is ρ for one server, and 1/3 for two that are half used', () => {
    for (const rho of [0, 0.2, 0.7, 1]) expect(erlangC(1, rho)).toBeCloseTo(rho, 12);
    expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
    expect(erlangC(10, 0)).toBe(0);
  });

  it('is finite for thousands of servers, where factorials are not', () => {
    expect(erlangC(5000, 4900)).toBeGreaterThan(0);
    expect(erlangC(5000, 4900)).toBeLessThan(0.3);
  });
});

/** Share of 200 000 visits in M/M/c that wait longer than `seconds`: the earliest free core takes the next one. */
function simulatedWaits(demand: number, cores: number, work: number, seconds: number): number {
  const random = seededRandom(41);
  const free = Array.from({ length: cores }, () => 0);
  const visits = 200_000;
  let now = 0;
  let late = 0;
  for (let visit = 0; visit < visits; visit++) {
    now -= (Math.log(1 - random()) * work) / demand;
    const next = free.indexOf(Math.min(...free));
    const start = Math.max(now, free[next]!);
    if (start - now > seconds) late++;
    free[next] = start - work * Math.log(1 - random());
  }
  return late / visits;
}

describe('waits for a core', () => {
  it.each([
    [0.7, 1],
    [2.4, 3],
    [3, 4],
  ])('are as long as in M/M/c, with %d cores used of %d', (demand, cores) => {
    // Of an exponential S with a mean of 10 ms: m = E[S²]/E[S] = 20 ms.
    const { share, decay } = contentionOf(demand, cores, 0.02);
    for (const seconds of [0, 0.005, 0.02]) {
      const expected = share * Math.exp((-decay * seconds) / PERIOD_SECONDS);
      expect(expected / simulatedWaits(demand, cores, 0.01, seconds)).toBeCloseTo(1, 1);
    }
  });

  it('are everybody’s and endless where the cores are full', () => {
    for (const demand of [4, 5, 1e6, Number.POSITIVE_INFINITY])
      expect(contentionOf(demand, 4, 0.01)).toEqual({ share: 1, decay: 0 });
  });

  it('are nobody’s where nothing is used, or nothing comes', () => {
    expect(contentionOf(0, 4, 0.01)).toEqual({ share: 0, decay: 0 });
    expect(contentionOf(3, 4, 0)).toEqual({ share: 0, decay: 0 });
  });

  it('are those for whole cores, and for one where there is less', () => {
    expect(contentionOf(1.5, 3.9, 0.01)).toEqual(contentionOf(1.5, 3, 0.01));
    expect(contentionOf(0.5, 0.2, 0.01)).toEqual(contentionOf(0.5, 1, 0.01));
    // 0.1 + 0.2 + … is a little less than what it is meant to be.
    expect(contentionOf(0.5, 3 - 1e-12, 0.01)).toEqual(contentionOf(0.5, 3, 0.01));
  });
});
