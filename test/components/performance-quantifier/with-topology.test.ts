import { describe, expect, it } from 'vitest';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { ChainWindow } from '../../../src/models/metrics.ts';
import { chainSpec, serviceSpec, topologyOf } from './topology.ts';
import { knownProfile, type TruePair, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02 },
  { chain: 'b', demand: 0.01, floor: 0.03, queueing: 0.05 },
];
const one = (service: string, visits = 1) => [{ service, visits }];

function learned(topology = topologyOf([serviceSpec('s')], []), windows = 12, cpu = 1) {
  const quantifier = new PerformanceImpactQuantifier({ topology });
  for (let i = 0; i < windows; i++) {
    const rates = [20 + 5 * i, 40 - 3 * i];
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 60 * i, rates, cpu, hasCpu: true }));
  }
  quantifier.refit(60 * windows);
  return quantifier;
}

describe('with a topology', () => {
  it('states the percentile of the chain, 0.95 for a chain without', () => {
    const quantifier = learned(topologyOf([serviceSpec('s')], [chainSpec('a', [[one('s')]], 0.99)]));
    expect(knownProfile(quantifier, 's', 'a').percentile).toBe(0.99);
    expect(knownProfile(quantifier, 's', 'b').percentile).toBe(0.95);
  });

  it('counts no more cores of an instance than it can use', () => {
    const [wide, narrow] = [learned(undefined, 12, 4), learned(topologyOf([serviceSpec('s', 1)], []), 12, 4)];
    const utilizations = [wide, narrow].map((quantifier) => quantifier.sharedImpact('s')!.utilization);
    expect(utilizations[1]! / utilizations[0]!).toBeCloseTo(4, 6);
  });

  it('says how much each chain loads a shared service and slows down the others', () => {
    const topology = topologyOf(
      [serviceSpec('s')],
      [chainSpec('a', [[one('s', 2)]]), chainSpec('b', [[one('s')]])],
    );
    const quantifier = learned(topology);
    const { chains, utilization } = quantifier.sharedImpact('s')!;
    expect(chains.reduce((sum, { loadShare }) => sum + loadShare, 0)).toBeCloseTo(1, 12);
    const [a, b] = [knownProfile(quantifier, 's', 'a'), knownProfile(quantifier, 's', 'b')];
    // Two visits of chain a for one request, on one core.
    const rhoPerRequest = 2 * a.demandCoreSeconds;
    const step = 1e-5;
    const rise = latencyAt(b, utilization + step * rhoPerRequest, 1) - latencyAt(b, utilization, 1);
    const stated = chains.find(({ chain }) => chain === 'a')!.latencyPerRequestPerSecond;
    expect(Object.keys(stated)).toEqual(['b']);
    expect(stated['b']! / (rise / step)).toBeCloseTo(1, 3);
  });

  it('keeps the derivative a number when the service is saturated', () => {
    const quantifier = learned();
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 6000, rates: [900, 900] }));
    const { chains, utilization } = quantifier.sharedImpact('s')!;
    expect(utilization).toBeGreaterThan(1);
    for (const { latencyPerRequestPerSecond } of chains) {
      for (const value of Object.values(latencyPerRequestPerSecond))
        expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('composes stages by sum, branches by the slowest, and visits by their number', () => {
    const stages = [[one('front')], [[...one('x', 2), ...one('y')], one('z')]];
    const quantifier = new PerformanceImpactQuantifier({
      topology: topologyOf([], [chainSpec('a', stages)]),
    });
    const serviceSeconds = new Map([
      ['front', 0.01],
      ['x', 0.02],
      ['y', 0.03],
      ['z', 0.05],
    ]);
    for (let i = 0; i < 5; i++) {
      // 0.01 + max(2·0.02 + 0.03, 0.05) = 0.08
      quantifier.updateComposition(endToEnd(i, 0.08 * 1.25, serviceSeconds));
    }
    const { factor, overheadSeconds, windows } = quantifier.composition('a');
    expect(factor * 0.08 + overheadSeconds).toBeCloseTo(0.1, 6);
    expect(windows).toBe(5);
  });

  it('leaves out windows that miss a service of the chain, have errors or few requests', () => {
    const topology = topologyOf([], [chainSpec('a', [[one('x')], [one('y')]])]);
    const quantifier = new PerformanceImpactQuantifier({ topology });
    const known = new Map([
      ['x', 0.01],
      ['y', 0.02],
    ]);
    quantifier.updateComposition(endToEnd(0, 0.1, new Map([['x', 0.01]])));
    quantifier.updateComposition({ ...endToEnd(1, 0.1, known), errorRatio: 0.2 });
    quantifier.updateComposition({ ...endToEnd(2, 0.1, known), requests: 3 });
    quantifier.updateComposition(endToEnd(3, Number.NaN, known));
    for (let i = 4; i < 6; i++) quantifier.updateComposition(endToEnd(i, 0.1, known));
    expect(quantifier.composition('a').windows).toBe(0);
    quantifier.updateComposition(endToEnd(6, 0.1, known));
    expect(quantifier.composition('a').windows).toBe(3);
  });

  it('forgets what a new topology no longer has, and latencies of a percentile that has changed', () => {
    const spec = (percentile: number) =>
      topologyOf(
        [serviceSpec('s')],
        [chainSpec('a', [[one('s')]], percentile), chainSpec('b', [[one('s')]])],
      );
    const quantifier = learned(spec(0.95));
    quantifier.reconfigure(spec(0.99));
    expect(quantifier.profile('s', 'a').kind).toBe('not-enough-data');
    expect(quantifier.profile('s', 'b').kind).toBe('profile');
    quantifier.reconfigure(topologyOf([serviceSpec('s')], [chainSpec('a', [[one('s')]])]));
    expect(quantifier.profile('s', 'b').kind).toBe('not-enough-data');
    quantifier.reconfigure(topologyOf([], []));
    expect(quantifier.getLoadLatencyProfile('s')).toEqual([]);
  });
});

function endToEnd(
  i: number,
  percentileSeconds: number,
  serviceSeconds: ReadonlyMap<string, number>,
): ChainWindow {
  return {
    chain: 'a',
    startSeconds: 60 * i,
    lengthSeconds: 60,
    requests: 100,
    errorRatio: 0,
    percentileSeconds,
    serviceSeconds,
  };
}
