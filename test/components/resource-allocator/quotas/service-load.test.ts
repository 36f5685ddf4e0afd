import { describe, expect, it } from 'vitest';
import { serviceLoads } from '../../../../src/components/resource-allocator/quotas/service-load.ts';
import { PERIOD_SECONDS } from '../../../../src/components/resource-allocator/quotas/throttling-delay.ts';
import type { Random } from '../../../../src/models/ports.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { normal } from '../../performance-quantifier/windows.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

/** Lognormal with mean 1 and squared coefficient of variation a half. */
function variation(random: Random): number {
  const sigmaSquared = Math.log(1.5);
  return Math.exp(Math.sqrt(sigmaSquared) * normal(random) - sigmaSquared / 2);
}

interface Kind {
  readonly rate: number;
  readonly visits: number;
  readonly demand: number;
}

/** E[W²]/E[W] of the pieces that come to the first of `instances`: each visit of a request goes to any one of them. */
function drawnWork(kinds: readonly Kind[], instances: number): number {
  const random = seededRandom(19);
  let [first, second] = [0, 0];
  for (const { rate, visits, demand } of kinds) {
    for (let request = 0; request < 2000 * rate; request++) {
      let work = 0;
      for (let visit = 0; visit < visits; visit++)
        if (random() * instances < 1) work += demand * variation(random);
      first += work;
      second += work ** 2;
    }
  }
  return second / first;
}

describe('the load of a service', () => {
  const KINDS: readonly Kind[] = [
    { rate: 30, visits: 1, demand: 0.02 },
    { rate: 20, visits: 5, demand: 0.006 },
  ];
  const chains = KINDS.map(({ rate, visits, demand }, c) =>
    quotaChain(`c${c}`, [quotaVisit('a', demand, visits)], { rate }),
  );
  const [load] = serviceLoads([quotaService('a')], chains);

  it('is that of all visits of all chains', () => {
    expect(load!.demand).toBeCloseTo(30 * 0.02 + 20 * 5 * 0.006, 12);
    expect(load!.chains).toEqual([
      { chain: 0, visits: 1 },
      { chain: 1, visits: 5 },
    ]);
  });

  it.each([1, 2, 4])('comes in pieces as drawn requests do, over %d instances', (instances) => {
    expect(load!.workOf(instances) / drawnWork(KINDS, instances)).toBeCloseTo(1, 1);
  });

  it('of less than one visit in a request comes in single ones', () => {
    const seldom = quotaChain('c', [quotaVisit('a', 0.01, 0.25)]);
    expect(serviceLoads([quotaService('a')], [seldom])[0]!.workOf(1)).toBeCloseTo(0.015, 12);
  });

  it('is counted in pieces over a period of one instance, with what is used at rest', () => {
    const [withRest] = serviceLoads([quotaService('a', { baselineCores: 0.6, pooling: 0 })], chains);
    expect(withRest!.demand).toBeCloseTo(load!.demand + 0.6, 12);
    // What is used at rest comes in no pieces.
    expect(withRest!.workOf(2)).toBeCloseTo(load!.workOf(2), 12);
    const expected = (withRest!.demand / 2) * (PERIOD_SECONDS / load!.workOf(2));
    expect(withRest!.worksInPeriod(2)).toBeCloseTo(expected, 12);
  });

  it('of a period counts that of all instances as far as they share their quotas, where many visits come in one', () => {
    const powerAt = (pooling: number, demand: number) => {
      const chain = quotaChain('c', [quotaVisit('a', demand)], { rate: 4 / demand });
      const [of] = serviceLoads([quotaService('a', { pooling })], [chain]);
      return Math.log(of!.worksInPeriod(4) / of!.worksAlone(4)) / Math.log(4);
    };
    expect(powerAt(1, 1e-5)).toBeCloseTo(1, 3);
    expect(powerAt(0.7, 1e-5)).toBeCloseTo(0.7, 3);
    expect(powerAt(0, 1e-5)).toBe(0);
    // 0.067 visits in a period of an instance, and 0.67.
    expect(powerAt(0.7, 1)).toBeCloseTo((0.7 * 0.0667) / 1.0667, 3);
    expect(powerAt(0.7, 0.1)).toBeCloseTo((0.7 * 0.667) / 1.667, 3);
  });

  it('is smooth where no request comes', () => {
    const [idle] = serviceLoads([quotaService('a', { baselineCores: 0.2 })], [quotaChain('c', [])]);
    expect(idle).toMatchObject({ demand: 0.2, chains: [] });
    expect(idle!.workOf(1)).toBe(0);
    expect(idle!.worksInPeriod(1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves out services that are not planned, and visits that bring nothing', () => {
    const chain = quotaChain('c', [quotaVisit('elsewhere'), quotaVisit('a', 0), quotaVisit('b')]);
    const loads = serviceLoads([quotaService('a'), quotaService('b')], [chain]);
    expect(loads.map(({ chains: through }) => through.length)).toEqual([0, 1]);
  });
});
