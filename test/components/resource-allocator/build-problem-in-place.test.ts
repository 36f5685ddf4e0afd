import { describe, expect, it } from 'vitest';
import { buildProblem } from '../../../src/components/resource-allocator/build-problem.ts';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { LatencyProfile } from '../../../src/models/profiles.ts';
import { profilesWithout, request, shippedTopology } from './fixtures.ts';

const SETTINGS = {
  pricePerCore: 100,
  pricePerMebibyte: 0.1,
  instanceCost: 0,
  cpuQuantum: 0.05,
  inPlaceQuantum: 0.01,
  sloMargin: 0.1,
  inPlaceMargin: 0.3,
  maxUtilization: 0.85,
  inPlaceUtilization: 0.92,
  riskFactor: 0.5,
};
const LOADS = { 'user-registration': 40, 'order-processing': 60, 'subscription-management': 80 };

describe('services that are resized in place', () => {
  /** The problem with `auth-service` and `payment-service` in these modes. */
  const problemIn = (
    [auth, payment]: readonly [ServiceMode, ServiceMode],
    changes: Partial<LatencyProfile> = {},
    recent?: Readonly<Record<string, number>>,
  ) => {
    const { services, chains } = shippedTopology();
    const inModes = new Map([
      ['auth-service', { ...services.get('auth-service')!, mode: auth }],
      ['payment-service', { ...services.get('payment-service')!, mode: payment }],
    ]);
    const asked = request({ services: inModes, chains }, LOADS);
    const recentLoads = recent && { recentLoads: new Map(Object.entries(recent)) };
    return buildProblem({ ...asked, ...recentLoads }, profilesWithout([], changes), SETTINGS).problem;
  };
  const BOTH = ['in-place', 'in-place'] as const;
  const MIXED = ['in-place', 'rolling'] as const;

  it('are planned with a wait of known form and a margin of their own, together with their chains', () => {
    const { services, chains } = problemIn(BOTH, { exponent: 1.3, verticalExponent: 0.9 });
    for (const service of services) expect(service).toMatchObject({ exponent: 2, verticalExponent: 0.5 });
    expect(chains.map(({ targetSeconds }) => targetSeconds)).toEqual([0.2 * 0.7, 0.5 * 0.7, 0.3 * 0.7]);
    const [, { overheadSeconds, stages } = chains[0]!] = chains;
    expect(overheadSeconds).toBeCloseTo(0.04, 12);
    expect(stages).toHaveLength(1);
    expect(stages[0]![0]).toMatchObject([
      { service: 'auth-service', floor: 0, queueing: 0.01, demand: 0.01 },
      { service: 'payment-service', floor: 0, queueing: 0.01, demand: 0.01 },
    ]);
  });

  it('are planned with the curves that were fitted where their chains pass through others too', () => {
    const { services, chains } = problemIn(MIXED, { exponent: 1.3, verticalExponent: 0.9 });
    for (const service of services) expect(service).toMatchObject({ exponent: 1.3, verticalExponent: 0.9 });
    // `user-registration` passes through auth-service only, which it shares with `order-processing`.
    expect(chains.map(({ targetSeconds }) => targetSeconds)).toEqual([0.2 * 0.9, 0.5 * 0.9, 0.3 * 0.9]);
    expect(chains[1]!.stages).toHaveLength(2);
    expect(chains[0]!.stages[0]![0]![0]).toMatchObject({ floor: 0.02, queueing: 0.03 });
  });

  it('are planned to the size at which their wait fills the objective', () => {
    const { services, chains } = problemIn(BOTH);
    const alone = { services: services.slice(0, 1), chains: chains.slice(0, 1) };
    const service = { ...alone.services[0]!, quantum: 1e-6, maxInstances: 1, ownUtilization: 1 };
    const tight = { ...alone.chains[0]!, targetSeconds: 0.04 };
    const [{ cpu, utilization } = { cpu: 0, utilization: 0 }] = solvePlan({
      services: [service],
      chains: [tight],
    }).plan.services;
    expect(utilization).toBeCloseTo(0.4 / cpu, 9);
    // 20 ms of work, and 10 ms · ρ²/(√u · (1 − ρ)) of waiting.
    const wait = (0.01 * utilization ** 2) / (Math.sqrt(cpu) * (1 - utilization));
    expect(wait).toBeCloseTo(0.02, 5);
  });

  describe('go in utilisation', () => {
    const boundAt = (highestSeen: number, recentShare?: number) => {
      const recent =
        recentShare === undefined
          ? undefined
          : Object.fromEntries(Object.entries(LOADS).map(([id, rate]) => [id, recentShare * rate]));
      const { services } = problemIn(MIXED, { utilizationRange: [0.1, highestSeen] }, recent);
      expect(services[1]).not.toHaveProperty('ownUtilization');
      return services[0]!.ownUtilization;
    };

    it('a step beyond what was seen, and where nothing was to where waiting is small', () => {
      expect(boundAt(0.7)).toBeCloseTo(0.73, 12);
      expect(boundAt(0.2)).toBeCloseTo(0.53, 12);
    });

    it('further by as much as the load that is planned for exceeds the one that was seen', () => {
      expect(boundAt(0.6, 0.8)).toBeCloseTo(0.63 / 0.8, 12);
      expect(boundAt(0.6, 1.5)).toBeCloseTo(0.63, 12);
      expect(boundAt(0.6, 0)).toBeCloseTo(0.63, 12);
    });

    it('never beyond the bound that is configured', () => {
      expect(boundAt(0.99)).toBe(0.92);
      expect(boundAt(0.8, 0.5)).toBe(0.92);
    });
  });
});
