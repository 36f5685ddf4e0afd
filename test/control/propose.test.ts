import { describe, expect, it } from 'vitest';
import type { MeasuredTraffic } from '../../src/control/observe/chain-violation.ts';
import { propose } from '../../src/control/propose.ts';
import type { ProposeContext } from '../../src/control/propose-context.ts';
import type { ResourceAllocation } from '../../src/models/data-models.ts';
import type { Plan } from '../../src/models/plans.ts';
import type { Settings } from '../../src/models/settings.ts';
import {
  allocation,
  confidentProfiles,
  initialCapacities,
  NOW,
  observationOf,
  profileOf,
  settingsWith,
} from './fixtures.ts';

const settings = settingsWith();

function planOf(shapes: Record<string, ResourceAllocation>): Plan {
  const chains = [...settings.topology.chains.values()].map(({ id, slo }) => ({
    id,
    sloSeconds: slo.latencySeconds,
    expectedLatency: slo.latencySeconds / 2,
    feasible: true,
    achievableLatency: 0.01,
    binding: [],
    shadowPrice: 0,
  }));
  const services = Object.entries(shapes).map(([id, shape]) => ({
    id,
    ...shape,
    capacityCores: shape.cpu * shape.instances,
    demandCores: 0.5,
    utilization: 0.5,
  }));
  return { services, chains, cost: 1, continuousCost: 1, lowerBound: 1, gap: 0, iterations: 1, solveMs: 1 };
}

function contextOf(changes: Partial<ProposeContext> = {}): ProposeContext {
  return {
    settings,
    observation: observationOf(settings),
    profiles: confidentProfiles(1),
    capacities: initialCapacities(settings),
    expectedNow: new Map(),
    demands: new Map(),
    infeasible: new Set(),
    givenUp: new Set(),
    measuredMemory: new Set(['auth-service', 'payment-service']),
    loads: new Map(),
    baselines: new Map(),
    ...changes,
  };
}

/** The observation with one chain changed. */
function withChain(id: string, changes: object): ProposeContext['observation'] {
  const observation = observationOf(settings);
  const chain = { ...observation.chains.get(id)!, ...changes };
  return { ...observation, chains: new Map([...observation.chains, [id, chain]]) };
}

const both = (cpu: number) => ({ 'auth-service': allocation(cpu), 'payment-service': allocation(cpu) });

function targets(plan: Plan, context: ProposeContext, unplanned: string[] = []) {
  return Object.fromEntries(
    propose({ plan, unplanned }, context).map(({ service, target, reason }) => [
      service.id,
      { cores: target.cpu * target.instances, reason },
    ]),
  );
}

