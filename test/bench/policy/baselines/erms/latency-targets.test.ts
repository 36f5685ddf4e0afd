import { describe, expect, it } from 'vitest';
import {
  fitProfile,
  type LatencyProfile,
} from '../../../../../bench/policy/baselines/erms/latency-profile.ts';
import {
  containersFor,
  latencyTargets,
  type VisitedService,
} from '../../../../../bench/policy/baselines/erms/latency-targets.ts';
import type { KnownCall } from '../../../../../bench/policy/policy.ts';
import { lineChain } from '../../scripted-context.ts';

/** One line, on both sides of the cut-off. */
function straight(slope: number, intercept: number): LatencyProfile {
  const line = { slope, intercept };
  return { below: line, above: line, cutoff: 0, smallestWorkload: 1, largestWorkload: 100 };
}

const visited = (
  profiles: readonly LatencyProfile[],
  workloads: readonly number[],
  resources: readonly number[],
) =>
  new Map<number, VisitedService>(
    profiles.map((profile, i) => [i, { profile, workload: workloads[i]!, resource: resources[i]! }]),
  );

/** Cores that hold those targets. */
function cores(services: ReadonlyMap<number, VisitedService>, targets: ReadonlyMap<number, number>): number {
  return [...services].reduce(
    (sum, [service, { profile, workload, resource }]) =>
      sum + resource * containersFor(profile, workload, targets.get(service)!),
    0,
  );
}

describe('latency targets of services in sequence', () => {
  const services = visited(
    [straight(0.001, 0.01), straight(0.004, 0.02), straight(0.0005, 0.005)],
    [100, 80, 300],
    [0.5, 0.5, 0.2],
  );
  const root = lineChain([0, 1, 2], 0.2).root;
  const targets = latencyTargets(root, services, 0.2);

  it('add up to the SLO', () => {
    expect([...targets.values()].reduce((sum, target) => sum + target, 0)).toBeCloseTo(0.2, 12);
  });

  it('cost less than any other division on a fine grid', () => {
    let best = Infinity;
    for (let first = 0.011; first < 0.18; first += 0.0005) {
      for (let second = 0.021; first + second < 0.194; second += 0.0005) {
        const other = new Map([
          [0, first],
          [1, second],
          [2, 0.2 - first - second],
        ]);
        best = Math.min(best, cores(services, other));
      }
    }
    expect(cores(services, targets)).toBeLessThanOrEqual(best);
    expect(cores(services, targets)).toBeGreaterThan(0.999 * best);
  });
});

describe('latency targets of services in parallel', () => {
  const root: KnownCall = {
    service: 0,
    stages: [
      [
        { service: 1, stages: [] },
        { service: 2, stages: [] },
      ],
    ],
  };
  const services = visited(
    [straight(0.001, 0.01), straight(0.004, 0.02), straight(0.002, 0.02)],
    [100, 100, 100],
    [1, 1, 1],
  );
  const targets = latencyTargets(root, services, 0.2);

  it('are the same, and with what comes before add up to the SLO', () => {
    expect(targets.get(1)).toBeCloseTo(targets.get(2)!, 12);
    expect(targets.get(0)! + targets.get(1)!).toBeCloseTo(0.2, 12);
  });

  it('cost less than any other division', () => {
    const costAt = (first: number) =>
      cores(services, new Map([0, 1, 2].map((service) => [service, service === 0 ? first : 0.2 - first])));
    const best = Math.min(...Array.from({ length: 300 }, (_, i) => costAt(0.011 + i * 0.0005)));
    expect(cores(services, targets)).toBeLessThanOrEqual(best);
  });
});

describe('latency targets', () => {
  it('are the smallest one for a service that is visited twice', () => {
    const services = visited([straight(0.001, 0.01), straight(0.004, 0.02)], [100, 100], [1, 1]);
    const twice = latencyTargets(lineChain([0, 1, 0], 0.3).root, services, 0.3);
    expect(2 * twice.get(0)! + twice.get(1)!).toBeCloseTo(0.3, 12);
  });

  it('are still positive when the SLO cannot be met', () => {
    const services = visited([straight(0.001, 0.2), straight(0.004, 0.2)], [100, 100], [1, 1]);
    for (const target of latencyTargets(lineChain([0, 1], 0.3).root, services, 0.3).values()) {
      expect(target).toBeGreaterThan(0.2);
    }
  });

  it('use the flat line where the target is met below the cut-off', () => {
    const samples = Array.from({ length: 20 }, (_, i) => ({
      workload: i + 1,
      latencySeconds: i < 10 ? 0.01 + 0.001 * i : 0.02 + 0.01 * (i - 10),
    }));
    const profile = fitProfile(samples);
    expect(profile.cutoff).toBeCloseTo(11, 0);
    const services = visited([profile], [100], [1]);
    const targets = latencyTargets(lineChain([0], 0.015).root, services, 0.015);
    expect(containersFor(profile, 100, targets.get(0)!)).toBeCloseTo(100 / 6, 6);
  });
});

describe('a latency profile', () => {
  it('is one rising line when there is little to fit', () => {
    const { below, above } = fitProfile([
      { workload: 10, latencySeconds: 0.05 },
      { workload: 20, latencySeconds: 0.04 },
    ]);
    expect(below).toEqual(above);
    expect(below.slope).toBeGreaterThan(0);
  });
});
