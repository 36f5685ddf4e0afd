import { describe, expect, it } from 'vitest';
import { planQuotas } from '../../../../src/components/resource-allocator/quotas/plan-quotas.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

describe('whatever the size of the figures', () => {
  it('the quotas are numbers inside the bounds, and so are the prices', () => {
    const random = seededRandom(5);
    const wild = (from: number, to: number) => 10 ** (from + (to - from) * random());
    const prices = new Map<string, number>();
    for (let i = 0; i < 150; i++) {
      const services = ['a', 'b', 'c'].map((id) => {
        const minCpu = wild(-3, 1);
        const minInstances = Math.ceil(3 * random());
        return quotaService(id, {
          baselineCores: random() < 0.5 ? 0 : wild(-9, 2),
          minCpu,
          maxCpu: minCpu * wild(0, 3),
          minInstances,
          maxInstances: minInstances + Math.floor(5 * random()),
          parallelism: wild(-2, 3),
          quantum: wild(-3, 0),
          instancePrice: random() < 0.5 ? 0 : wild(-6, 6),
          present: { cpu: wild(-3, 3), instances: Math.ceil(wild(0, 2)) },
          isFixed: random() < 0.1,
        });
      });
      const chains = ['c', 'd', 'e'].map((id) =>
        quotaChain(
          id,
          services
            .filter(() => random() < 0.7)
            .map((service) => quotaVisit(service.id, wild(-9, 3), wild(-3, 3))),
          {
            rate: random() < 0.1 ? 0 : wild(-9, 6),
            slackSeconds: random() < 0.2 ? -wild(-9, 2) : wild(-9, 3),
            budget: Math.min(0.999, wild(-9, 0)),
          },
        ),
      );
      const plan = planQuotas(services, chains, { highest: 0.95, prices });
      for (const { id, isFixed, present, minCpu, maxCpu, minInstances, maxInstances } of services) {
        const shape = plan.shapes.get(id)!;
        if (isFixed) expect(shape).toEqual(present);
        else {
          expect(shape.cpu).toBeGreaterThanOrEqual(minCpu);
          expect(shape.cpu).toBeLessThanOrEqual(maxCpu);
          expect(shape.instances).toBeGreaterThanOrEqual(minInstances);
          expect(shape.instances).toBeLessThanOrEqual(maxInstances);
        }
      }
      for (const { price } of plan.chains.values()) expect(price).toBeGreaterThanOrEqual(0);
      for (const price of [...prices.values()]) expect(Number.isFinite(price)).toBe(true);
    }
  });
});
