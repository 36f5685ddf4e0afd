import { describe, expect, it } from 'vitest';
import { enoughForSurges } from '../../../../src/components/resource-allocator/quotas/enough-for-surges.ts';
import { planQuotas } from '../../../../src/components/resource-allocator/quotas/plan-quotas.ts';
import type { QuotaService } from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';
import { quotaChain, quotaService, quotaVisit } from './quota-fixtures.ts';

const HIGHEST = 0.95;
const chainAt = (rate: number, service = 'a') =>
  quotaChain('c', [quotaVisit(service, 0.01)], { rate, slackSeconds: 0.1, budget: 0.03 });

function instancesOf(services: readonly QuotaService[], rate: number): number {
  const { shapes } = planQuotas(services, [chainAt(rate)], { highest: HIGHEST });
  return shapes.get('a')!.instances;
}

describe('instances for loads that may surge', () => {
  it('are those that the surge needs, at the load of now', () => {
    const services = [quotaService('a', { maxCpu: 2, parallelism: 2, maxInstances: 10 })];
    expect(instancesOf(services, 50)).toBe(1);
    const enough = enoughForSurges({ services, chains: [chainAt(50)] }, new Map([['c', 500]]), HIGHEST);
    // 5 cores of work do not fit into two instances of 2.
    expect(instancesOf(enough, 50)).toBeGreaterThanOrEqual(3);
  });

  it('stay the same whether the surge is there or not, once they are there', () => {
    const surges = new Map([['c', 500]]);
    for (const maxCpu of [1, 2, 4]) {
      let service = quotaService('a', { maxCpu, parallelism: maxCpu, maxInstances: 20 });
      const numbers: number[] = [];
      for (let pass = 0; pass < 12; pass++) {
        const rate = pass % 4 < 2 ? 60 : 500;
        const enough = enoughForSurges({ services: [service], chains: [chainAt(rate)] }, surges, HIGHEST);
        const { shapes } = planQuotas(enough, [chainAt(rate)], { highest: HIGHEST });
        service = { ...service, present: shapes.get('a')! };
        numbers.push(service.present.instances);
      }
      expect(new Set(numbers.slice(4)).size).toBe(1);
    }
  });

  it('are left alone where no chain that surges comes, where there is no surge, and where a service is not planned', () => {
    const services = [quotaService('a'), quotaService('b'), quotaService('d', { isFixed: true })];
    const chains = [
      quotaChain('c', [quotaVisit('a', 0.01), quotaVisit('d', 0.01)], { rate: 50 }),
      quotaChain('e', [quotaVisit('b', 0.01)], { rate: 50 }),
    ];
    const enough = enoughForSurges({ services, chains }, new Map([['c', 900]]), HIGHEST);
    expect(enough[1]).toBe(services[1]);
    expect(enough[2]).toBe(services[2]);
    expect(enoughForSurges({ services, chains }, new Map(), HIGHEST)).toBe(services);
    expect(enoughForSurges({ services, chains }, undefined, HIGHEST)).toBe(services);
  });

  it('are those of the load of now where that is more than a surge, and one more stays', () => {
    const service = quotaService('a', { maxCpu: 2, parallelism: 2, maxInstances: 10 });
    const enoughFor = (rate: number, surge: number, present = service.present) =>
      enoughForSurges(
        { services: [{ ...service, present }], chains: [chainAt(rate)] },
        new Map([['c', surge]]),
        HIGHEST,
      )[0]!.minInstances;
    const needed = enoughFor(500, 500);
    expect(enoughFor(500, 50)).toBe(needed);
    expect(enoughFor(50, 500)).toBe(needed);
    const withInstances = (instances: number) => ({ ...service.present, instances });
    expect(enoughFor(50, 500, withInstances(needed + 1))).toBe(needed + 1);
    expect(enoughFor(50, 500, withInstances(needed + 3))).toBeLessThan(needed + 3);
  });

  it('are no more than a service may have', () => {
    const services = [quotaService('a', { maxCpu: 1, parallelism: 1, maxInstances: 3 })];
    const [service] = enoughForSurges({ services, chains: [chainAt(50)] }, new Map([['c', 5000]]), HIGHEST);
    expect(service).toMatchObject({ minInstances: 3, maxInstances: 3 });
  });
});