describe('what is proposed', () => {
  it('follows the plan, and says for which chain', () => {
    const [draft] = propose({ plan: planOf(both(2)), unplanned: [] }, contextOf());
    expect(draft).toMatchObject({ target: allocation(2), reason: 'cheaper' });
    expect(draft?.explanation).toBe(
      'Shrinks to 1 × 2 cores, 1024 MiB: 50 % busy at the planned load; user-registration is expected at 100 ms of 200 ms.',
    );
  });

  it('keeps a service that cannot be planned where it is, and tells silence from ignorance', () => {
    const silent = { load: undefined, lastRecordSeconds: NOW - 500 };
    const unknown = contextOf();
    expect(targets(planOf(both(2)), unknown, ['auth-service'])['auth-service']).toEqual({
      cores: 4,
      reason: 'no-data',
    });
    const quiet = contextOf({ observation: withChain('order-processing', silent) });
    const [draft] = propose({ plan: planOf(both(2)), unplanned: ['auth-service'] }, quiet);
    expect(draft).toMatchObject({ reason: 'stale-data' });
    expect(draft?.explanation).toContain('no record of order-processing for 500 s');
  });

  it('grows services without a fitted profile by a step when their chain misses its SLO steadily', () => {
    const profiles = confidentProfiles(1);
    profiles.profile = (service, chain) =>
      profileOf(service, chain, { source: service === 'auth-service' ? 'prior' : 'fitted' });
    const observation = withChain('order-processing', { violating: 'slow' });
    expect(targets(planOf(both(2)), contextOf({ profiles, observation }))).toEqual({
      'auth-service': { cores: 8, reason: 'grow-on-violation' },
      'payment-service': { cores: 2, reason: 'cheaper' },
    });
  });

  it('grows fitted services too when none of them would grow by plan', () => {
    const observation = withChain('order-processing', { violating: 'slow' });
    expect(targets(planOf(both(2)), contextOf({ observation }))).toMatchObject({
      'auth-service': { cores: 8 },
      'payment-service': { cores: 8 },
    });
    const growing = { ...both(2), 'payment-service': allocation(3, 2) };
    expect(targets(planOf(growing), contextOf({ observation }))).toMatchObject({
      'auth-service': { cores: 2 },
      'payment-service': { cores: 6, reason: 'grow-for-slo' },
    });
  });

  it('does not grow what capacity cannot help: failures, nearly idle services, SLOs that cannot be met', () => {
    const growth = (changes: Partial<ProposeContext>, violating: 'slow' | 'failing' = 'slow') => {
      const observation = withChain('user-registration', { violating });
      return targets(planOf(both(2)), contextOf({ observation, ...changes }))['auth-service']?.cores;
    };
    expect(growth({})).toBe(8);
    expect(growth({}, 'failing')).toBe(2);
    expect(growth({ demands: new Map([['auth-service', 0.7]]) })).toBe(2);
    expect(growth({ demands: new Map([['auth-service', 0.9]]) })).toBe(8);
    expect(growth({ infeasible: new Set(['user-registration']) })).toBe(2);
    // Less than one core makes a visit slower than a thread could be, however rare visits are.
    const capacities = initialCapacities(settings);
    capacities.note('auth-service', { ...allocation(0.5), source: 'applied', sinceSeconds: 0 });
    const small = both(0.5);
    const observation = withChain('user-registration', { violating: 'slow' });
    const baselines = new Map([['auth-service', allocation(0.5)]]);
    const demands = new Map([['auth-service', 0.01]]);
    const context = contextOf({ observation, capacities, baselines, demands });
    expect(targets(planOf(small), context)['auth-service']?.cores).toBe(1);
  });

  it('holds memory where steps are counted from while nothing measures it', () => {
    const baselines = new Map([['auth-service', allocation(2, 1, 400)]]);
    const [held] = propose(
      { plan: planOf(both(2)), unplanned: [] },
      contextOf({ baselines, measuredMemory: new Set() }),
    );
    expect(held?.target.memory).toBe(400);
    const [measured] = propose({ plan: planOf(both(2)), unplanned: [] }, contextOf({ baselines }));
    expect(measured?.target.memory).toBe(1024);
  });

  it('grows what holds a chain up when work is piling up, and nothing while the profiles explain what is seen', () => {
    const latest: MeasuredTraffic = {
      rate: 50,
      latency: 5,
      serviceSeconds: new Map([
        ['auth-service', 0.1],
        ['payment-service', 4.9],
      ]),
    };
    const observation = withChain('order-processing', { latest });
    const piling = contextOf({ observation, expectedNow: new Map([['order-processing', 0.4]]) });
    expect(targets(planOf(both(2)), piling)).toEqual({
      'auth-service': { cores: 2, reason: 'cheaper' },
      'payment-service': { cores: 8, reason: 'grow-on-violation' },
    });
    const explained = contextOf({ observation, expectedNow: new Map([['order-processing', 4.8]]) });
    expect(targets(planOf(both(2)), explained)['payment-service']).toEqual({ cores: 2, reason: 'cheaper' });
    const saturated = contextOf({ observation, expectedNow: new Map() });
    expect(targets(planOf(both(2)), saturated)['payment-service']).toMatchObject({ cores: 8 });
  });

  it('grows nothing for a quarter of a minute over the SLO where all is resized in place, as its plan allows for such', () => {
    const { services, chains } = settings.topology;
    const inPlace = [...services].map(
      ([id, service]) => [id, { ...service, mode: 'in-place' as const }] as const,
    );
    const resized: Settings = { ...settings, topology: { services: new Map(inPlace), chains } };
    const withSlo = (latencySeconds: number): Settings => {
      const chain = chains.get('order-processing')!;
      const short = { ...chain, slo: { ...chain.slo, latencySeconds } };
      const topology = { ...resized.topology, chains: new Map([...chains, ['order-processing', short]]) };
      return { ...resized, topology };
    };
    const coresOf = (context: Partial<ProposeContext>, times = 1.9, chain = {}, unplanned: string[] = []) => {
      const { topology } = context.settings ?? resized;
      const latency = times * topology.chains.get('order-processing')!.slo.latencySeconds;
      const latest = { rate: 50, latency, serviceSeconds: new Map([['payment-service', latency]]) };
      const observation = withChain('order-processing', { latest, ...chain });
      const all = contextOf({ observation, settings: resized, ...context });
      return targets(planOf(both(2)), all, unplanned)['payment-service']?.cores;
    };
    expect(coresOf({})).toBe(2);
    expect(coresOf({}, 2.1)).toBe(6);
    expect(coresOf({ settings: withSlo(0.05) }, 10.9)).toBe(2);
    expect(coresOf({ settings: withSlo(0.05) }, 11.1)).toBe(6);
    expect(coresOf({ settings })).toBe(8);
    // What no quotas were planned for.
    const control = { ...settings.control, caps: { cpu: 100 } };
    expect(coresOf({ settings: { ...resized, control } })).toBe(6);
    expect(coresOf({ infeasible: new Set(['order-processing']) })).toBe(6);
    expect(coresOf({}, 1.9, {}, ['payment-service'])).toBe(6);
    expect(coresOf({}, 1.9, { violating: 'slow' })).toBe(6);
  });

  it('grows on a pessimistic first curve only as far as the load does while what runs copes', () => {
    const profiles = confidentProfiles(1);
    profiles.profile = (service, chain) => profileOf(service, chain, { source: 'prior' });
    const capacities = initialCapacities(settings);
    const plan = planOf({ 'auth-service': allocation(4, 3), 'payment-service': allocation(4, 3) });
    const loads = new Map([['order-processing', 12.5]]);
    const context = contextOf({ profiles, capacities, loads });
    const [draft] = propose({ plan, unplanned: [] }, context);
    expect(draft?.target).toMatchObject({ cpu: 2.5, instances: 2 });
    expect(draft?.explanation).toContain('what runs copes (100 ms of 200 ms in user-registration)');
    const slow = contextOf({
      profiles,
      capacities,
      loads,
      observation: withChain('order-processing', { observedLatency: 0.49 }),
    });
    expect(targets(plan, slow)['auth-service']).toMatchObject({ cores: 12 });
  });

  it('does not grow beyond the bounds, nor below what was recommended before', () => {
    const capacities = initialCapacities(settings);
    capacities.note('auth-service', { ...allocation(4, 9), source: 'applied', sinceSeconds: 0 });
    const observation = withChain('user-registration', { violating: 'slow' });
    const baselines = new Map([['auth-service', allocation(4, 10)]]);
    expect(targets(planOf(both(2)), contextOf({ observation, capacities, baselines }))).toMatchObject({
      'auth-service': { cores: 40 },
    });
  });
});
