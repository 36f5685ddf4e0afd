import { describe, expect, it } from 'vitest';
import { ChainShares } from '../../../../src/components/resource-allocator/quotas/chain-shares.ts';
import { planQuotas } from '../../../../src/components/resource-allocator/quotas/plan-quotas.ts';
import type {
  QuotaChain,
  QuotaPlan,
  QuotaService,
} from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';
import type { Random } from '../../../../src/models/ports.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

const HIGHEST = 0.95;

function planned(
  services: readonly QuotaService[],
  chains: readonly QuotaChain[],
  prices?: Map<string, number>,
): QuotaPlan {
  return planQuotas(services, chains, { highest: HIGHEST, ...(prices !== undefined && { prices }) });
}

const coresOf = ({ shapes }: QuotaPlan): number =>
  [...shapes.values()].reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);

function sharesUnder(services: readonly QuotaService[], chains: readonly QuotaChain[], plan: QuotaPlan) {
  return new ChainShares(services, chains, ({ id }) => plan.shapes.get(id)!).shares();
}

function drawn(random: Random): { services: readonly QuotaService[]; chains: readonly QuotaChain[] } {
  const between = (low: number, high: number) => low + (high - low) * random();
  const services = ['a', 'b'].map((id) => quotaService(id, { maxCpu: 6 }));
  const chains = ['c', 'd'].map((id) =>
    quotaChain(
      id,
      [
        quotaVisit('a', between(0.002, 0.012), Math.ceil(3 * random())),
        quotaVisit('b', between(0.002, 0.012), Math.ceil(3 * random())),
      ],
      { rate: between(10, 60), slackSeconds: between(0.05, 0.25), budget: between(0.01, 0.04) },
    ),
  );
  return { services, chains };
}

/** The least cores of one instance each, on the grid, with which every chain keeps its budget: each pair is looked at. */
function leastCores(services: readonly QuotaService[], chains: readonly QuotaChain[]): number {
  const [first, second] = services.map((service) => sharesByCpu(service, chains));
  let least = Number.POSITIVE_INFINITY;
  for (const one of first!) {
    for (const other of second!) {
      if (one.cpu + other.cpu >= least) break;
      if (chains.every(({ budget }, c) => one.shares[c]! + other.shares[c]! <= budget))
        least = one.cpu + other.cpu;
    }
  }
  return least;
}

function sharesByCpu(service: QuotaService, chains: readonly QuotaChain[]) {
  const steps = Math.round(service.maxCpu / service.quantum);
  return Array.from({ length: steps }, (_, i) => {
    const cpu = (i + 1) * service.quantum;
    return { cpu, shares: new ChainShares([service], chains, () => ({ cpu, instances: 1 })).shares() };
  });
}

describe('the quotas of two services that two chains share', () => {
  it('cost about as little as any on the grid, and keep the budgets', () => {
    const random = seededRandom(11);
    for (let problem = 0; problem < 12; problem++) {
      const { services, chains } = drawn(random);
      const plan = planned(services, chains);
      const least = leastCores(services, chains);
      expect(least).toBeLessThan(10);
      // A step of the grid for each service beside 2 %.
      expect(coresOf(plan)).toBeLessThanOrEqual(1.02 * least + 0.02);
      for (const [c, share] of sharesUnder(services, chains, plan).entries())
        expect(share).toBeLessThanOrEqual(1.03 * chains[c]!.budget);
      for (const { isMeetable } of plan.chains.values()) expect(isMeetable).toBe(true);
    }
  });

  it('cost what a budget of one more saves at the price that is told', () => {
    const services = ['a', 'b'].map((id) => quotaService(id, { quantum: 1e-6 }));
    const chains = (budget: number) => [
      quotaChain('c', [quotaVisit('a'), quotaVisit('b', 0.012)], { budget }),
    ];
    const [less, more] = [0.019, 0.021].map((budget) => coresOf(planned(services, chains(budget))));
    const { price } = planned(services, chains(0.02)).chains.get('c')!;
    expect(price / ((less! - more!) / 0.002)).toBeCloseTo(1, 0);
  });

  it('name the services that make most requests slow, and nothing where no price is paid', () => {
    const services = [quotaService('a'), quotaService('b')];
    const tight = quotaChain('tight', [quotaVisit('a', 0.02), quotaVisit('b', 1e-5)]);
    const loose = quotaChain('loose', [quotaVisit('b', 1e-5)], { slackSeconds: 10 });
    const { chains } = planned(services, [tight, loose]);
    expect(chains.get('tight')!.binding).toEqual(['a']);
    expect(chains.get('tight')!.price).toBeGreaterThan(0);
    expect(chains.get('loose')).toEqual({ price: 0, binding: [], isMeetable: true });
  });
});

