import { describe, expect, it } from 'vitest';
import { planQuotas } from '../../../../src/components/resource-allocator/quotas/plan-quotas.ts';
import type {
  QuotaService,
  Shape,
} from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';
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

  it('stays what it is while the load goes up and down by a few percent', () => {
    let present = { cpu: 4, instances: 1 };
    let changes = 0;
    for (let pass = 0; pass < 60; pass++) {
      const rate = ((2.6 + 0.012 * pass) * (1 + 0.04 * Math.sin(pass))) / 0.0275;
      const next = shapeFor({ present, instancePrice: 0.13 }, { ...burst, rate });
      if (next.instances !== present.instances) changes += 1;
      present = next;
    }
    expect(present.instances).toBe(2);
    expect(changes).toBe(1);
  });

  it('does not depend on what there is where prices of one search would ask for it again', () => {
    const crowded = { ...burst, rate: 3.4 / 0.0275 };
    const instances = [1, 2].map(
      (now) => shapeFor({ present: { cpu: 4, instances: now } }, crowded).instances,
    );
    expect(instances).toEqual([2, 2]);
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
