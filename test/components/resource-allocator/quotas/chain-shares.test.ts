import { describe, expect, it } from 'vitest';
import { ChainShares } from '../../../../src/components/resource-allocator/quotas/chain-shares.ts';
import type { Shape } from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';
import { delayTail } from '../../../../src/components/resource-allocator/quotas/throttling-delay.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

const with1 = (cpu: number) => () => ({ cpu, instances: 1 });

/** One visit of 5 ms in each of 100 requests/s: half a core. */
const SERVICES = [quotaService('a')];
const CHAINS = [quotaChain('c', [quotaVisit('a')])];

const shareAt = (cpu: number, spanSeconds?: number, slacks?: readonly number[]) =>
  new ChainShares(SERVICES, CHAINS, with1(cpu), spanSeconds).shares(slacks)[0]!;

describe('the share of slow requests', () => {
  it('is that of the delays of its visits, each by how near it comes to the slack', () => {
    // Half a core at ρ = 0.8; m = 1.5 · 5 ms, so that 0.05 core-seconds in a period are 6.67 pieces.
    const tail = delayTail(20 / 3, 0.8);
    const [slack, step, theta] = [0.1, 0.01, 3 / 0.1];
    let expected = 0;
    for (let i = 0; i < slack / step; i++) {
      const middle = (i + 0.5) * step;
      expected += theta * step * Math.exp(theta * (middle - slack)) * Math.sqrt(tail[i]! * tail[i + 1]!);
    }
    expect(shareAt(0.625) / expected).toBeCloseTo(1, 1);
  });

  it('adds up over visits and services', () => {
    const shapes: Record<string, Shape> = {
      a: { cpu: 1, instances: 1 },
      b: { cpu: 2.5, instances: 2 },
    };
    const services = [quotaService('a'), quotaService('b')];
    const visits = [quotaVisit('a', 0.005, 2), quotaVisit('b', 0.02, 1)];
    const shares = (...through: number[]) => {
      const chains = [
        quotaChain('whole', visits, { rate: 40 }),
        ...through.map((i) => quotaChain(`part${i}`, [visits[i]!], { rate: 1e-9 })),
      ];
      return new ChainShares(services, chains, ({ id }) => shapes[id]!).shares();
    };
    const [whole, first, second] = shares(0, 1);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    expect(whole).toBeCloseTo(first! + second!, 6);
  });

  it('falls with cpu and slack, and rises with the load', () => {
    const byCpu = [0.4, 0.55, 0.6, 0.7, 1, 2].map((cpu) => shareAt(cpu));
    expect(byCpu).toEqual(byCpu.toSorted((left, right) => right - left));
    const bySlack = [-1, 0, 0.02, 0.1, 0.4].map((slack) => shareAt(0.65, undefined, [slack]));
    expect(bySlack).toEqual(bySlack.toSorted((left, right) => right - left));
    const byRate = [1, 50, 100, 130, 200].map((rate) => {
      const chains = [quotaChain('c', CHAINS[0]!.visits, { rate })];
      return new ChainShares(SERVICES, chains, with1(0.65)).shares()[0]!;
    });
    expect(byRate).toEqual(byRate.toSorted((left, right) => left - right));
  });

  it('is nearly 1 where what seldom comes does not fit into the quotas of its slack', () => {
    // 100 ms of work on a tenth of a core take a second.
    for (const rate of [1e-6, 0.01, 0.2]) {
      const chain = quotaChain('c', [quotaVisit('a', 0.1)], { rate, slackSeconds: 0.2 });
      expect(new ChainShares(SERVICES, [chain], with1(0.1)).shares()[0]).toBeGreaterThan(0.9);
      expect(new ChainShares(SERVICES, [chain], with1(2)).shares()[0]).toBeLessThan(0.02);
    }
  });

  it('is none where nobody waits', () => {
    const fixed = [quotaService('a', { isFixed: true })];
    expect(new ChainShares(fixed, CHAINS, with1(0.01)).shares()).toEqual([0]);
    const idle = [quotaChain('c', CHAINS[0]!.visits, { rate: 0 })];
    expect(new ChainShares(SERVICES, idle, with1(0.1)).shares()).toEqual([0]);
    expect(new ChainShares(SERVICES, [], with1(0.1)).shares()).toEqual([]);
  });

  it('is in [0, 1] and a number whatever the figures', () => {
    const random = seededRandom(3);
    const wild = (from: number, to: number) => 10 ** (from + (to - from) * random());
    for (let i = 0; i < 300; i++) {
      const services = ['a', 'b'].map((id) =>
        quotaService(id, { parallelism: wild(-2, 3), baselineCores: wild(-9, 2) }),
      );
      const chains = ['c', 'd'].map((id) =>
        quotaChain(id, [quotaVisit('a', wild(-9, 3), wild(-3, 3)), quotaVisit('b', wild(-9, 3), 1)], {
          rate: wild(-9, 6),
          slackSeconds: random() < 0.2 ? -wild(-9, 3) : wild(-9, 3),
        }),
      );
      const shapeOf = () => ({ cpu: wild(-3, 3), instances: Math.ceil(wild(0, 2)) });
      for (const span of [undefined, 1e-3, 5]) {
        const found = new ChainShares(services, chains, shapeOf, span);
        for (const share of found.shares()) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        for (const delay of found.delays([0.05, 1e-6])) {
          expect(delay).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });
});

/** Share of the work of a span that comes when the backlog of a fluid of ρ > 1 takes longer than the slack. */
function fluidShare(rho: number, slackSeconds: number, spanSeconds: number): number {
  const steps = 100_000;
  let [backlogSeconds, late] = [0, 0];
  for (let step = 0; step < steps; step++) {
    backlogSeconds += ((rho - 1) * spanSeconds) / steps;
    if (backlogSeconds > slackSeconds) late++;
  }
  return late / steps;
}

describe('over a span with more work than the quota is for', () => {
  // Little slack takes up what is left of it: beside the backlog throttling counts at the highest tabulated ρ.
  it.each([
    [0.25, 5, 0.3],
    [0.4, 5, 0.1],
    [0.4, 1, 0.2],
  ])('more are slow the longer the backlog gets: %d cores, %d s, slack %d s', (cpu, span, slack) => {
    const rho = 0.5 / cpu;
    const atHighest = shareAt(0.5 / 0.96, span, [slack]);
    const expected = Math.min(1, atHighest + fluidShare(rho, slack, span));
    expect(shareAt(cpu, span, [slack])).toBeCloseTo(expected, 3);
  });

  it('all are slow in the end, whatever the slack', () => {
    expect(shareAt(0.499, undefined, [100])).toBe(1);
    expect(shareAt(0.51, undefined, [100])).toBeLessThan(1);
  });

  it('none more are where the backlog stays below the slack', () => {
    // 2 % too much for 5 s are 0.1 s.
    expect(shareAt(0.5 / 1.02, 5, [0.2])).toBeCloseTo(shareAt(0.5 / 0.96, 5, [0.2]), 12);
  });

  it('cores that are too few make a backlog like quotas', () => {
    const few = [quotaService('a', { parallelism: 0.25 })];
    const share = new ChainShares(few, CHAINS, with1(4), 5).shares([0.3])[0];
    expect(share).toBeCloseTo(1, 6);
  });
});

describe('the delay but for a share of the requests', () => {
  it('is the slack with which so many are slow', () => {
    const chains = [
      quotaChain('c', [quotaVisit('a')]),
      quotaChain('d', [quotaVisit('a', 0.02), quotaVisit('b', 0.01, 3)], { rate: 20 }),
    ];
    const services = [quotaService('a'), quotaService('b')];
    const found = new ChainShares(services, chains, with1(1.3));
    for (const slacks of [
      [0.02, 0.05],
      [0.06, 0.15],
      [0.1, 0.3],
    ]) {
      const delays = found.delays(found.shares(slacks));
      for (const [c, slack] of slacks.entries()) expect(delays[c]).toBeCloseTo(slack, 2);
    }
  });

  it('is next to nothing where few wait at all, and endless where most never get through', () => {
    expect(new ChainShares(SERVICES, CHAINS, with1(8)).delays([0.05])[0]).toBeLessThan(0.01);
    expect(new ChainShares(SERVICES, CHAINS, with1(0.4)).delays([0.05])).toEqual([Number.POSITIVE_INFINITY]);
  });
});
