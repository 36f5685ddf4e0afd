import { describe, expect, it } from 'vitest';
import { buildProblem } from '../../../src/components/resource-allocator/build-problem.ts';
import {
  LearnedChains,
  type ProfileReader,
  slowestOf,
} from '../../../src/components/resource-allocator/learned-chains.ts';
import { memoryFor } from '../../../src/components/resource-allocator/memory.ts';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import { chainSpec, line, profile, profilesWithout, request, shippedTopology, spec } from './fixtures.ts';

const SETTINGS = {
  pricePerCore: 100,
  pricePerMebibyte: 0.1,
  instanceCost: 0,
  cpuQuantum: 0.05,
  inPlaceQuantum: 0.01,
  sloMargin: 0,
  inPlaceMargin: 0,
  inPlacePooling: 0.9,
  maxUtilization: 0.85,
  inPlaceUtilization: 0.92,
  riskFactor: 0.5,
};
const LOADS = { 'user-registration': 40, 'order-processing': 60, 'subscription-management': 80 };

describe('buildProblem', () => {
  it('takes visits, curve and demand from the profiles and the load from the request', () => {
    const { problem } = buildProblem(request(shippedTopology(), LOADS), profilesWithout(), SETTINGS);
    expect(problem.chains.map(({ id, rate }) => [id, rate])).toEqual(Object.entries(LOADS));
    expect(problem.chains[0]!.stages).toEqual([
      [[{ service: 'auth-service', visits: 1, demand: 0.01, floor: 0.02, queueing: 0.03 }]],
    ]);
  });

  it('has what several ways share in the time of each, and its demand once', () => {
    const [auth, payment] = [
      { service: 'auth-service', visits: 1 },
      { service: 'payment-service', visits: 1 },
    ];
    const ways = [[auth, payment], [{ ...auth, again: true as const }]];
    const chain = { ...shippedTopology().chains.get('order-processing')!, stages: [ways] };
    const topology = { ...shippedTopology(), chains: new Map([[chain.id, chain]]) };
    const { problem } = buildProblem(request(topology, LOADS), profilesWithout(), SETTINGS);
    const [[first, second] = []] = problem.chains[0]!.stages;
    expect(first![0]!.demand).toBeGreaterThan(0);
    expect(second![0]).toMatchObject({ ...first![0], demand: 0 });
  });

  it('lets the waits of a caller count where they are measured, without demand of their own', () => {
    const leaking: ProfileReader = {
      ...profilesWithout(),
      profile: (service, chain) =>
        profile(
          service,
          chain,
          service === 'payment-service' && chain === 'order-processing'
            ? { upstream: [{ service: 'auth-service', queueingSeconds: 0.015 }] }
            : {},
        ),
    };
    const { problem } = buildProblem(request(shippedTopology(), LOADS), leaking, SETTINGS);
    expect(problem.chains[1]!.stages[1]).toEqual([
      [
        { service: 'payment-service', visits: 1, demand: 0.01, floor: 0.02, queueing: 0.03 },
        { service: 'auth-service', visits: 1, demand: 0, floor: 0, queueing: 0.015 },
      ],
    ]);
    const plain = buildProblem(request(shippedTopology(), LOADS), profilesWithout(), SETTINGS).problem;
    const [with_, without] = [solvePlan(problem).plan, solvePlan(plain).plan];
    expect(with_.services[0]!.demandCores).toBe(without.services[0]!.demandCores);
    expect(with_.continuousCost).toBeGreaterThan(without.continuousCost);
    // As if the caller waited half as long again.
    const longer = {
      ...plain,
      chains: plain.chains.map((chain, c) =>
        c !== 1
          ? chain
          : {
              ...chain,
              stages: chain.stages.map((stage, i) =>
                i > 0 ? stage : stage.map((branch) => branch.map((visit) => ({ ...visit, queueing: 0.045 }))),
              ),
            },
      ),
    };
    expect(with_.continuousCost).toBeCloseTo(solvePlan(longer).plan.continuousCost, 2);
  });

  it('plans for machines that are slow now, and saves nothing on those that are fast', () => {
    const demandOf = (drift: number) => {
      const drifting: ProfileReader = { ...profilesWithout(), demandDrift: () => drift };
      const { problem } = buildProblem(request(shippedTopology(), LOADS), drifting, SETTINGS);
      return problem.chains[0]!.stages[0]![0]![0]!.demand;
    };
    expect(demandOf(1.1)).toBeCloseTo(0.011, 9);
    expect(demandOf(0.9)).toBeCloseTo(0.01, 9);
  });

  it('counts what a service uses at rest in its demand', () => {
    const resting: ProfileReader = {
      ...profilesWithout(),
      profile: (service, chain) => profile(service, chain, { baselineCores: 0.3 }),
    };
    const { problem } = buildProblem(request(shippedTopology(), LOADS), resting, SETTINGS);
    const [auth] = solvePlan(problem).plan.services;
    expect(auth!.demandCores).toBeCloseTo(0.3 + 100 * 0.01, 9);
  });

  it('leaves a chain without a known load out', () => {
    const { problem } = buildProblem(
      request(shippedTopology(), { 'user-registration': 40 }),
      profilesWithout(),
      SETTINGS,
    );
    expect(problem.chains.map(({ id }) => id)).toEqual(['user-registration']);
  });

  it('holds a service that no loaded chain comes to', () => {
    const { problem, unplanned } = buildProblem(
      request(shippedTopology(), { 'user-registration': 40 }),
      profilesWithout(),
      SETTINGS,
    );
    expect(unplanned).toEqual(['payment-service']);
    expect(problem.services[1]!.fixed).toEqual({ cpu: 4, memory: 8192, instances: 1 });
  });

  it('holds a service at the capacity in force when one of its loaded chains has no profile there', () => {
    const asked = {
      ...request(shippedTopology(), LOADS),
      capacities: new Map([
        ['auth-service', { cpu: 1, memory: 300, instances: 2, source: 'applied' as const, sinceSeconds: 0 }],
      ]),
    };
    const { problem, unplanned } = buildProblem(
      asked,
      profilesWithout(['auth-service/order-processing']),
      SETTINGS,
    );
    expect(unplanned).toEqual(['auth-service']);
    expect(problem.services[0]!.fixed).toEqual({ cpu: 1, memory: 300, instances: 2 });
    expect(problem.chains[1]!.stages[0]).toEqual([[]]);
  });

  it('takes the floor of cpu from the profiles, as far as they are sure and at most twice what is in force', () => {
    const floorOf = (leastCpu: number, confidence: number) =>
      buildProblem(request(shippedTopology(), LOADS), profilesWithout([], { leastCpu, confidence }), SETTINGS)
        .problem.services[0]!.leastCpu;
    expect(floorOf(0.4, 0.9)).toBeCloseTo(0.4, 12);
    expect(floorOf(0.4, 0.1)).toBeCloseTo(0.08, 12);
    expect(floorOf(40, 1)).toBe(8);
    expect(floorOf(0, 1)).toBeUndefined();
  });

  it('keeps the margin of the SLO free', () => {
    const { problem } = buildProblem(request(shippedTopology(), LOADS), profilesWithout(), {
      ...SETTINGS,
      sloMargin: 0.1,
      inPlaceMargin: 0.1,
      inPlacePooling: 0.9,
      maxUtilization: 0.85,
      riskFactor: 0.5,
    });
    expect(problem.chains[0]).toMatchObject({ sloSeconds: 0.2, targetSeconds: 0.2 * 0.9 });
  });

  it.each([
    [0, 1],
    [0.5, 1.2],
    [1, 1.44],
  ])('goes from the prediction to its upper limit with the risk factor: %s', (riskFactor, factor) => {
    const profiles = profilesWithout([], { upperFactor: 1.44 });
    const { problem } = buildProblem(request(shippedTopology(), LOADS), profiles, {
      ...SETTINGS,
      riskFactor,
    });
    const visit = problem.chains[0]!.stages[0]![0]![0]!;
    expect(visit.floor).toBeCloseTo(0.02 * factor, 12);
    expect(visit.queueing).toBeCloseTo(0.03 * factor, 12);
    expect(visit.demand).toBe(0.01);
  });

  it('counts the cores that instances were seen to use, where they are fewer than configured', () => {
    const learned = (parallelism: number) =>
      buildProblem(request(shippedTopology(), LOADS), profilesWithout([], { parallelism }), SETTINGS).problem
        .services[0]!.parallelism;
    expect(learned(1)).toBe(1);
    expect(learned(16)).toBe(4);
  });

  it('has the finer grid for what is resized in place', () => {
    const { services, chains } = shippedTopology();
    const inPlace = { ...services.get('auth-service')!, mode: 'in-place' as const };
    const topology = { services: new Map([...services, [inPlace.id, inPlace]]), chains };
    const { problem } = buildProblem(request(topology, LOADS), profilesWithout(), SETTINGS);
    expect(problem.services.map(({ quantum }) => quantum)).toEqual([0.01, 0.05]);
  });

  it('goes no further into throttling than the capacity in force does', () => {
    // auth-service: (40 + 60) requests/s of 10 ms on 4 cores are ρ = 0.25.
    const bound = (throttledUtilization?: number, cpu = 4) => {
      const changes = throttledUtilization === undefined ? {} : { throttledUtilization };
      const inForce = { cpu, memory: 300, instances: 1, source: 'applied' as const, sinceSeconds: 0 };
      const asked = {
        ...request(shippedTopology(), LOADS),
        capacities: new Map([['auth-service', inForce]]),
      };
      return buildProblem(asked, profilesWithout([], changes), SETTINGS).problem.services[0]!.maxUtilization;
    };
    expect(bound()).toBeUndefined();
    expect(bound(0.5)).toBe(0.5);
    expect(bound(0.5, 1.25)).toBeCloseTo(0.8, 12);
    const asked = request(shippedTopology(), LOADS);
    const throttled = profilesWithout([], { throttledUtilization: 0.5 });
    const { problem } = buildProblem(asked, throttled, SETTINGS);
    for (const { utilization } of solvePlan(problem, { maxUtilization: 0.9 }).plan.services)
      expect(utilization).toBeLessThanOrEqual(0.5 + 1e-9);
  });

  describe('of a chain with parallel branches', () => {
    const services = ['a', 'b', 'c'].map((id) => spec(id, ['fork']));
    const stages = [...line('a'), [...line('b')[0]!, ...line('c')[0]!]];
    const topology = {
      services: new Map(services.map((entry) => [entry.id, entry])),
      chains: new Map([['fork', chainSpec('fork', 0.3, stages)]]),
    };

    it('takes the branches at a higher percentile while it has no end-to-end samples', () => {
      const { problem } = buildProblem(request(topology, { fork: 10 }), profilesWithout(), SETTINGS);
      const [serial, fork] = problem.chains[0]!.stages;
      const factor = Math.log(0.025) / Math.log(0.05);
      expect(serial![0]![0]!.floor).toBe(0.02);
      expect(fork![0]![0]!.floor).toBeCloseTo(0.02 * factor, 12);
      expect(fork![1]![0]!.queueing).toBeCloseTo(0.03 * factor, 12);
    });

    it('takes the measured composition instead as soon as there is one', () => {
      const composition = { factor: 0.8, overheadSeconds: 0.01, windows: 12 };
      const profiles = profilesWithout([], {}, composition);
      const { problem } = buildProblem(request(topology, { fork: 10 }), profiles, SETTINGS);
      expect(problem.chains[0]).toMatchObject({ composition: 0.8, overheadSeconds: 0.01 });
      expect(problem.chains[0]!.stages[1]![0]![0]!.floor).toBe(0.02);
    });
  });
});

