import { describe, expect, it } from 'vitest';
import { planQuotas } from '../../../../src/components/resource-allocator/quotas/plan-quotas.ts';
import type {
  QuotaService,
  Shape,
} from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

const HIGHEST = 0.95;

describe('the number of instances', () => {
  /** 76 requests/s with five visits of 5.5 ms at once: 2.1 cores on instances of 4. */
  const burst = quotaChain('c', [quotaVisit('a', 0.0055, 5)], {
    rate: 2.1 / 0.0275,
    slackSeconds: 0.055,
    budget: 0.03,
  });
  const shapeFor = (changes: Partial<QuotaService>, chain = burst): Shape =>
    planQuotas([quotaService('a', { parallelism: 4, maxCpu: 4, maxInstances: 10, ...changes })], [chain], {
      highest: HIGHEST,
    }).shapes.get('a')!;

  it('is one more where waits for cores use the budget up, which no quota ends', () => {
    expect(shapeFor({}).instances).toBe(2);
    expect(shapeFor({ parallelism: 64 }).instances).toBe(1);
    expect(shapeFor({}, { ...burst, slackSeconds: 0.5 }).instances).toBe(1);
  });

  it('is one less where fewer do, and starts are not free', () => {
    const present = { cpu: 4, instances: 3 };
    const calm = { ...burst, rate: 20, slackSeconds: 0.3 };
    expect(shapeFor({ present, instancePrice: 0.13 }, calm).instances).toBeLessThan(3);
    expect(shapeFor({ present, instancePrice: 1 }, calm).instances).toBe(1);
    expect(shapeFor({ instancePrice: 50 }).instances).toBe(1);
  });

  it('is far fewer where each of them saves next to nothing', () => {
    const present = { cpu: 1, instances: 10 };
    const less = { ...burst, rate: 3 / 0.0275, slackSeconds: 0.3 };
    expect(shapeFor({ present, instancePrice: 0.13 }, less).instances).toBeLessThanOrEqual(3);
  });

  interface Day {
    readonly visits: number;
    readonly slack: number;
    readonly price: number;
    readonly cores: number;
    readonly parallelism: number;
  }

  /** A load that goes up and down with the day, and by a tenth from pass to pass. */
  function followed({ visits, slack, price, cores, parallelism }: Day) {
    const random = seededRandom(3);
    const prices = new Map<string, number>();
    let present = { cpu: parallelism, instances: 1 };
    let [changes, unmeetable] = [0, 0];
    for (let pass = 0; pass < 160; pass++) {
      const load = cores * (1 + 0.4 * Math.sin((2 * Math.PI * pass) / 160)) * (1 + 0.2 * (random() - 0.5));
      const rate = load / (visits * 0.0055);
      const chain = quotaChain('c', [quotaVisit('a', 0.0055, visits)], { rate, slackSeconds: slack });
      const bounds = { parallelism, maxCpu: parallelism, maxInstances: 40 };
      const service = quotaService('a', { ...bounds, instancePrice: price, present });
      const plan = planQuotas([service], [chain], { highest: HIGHEST, prices });
      const next = plan.shapes.get('a')!;
      if (pass > 10 && next.instances !== present.instances) changes += 1;
      if (pass > 10 && !plan.chains.get('c')!.isMeetable) unmeetable += 1;
      present = next;
    }
    return { changes, unmeetable };
  }

  it.each([
    { visits: 1, slack: 0.15, price: 0.3, cores: 4, parallelism: 1, changes: 22, unmeetable: 2 },
    { visits: 5, slack: 0.055, price: 0.3, cores: 4, parallelism: 1, changes: 12, unmeetable: 75 },
    { visits: 1, slack: 0.055, price: 0.03, cores: 2.5, parallelism: 4, changes: 2, unmeetable: 0 },
  ])(
    'follows a day with few changes: $visits visits, slack $slack s, price $price, $cores cores on instances of $parallelism',
    ({ changes, unmeetable, ...day }) => {
      const found = followed(day);
      expect(found.changes).toBeLessThanOrEqual(changes);
      expect(found.unmeetable).toBeLessThanOrEqual(unmeetable);
    },
  );

  it('is not so small that waits for cores use the budget up, where it was enough', () => {
    const present = { cpu: 0.32, instances: 12 };
    const chain = quotaChain('c', [quotaVisit('a', 0.0055)], { rate: 3.4 / 0.0055, slackSeconds: 0.055 });
    const service = quotaService('a', {
      ...{ parallelism: 1, maxCpu: 1, maxInstances: 40, instancePrice: 0.13, present },
    });
    expect(planQuotas([service], [chain], { highest: HIGHEST }).chains.get('c')!.isMeetable).toBe(true);
  });

  it('grows by more than one at once where waits for cores use the budget up', () => {
    const wanted = { present: { cpu: 1, instances: 17 }, parallelism: 1, maxCpu: 1, maxInstances: 40 };
    const crowded = quotaChain('c', [quotaVisit('a', 0.0055)], { rate: 16 / 0.0055, slackSeconds: 0.055 });
    expect(shapeFor(wanted, crowded).instances).toBeGreaterThan(20);
  });

  it('stays inside its bounds', () => {
    expect(shapeFor({ maxInstances: 1 }).instances).toBe(1);
    expect(shapeFor({ minInstances: 5 }).instances).toBe(5);
    const present = { cpu: 4, instances: 30 };
    expect(shapeFor({ present, maxInstances: 6 }).instances).toBeLessThanOrEqual(6);
  });

  it('carries the load, however few there are at present', () => {
    const { cpu, instances } = shapeFor({}, { ...burst, rate: 20 / 0.0275 });
    expect(cpu * instances).toBeGreaterThan(20 / HIGHEST);
    expect(instances).toBeLessThanOrEqual(10);
  });
});
