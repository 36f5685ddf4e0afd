import { describe, expect, it } from 'vitest';
import { LEAKS, pooledLeak } from '../../../src/components/performance-quantifier/leak.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { Topology } from '../../../src/models/data-models.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal, windowOf } from './windows.ts';

const CALLER = { chain: 'c', demand: 0.01, floor: 0.01, queueing: 0.04 };
const CALLEE = { chain: 'c', demand: 0.004, floor: 0.02, queueing: 0.01 };
const TOPOLOGY: Topology = {
  services: new Map(),
  chains: new Map([
    [
      'c',
      {
        id: 'c',
        slo: { latencySeconds: 1, percentile: 0.95, objective: 0.95, priority: 1 },
        stages: [[[{ service: 'front', visits: 1 }]], [[{ service: 'back', visits: 1 }]]],
      },
    ],
  ]),
};

/** What the caller waits at a load, s: L − floor of `windowOf`. */
const waitOfCaller = (rho: number, cpu: number) => (CALLER.queueing * rho) / (cpu ** 0.5 * (1 - rho));

function learned(leak: number, topology: Topology | undefined): PerformanceImpactQuantifier {
  const random = seededRandom(5);
  const noise = () => Math.exp(0.05 * normal(random));
  const quantifier = new PerformanceImpactQuantifier(topology === undefined ? {} : { topology });
  for (let minute = 0; minute < 80; minute++) {
    const rates = [10 + 75 * random()];
    const startSeconds = 60 * minute;
    const cpu = 1;
    const backCpu = 0.5 + random();
    quantifier.updateProfile(
      windowOf([CALLER], { service: 'front', startSeconds, rates, cpu, hasCpu: true, noise }),
    );
    const back = windowOf([CALLEE], {
      service: 'back',
      startSeconds,
      rates,
      cpu: backCpu,
      hasCpu: true,
      noise,
    });
    const leaked = leak * waitOfCaller(rates[0]! * CALLER.demand, cpu);
    const pairs = back.pairs.map((pair) => ({ ...pair, percentileSeconds: pair.percentileSeconds + leaked }));
    quantifier.updateProfile({ ...back, pairs });
  }
  quantifier.refit(60 * 80);
  quantifier.refit(60 * 80);
  return quantifier;
}

describe('waits of a caller that are measured at the service that it calls', () => {
  it('are told apart from the own waits of that service', () => {
    const quantifier = learned(0.45, TOPOLOGY);
    const { upstream, queueingSeconds, exponent } = knownProfile(quantifier, 'back', 'c');
    expect(upstream).toHaveLength(1);
    expect(upstream![0]!.service).toBe('front');
    expect(upstream![0]!.queueingSeconds / CALLER.queueing).toBeGreaterThan(0.3);
    expect(upstream![0]!.queueingSeconds / CALLER.queueing).toBeLessThan(0.65);
    // Its own waiting at half load, for which the caller's would otherwise be taken.
    const own = queueingSeconds * 0.5 ** (exponent - 1);
    expect(own / CALLEE.queueing).toBeLessThan(1.6);
  });

  it('are not found where there are none, nor where nobody says who calls whom', () => {
    expect(knownProfile(learned(0, TOPOLOGY), 'back', 'c').upstream).toBeUndefined();
    expect(knownProfile(learned(0.45, undefined), 'back', 'c').upstream).toBeUndefined();
  });

  it('count in what an impact expects', () => {
    const at = (leak: number) => {
      const impact = learned(leak, TOPOLOGY).analyzeImpact('back', 'c', 40);
      return impact.kind === 'impact' ? impact.expectedLatency : Number.NaN;
    };
    expect(at(0.45)).toBeGreaterThan(at(0) * 1.1);
  });
});

describe('a window whose caller has not told of the same minute yet', () => {
  it('is no surprise', () => {
    const random = seededRandom(8);
    const quantifier = learned(0.45, TOPOLOGY);
    for (let minute = 80; minute < 90; minute++) {
      const spec = { startSeconds: 60 * minute, rates: [80 + random()], cpu: 1, hasCpu: true };
      const leaked = 0.45 * waitOfCaller(spec.rates[0]! * CALLER.demand, 1);
      const back = windowOf([CALLEE], { ...spec, service: 'back' });
      const pairs = back.pairs.map((pair) => ({
        ...pair,
        percentileSeconds: pair.percentileSeconds + leaked,
      }));
      quantifier.updateProfile({ ...back, pairs });
      quantifier.updateProfile(windowOf([CALLER], { ...spec, service: 'front' }));
    }
    expect(knownProfile(quantifier, 'back', 'c').confidence).toBeGreaterThan(0.3);
  });
});

describe('the leak that all services speak for', () => {
  it('is none without evidence, and the likeliest with it', () => {
    expect(pooledLeak([])).toBe(0);
    const scores = Float64Array.from(LEAKS, (leak) => 200 * (leak - 0.45) ** 2);
    expect(pooledLeak([scores])).toBe(0.45);
    expect(pooledLeak([scores.map(() => 7)])).toBe(0);
  });

  it('stays where another one is hardly likelier: with each change all services are fitted anew', () => {
    const scores = Float64Array.from(LEAKS, (leak) => 40 * (leak - 0.38) ** 2);
    expect(pooledLeak([scores], 0.3)).toBe(0.3);
    expect(pooledLeak([scores], 0.45)).toBe(0.45);
    expect(pooledLeak([scores], 0)).toBe(0.3);
  });
});
