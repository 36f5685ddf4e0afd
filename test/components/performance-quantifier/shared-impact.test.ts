import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../src/components/performance-quantifier/critical-path.ts';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { chainSpec, serviceSpec, topologyOf } from './topology.ts';
import { knownProfile, type TruePair, windowOf } from './windows.ts';

const one = (service: string, visits = 1) => [{ service, visits }];
const SERVICES = ['front', 'left', 'right', 'store'];
const WINDOWS = 20;
const CPU = 2;

const A = chainSpec('a', [[one('front')], [one('left'), one('right', 3)], [one('store', 2)]]);
const B = chainSpec('b', [[one('front', 2)], [one('left')], [one('right')], [one('store')]]);
const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02 },
  { chain: 'b', demand: 0.01, floor: 0.03, queueing: 0.05 },
];

const rateOf = { a: (i: number) => 20 + 3 * i, b: (i: number) => 60 - 2 * i };

function learned() {
  const topology = topologyOf(
    SERVICES.map((id) => serviceSpec(id)),
    [A, B],
  );
  const quantifier = new PerformanceImpactQuantifier({ topology });
  for (let i = 0; i < WINDOWS; i++) {
    for (const service of SERVICES) {
      const rates = [rateOf.a(i), rateOf.b(i)];
      quantifier.updateProfile(
        windowOf(PAIRS, { service, startSeconds: 60 * i, rates, cpu: CPU, hasCpu: true }),
      );
    }
    quantifier.updateComposition({
      chain: 'a',
      startSeconds: 60 * i,
      lengthSeconds: 60,
      requests: 100,
      errorRatio: 0,
      percentileSeconds: 0.8 * 0.06,
      serviceSeconds: new Map(SERVICES.map((id) => [id, 0.01])),
    });
  }
  quantifier.refit(60 * WINDOWS);
  return quantifier;
}

/** γ times the critical path of chain a while chain b has `more` requests/s more than in the newest window. */
function endToEnd(quantifier: PerformanceImpactQuantifier, more: number): number {
  const seconds = SERVICES.map((service) => {
    const [a, b] = ['a', 'b'].map((chain) => knownProfile(quantifier, service, chain)) as [
      ReturnType<typeof knownProfile>,
      ReturnType<typeof knownProfile>,
    ];
    const visits = B.stages.flat(2).find((visit) => visit.service === service)!.visits;
    const [rateA, rateB] = [rateOf.a(WINDOWS - 1), rateOf.b(WINDOWS - 1) + more * visits];
    const rho = (rateA * a.demandCoreSeconds + rateB * b.demandCoreSeconds) / CPU;
    return [service, latencyAt(a, rho, CPU)] as const;
  });
  return quantifier.composition('a').factor * criticalPath(A, new Map(seconds))!;
}

describe('what one more request/s of a chain does to another end to end', () => {
  it('is the derivative by finite differences, summed over the services that they share', () => {
    const quantifier = learned();
    const step = 1e-5;
    const truth = (endToEnd(quantifier, step) - endToEnd(quantifier, -step)) / (2 * step);
    const stated = SERVICES.map((service) => {
      const ofB = quantifier.sharedImpact(service)!.chains.find(({ chain }) => chain === 'b')!;
      return ofB.endToEndPerRequestPerSecond['a']!;
    });
    const sum = stated.reduce((total, value) => total + value, 0);
    expect(sum / truth).toBeCloseTo(1, 5);
    expect(sum).toBeGreaterThan(0);
  });

  it('is nothing at a service off the critical path', () => {
    const left = learned()
      .sharedImpact('left')!
      .chains.find(({ chain }) => chain === 'b')!;
    expect(left.latencyPerRequestPerSecond['a']).toBeGreaterThan(0);
    expect(left.endToEndPerRequestPerSecond['a']).toBe(0);
  });
});
