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
    expect(shapeFor({ present }, calm).instances).toBe(1);
    expect(shapeFor({ present, instancePrice: 1 }, calm).instances).toBe(1);
    expect(shapeFor({ instancePrice: 50 }).instances).toBe(1);
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
