import { describe, expect, it } from 'vitest';
import {
  allocatorWith,
  asked,
  BASE,
  coresOf,
  inForce,
  LOADS,
  SIZES,
  shapesOf,
  topologyIn,
} from './in-place-fixtures.ts';

/** Of the requests 5 % may be slow; a fifth of it is margin, and bursts take a quarter. */
const BUDGET = 0.05 * 0.8 * 0.75;

describe('a plan for services that are resized in place', () => {
  it('lets no more requests of any chain be slow than its budget, and uses it', () => {
    const allocator = allocatorWith();
    const question = asked();
    const outcome = allocator.plan(question);
    expect(outcome.unplanned).toEqual([]);
    const shares = [...allocator.slowShares(question, shapesOf(outcome)).values()];
    for (const share of shares) expect(share).toBeLessThanOrEqual(1.03 * BUDGET);
    expect(Math.max(...shares)).toBeGreaterThan(0.7 * BUDGET);
    for (const { cpu } of outcome.plan.services) expect(cpu * 100).toBeCloseTo(Math.round(cpu * 100), 6);
  });

  it('tells what its chains are expected to take, and what binds them', () => {
    const allocator = allocatorWith();
    const question = asked();
    const outcome = allocator.plan(question);
    const latencies = allocator.evaluate(question, shapesOf(outcome));
    for (const chain of outcome.plan.chains) {
      expect(chain.feasible).toBe(true);
      expect(chain.expectedLatency).toBe(latencies.get(chain.id));
      expect(chain.expectedLatency).toBeLessThanOrEqual(chain.sloSeconds);
      expect(chain.achievableLatency).toBeLessThanOrEqual(chain.expectedLatency);
      expect(chain.shadowPrice > 0).toBe(chain.binding.length > 0);
    }
    expect(outcome.plan.chains.some(({ shadowPrice }) => shadowPrice > 0)).toBe(true);
    expect(outcome.plan.chains.map(({ sloSeconds }) => sloSeconds)).toEqual([0.2, 0.5, 0.3]);
  });

  it('costs what its cores and memory do', () => {
    const { plan } = allocatorWith().plan(asked());
    const cost = plan.services.reduce(
      (sum, { cpu, memory, instances }) => sum + instances * (100 * cpu + 0.1 * memory),
      0,
    );
    expect(plan.cost).toBeCloseTo(cost, 6);
  });

  it('has more cores for chains of which more were slow than expected', () => {
    const slow = (factor: number) =>
      coresOf(
        allocatorWith().plan(
          asked({
            slowness: new Map(Object.keys(LOADS).map((id) => [id, { baseSeconds: BASE, factor }])),
          }),
        ),
      );
    const [less, same, more] = [slow(0.2), slow(1), slow(8)];
    for (const id of Object.keys(SIZES)) {
      expect(less![id]).toBeLessThan(same![id]!);
      expect(same![id]).toBeLessThan(more![id]!);
    }
  });

  it('has more cores for chains that take longer when nobody waits', () => {
    const cores = [0.02, 0.1, 0.15, 0.5].map((baseSeconds) => {
      const slowness = new Map([['user-registration', { baseSeconds, factor: 1 }]]);
      const only = new Map([['user-registration', 60]]);
      return coresOf(allocatorWith().plan(asked({ slowness, loads: only })))['auth-service']!;
    });
    expect(cores).toEqual(cores.toSorted((left, right) => left - right));
    expect(cores[3]).toBeGreaterThan(cores[0]!);
  });

  it('has more cores where a service uses more CPU than its profile says, and only there', () => {
    const before = coresOf(allocatorWith().plan(asked()));
    const demandFactors = new Map([['payment-service', 1.5]]);
    const after = coresOf(allocatorWith().plan(asked({ demandFactors })));
    // 1.4 cores of work become 2.1.
    expect(after['payment-service']).toBeGreaterThan(Math.max(2.1, 1.2 * before['payment-service']!));
    expect(after['auth-service']! / before['auth-service']!).toBeCloseTo(1, 1);
  });

  it('has fewer cores on several instances the more they share their quotas', () => {
    const topology = topologyIn();
    const three = [...topology.services].map(
      ([id, service]) => [id, { ...service, minInstances: 3, maxInstances: 3 }] as const,
    );
    const question = asked({}, { ...topology, services: new Map(three) });
    const cores = [0, 0.5, 1].map(
      (inPlacePooling) => coresOf(allocatorWith({ inPlacePooling }).plan(question))['payment-service']!,
    );
    expect(cores[1]).toBeLessThan(0.95 * cores[0]!);
    expect(cores[2]).toBeLessThan(0.99 * cores[1]!);
  });

  it('counts on no more than what is asked for, whatever the limit', () => {
    const planAt = (limit?: number) =>
      coresOf(allocatorWith().plan(asked({ capacities: inForce(2, limit) })));
    for (const limit of [1, 4, 40]) expect(planAt(limit)).toEqual(planAt());
  });

  it('leaves alone what nothing is known of, and plans the rest', () => {
    const outcome = allocatorWith({}, ['payment-service/subscription-management']).plan(
      asked({ capacities: inForce(2.5) }),
    );
    expect(outcome.unplanned).toEqual(['payment-service']);
    expect(shapesOf(outcome).get('payment-service')!.cpu).toBe(2.5);
    expect(shapesOf(outcome).get('auth-service')!.cpu).toBeLessThan(2);
  });

  it('says what it would say when it is only tried, and forgets it', () => {
    const [one, other] = [allocatorWith(), allocatorWith()];
    one.plan(asked());
    other.plan(asked());
    one.tryPlan(asked({ loads: new Map(Object.keys(LOADS).map((id) => [id, 250])) }));
    expect(shapesOf(one.plan(asked()))).toEqual(shapesOf(other.plan(asked())));
    expect(shapesOf(one.tryPlan(asked()))).toEqual(shapesOf(one.plan(asked())));
  });

  it('is not disturbed by chains without a load', () => {
    const loads = new Map([['user-registration', 60]]);
    const allocator = allocatorWith();
    const question = asked({ loads });
    const outcome = allocator.plan(question);
    expect(outcome.unplanned).toEqual(['payment-service']);
    expect([...allocator.slowShares(question, new Map()).keys()]).toEqual(['user-registration']);
  });

  it('has instances for loads that may surge, as long as a cap leaves room for them', () => {
    const surges = new Map(Object.entries(LOADS).map(([id, load]) => [id, 12 * load]));
    const total = (outcome: ReturnType<ReturnType<typeof allocatorWith>['plan']>, of: 'cpu' | 'memory') =>
      outcome.plan.services.reduce((sum, service) => sum + service.instances * service[of], 0);
    const instances = (outcome: ReturnType<ReturnType<typeof allocatorWith>['plan']>) =>
      outcome.plan.services.reduce((sum, service) => sum + service.instances, 0);
    const without = allocatorWith().plan(asked());
    const surging = allocatorWith().plan(asked({ surges }));
    expect(instances(surging)).toBeGreaterThan(instances(without));
    // Quotas are those of the load of now.
    expect(total(surging, 'cpu')).toBeLessThan(3 * total(without, 'cpu'));
    const memory = 0.5 * (total(surging, 'memory') + total(without, 'memory'));
    const capped = allocatorWith().plan(asked({ surges, caps: { memory } }));
    expect(coresOf(capped)).toEqual(coresOf(without));
  });
});