describe('quotas', () => {
  const coresFor = (changes: Partial<Omit<QuotaChain, 'visits'>>, service: Partial<QuotaService> = {}) =>
    coresOf(planned([quotaService('a', service)], [quotaChain('c', [quotaVisit('a', 0.008, 2)], changes)]));

  it('grow with the load, and less than in proportion', () => {
    const rates = [5, 20, 50, 100, 200, 350];
    const cores = rates.map((rate) => coresFor({ rate }));
    expect(cores).toEqual(cores.toSorted((left, right) => left - right));
    const perRequest = cores.map((each, i) => each / rates[i]!);
    expect(perRequest).toEqual(perRequest.toSorted((left, right) => right - left));
    for (const [i, rate] of rates.entries()) expect(cores[i]).toBeGreaterThan(0.016 * rate);
  });

  it('fall with what may be slow, and with slack', () => {
    const byBudget = [0.001, 0.005, 0.02, 0.05, 0.2].map((budget) => coresFor({ budget }));
    expect(byBudget).toEqual(byBudget.toSorted((left, right) => right - left));
    expect(byBudget[0]).toBeGreaterThan(byBudget.at(-1)! + 0.1);
    const bySlack = [0.03, 0.06, 0.1, 0.2, 0.4].map((slackSeconds) => coresFor({ slackSeconds }));
    expect(bySlack).toEqual(bySlack.toSorted((left, right) => right - left));
    expect(bySlack[0]).toBeGreaterThan(bySlack.at(-1)! + 0.1);
  });

  it('are multiples of the quantum inside the bounds', () => {
    for (const quantum of [0.01, 0.07, 0.25]) {
      const { cpu } = planned(
        [quotaService('a', { quantum })],
        [quotaChain('c', [quotaVisit('a')])],
      ).shapes.get('a')!;
      expect(cpu / quantum).toBeCloseTo(Math.round(cpu / quantum), 6);
    }
    expect(coresFor({}, { maxCpu: 1.2 })).toBe(1.2);
    expect(coresFor({}, { minCpu: 5 })).toBe(5);
    expect(coresFor({ rate: 1e6 })).toBe(8);
    expect(coresFor({ rate: 1e6 }, { minInstances: 2, maxInstances: 3 })).toBe(24);
    expect(coresFor({ rate: 0.01 }, { minInstances: 2, maxInstances: 3 })).toBeLessThan(1);
  });

  it('are not all there is where a budget cannot be kept', () => {
    // 8 cores let one core-second through in 50 ms at times, and never as often as asked for.
    const plan = planned(
      [quotaService('a')],
      [quotaChain('c', [quotaVisit('a', 1)], { rate: 1, slackSeconds: 0.05, budget: 0.3 })],
    );
    expect(plan.chains.get('c')!.isMeetable).toBe(false);
    expect(coresOf(plan)).toBeLessThan(4);
    expect(coresOf(plan)).toBeGreaterThan(1);
  });

  it('take from no other chain what one cannot keep', () => {
    const services = [quotaService('a'), quotaService('b')];
    const modest = quotaChain('modest', [quotaVisit('b')]);
    const hopeless = quotaChain('hopeless', [quotaVisit('a', 2)], { rate: 0.5, slackSeconds: 0.05 });
    const both = planned(services, [modest, hopeless]);
    expect(both.shapes.get('b')).toEqual(planned([services[1]!], [modest]).shapes.get('b'));
    expect(both.chains.get('modest')!.isMeetable).toBe(true);
  });

  it('are made for single visits where they seldom come', () => {
    // 100 ms of work each 20 s: in 300 ms and the period that it comes in they are through with a quarter of a core.
    const chain = quotaChain('c', [quotaVisit('a', 0.1)], { rate: 0.05, slackSeconds: 0.3, budget: 0.01 });
    expect(coresOf(planned([quotaService('a')], [chain]))).toBeGreaterThan(0.25);
  });

  it('stay where nothing is known, and are least where nothing comes', () => {
    const present = { cpu: 3.3, instances: 2 };
    const services = [
      quotaService('known'),
      quotaService('unknown', { isFixed: true, present }),
      quotaService('idle', { minCpu: 0.2, minInstances: 2, maxInstances: 4, present }),
    ];
    const chain = quotaChain('c', [quotaVisit('known'), quotaVisit('unknown', 10)]);
    const { shapes, chains } = planned(services, [chain]);
    expect(shapes.get('unknown')).toEqual(present);
    expect(shapes.get('idle')).toEqual({ cpu: 0.2, instances: 2 });
    expect(chains.get('c')!.isMeetable).toBe(true);
  });

  it('carry what a service uses at rest', () => {
    const services = [quotaService('a', { baselineCores: 1.5 })];
    expect(coresOf(planned(services, []))).toBeCloseTo(1.5 / HIGHEST, 1);
    expect(coresOf(planned(services, []))).toBeGreaterThan(1.5);
  });

  it('of nothing are none', () => {
    expect(planned([], [])).toEqual({ shapes: new Map(), chains: new Map() });
  });

  it('are the same wherever the search begins', () => {
    const random = seededRandom(23);
    for (let problem = 0; problem < 8; problem++) {
      const { services, chains } = drawn(random);
      const cold = planned(services, chains);
      const prices = new Map<string, number>();
      planned(services, chains, prices);
      expect([...prices.keys()]).toEqual(chains.map(({ id }) => id));
      const starts = [
        prices,
        new Map(chains.map(({ id }) => [id, 1e-9])),
        new Map(chains.map(({ id }) => [id, 1e9])),
        new Map([['elsewhere', 3]]),
      ];
      for (const start of starts) {
        const warm = planned(services, chains, start);
        for (const [id, { cpu }] of cold.shapes)
          expect(Math.abs(warm.shapes.get(id)!.cpu - cpu)).toBeLessThanOrEqual(0.02 * cpu + 0.01);
        expect(coresOf(warm)).toBeLessThanOrEqual(1.01 * coresOf(cold) + 0.02);
      }
    }
  });

  it('are found again after a time without any load', () => {
    const prices = new Map<string, number>();
    const services = [quotaService('a')];
    const chain = (rate: number) => [quotaChain('c', [quotaVisit('a', 0.008, 2)], { rate })];
    planned(services, chain(0), prices);
    expect(coresOf(planned(services, chain(100), prices))).toBeCloseTo(coresFor({}), 1);
  });
});