describe('slowestOf', () => {
  it('is the ratio of exponential quantiles, 1 for a single branch', () => {
    expect(slowestOf(1, 0.95)).toBe(1);
    expect(slowestOf(2, 0.95)).toBeCloseTo(1.2314, 4);
    expect(slowestOf(3, 0.5)).toBeCloseTo(Math.log(6) / Math.log(2), 12);
  });
});

describe('memoryFor', () => {
  it('is the working set with 15 % headroom, in whole MiB, inside the bounds', () => {
    expect(memoryFor(spec('s', []), 1024, 300)).toBe(345);
    expect(memoryFor(spec('s', []), 1024, 301)).toBe(347);
    expect(memoryFor(spec('s', []), 1024, 10)).toBe(128);
    expect(memoryFor(spec('s', []), 1024, 1e6)).toBe(8192);
  });

  it('is what is in force where nothing was measured, moved inside the bounds', () => {
    expect(memoryFor(spec('s', []), 1024, undefined)).toBe(1024);
    expect(memoryFor(spec('s', []), 64, undefined)).toBe(128);
  });
});

describe('profiles', () => {
  const learnedFrom = (revision: number | undefined, changes: { queueingSeconds?: number } = {}) => {
    let reads = 0;
    const { profile, composition } = profilesWithout([], changes);
    const reader = {
      composition,
      profile: (service: string, chain: string) => {
        reads++;
        return profile(service, chain);
      },
      ...(revision !== undefined && { revision }),
    };
    return { reader, reads: () => reads };
  };
  const asked = request(shippedTopology(), LOADS);

  it('are read once for all problems between two changes of them, and the problems are the same', () => {
    const learned = new LearnedChains();
    const { reader, reads } = learnedFrom(1);
    const other = { ...asked, loads: new Map([['order-processing', 7]]), corrections: new Map() };
    for (const each of [asked, other, asked]) {
      expect(buildProblem(each, reader, SETTINGS, learned)).toEqual(
        buildProblem(each, profilesWithout(), SETTINGS),
      );
    }
    expect(reads()).toBe(4);
  });

  it('are read anew when they have changed, when the caution has, and where nobody tells', () => {
    const learned = new LearnedChains();
    buildProblem(asked, learnedFrom(1).reader, SETTINGS, learned);
    const slower = { queueingSeconds: 0.09 };
    for (const revision of [2, undefined]) {
      const { reader } = learnedFrom(revision, slower);
      expect(buildProblem(asked, reader, SETTINGS, learned)).toEqual(
        buildProblem(asked, profilesWithout([], slower), SETTINGS),
      );
    }
    const { reader, reads } = learnedFrom(3);
    buildProblem(asked, reader, SETTINGS, learned);
    buildProblem(asked, reader, { ...SETTINGS, riskFactor: 1 }, learned);
    expect(reads()).toBe(8);
  });

  it('of a chain whose stages or percentile are asked for otherwise are those of what was asked', () => {
    const learned = new LearnedChains();
    const { reader } = learnedFrom(1);
    buildProblem(asked, reader, SETTINGS, learned);
    const chain = asked.topology.chains.get('order-processing')!;
    const chains = new Map(asked.topology.chains).set(chain.id, {
      ...chain,
      stages: [...chain.stages, ...chain.stages],
    });
    const changed = { ...asked, topology: { ...asked.topology, chains } };
    for (const each of [changed, asked]) {
      expect(buildProblem(each, reader, SETTINGS, learned)).toEqual(buildProblem(each, reader, SETTINGS));
    }
  });
});
