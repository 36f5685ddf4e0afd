import { describe, expect, it } from 'vitest';
import { chainSloPerService } from '../../../../bench/policy/dta-slo/ablations/chain-slo-per-service.ts';
import { noForecast } from '../../../../bench/policy/dta-slo/ablations/no-forecast.ts';
import { noGamma } from '../../../../bench/policy/dta-slo/ablations/no-gamma.ts';
import { noSharing } from '../../../../bench/policy/dta-slo/ablations/no-sharing.ts';
import type { Wrappers } from '../../../../src/app.ts';
import { PerformanceImpactQuantifier } from '../../../../src/components/performance-quantifier/performance-quantifier.ts';
import { DynamicResourceAllocator } from '../../../../src/components/resource-allocator/resource-allocator.ts';
import { TrafficMonitor } from '../../../../src/components/traffic-monitor/traffic-monitor.ts';
import { TrafficPredictor } from '../../../../src/components/traffic-predictor/traffic-predictor.ts';
import type { Topology } from '../../../../src/models/data-models.ts';
import type { PlanRequest } from '../../../../src/models/ports.ts';
import { profileOf, settingsWith } from '../../../control/fixtures.ts';

const settings = settingsWith();
const { allocation } = settings;
/** With one SLO for all, so that the chain through both services decides. */
const topology: Topology = {
  ...settings.topology,
  chains: new Map(
    [...settings.topology.chains].map(([id, chain]) => [
      id,
      { ...chain, slo: { ...chain.slo, latencySeconds: 0.3 } },
    ]),
  ),
};
const CURVE = { floorSeconds: 0.02, queueingSeconds: 0.12, demandCoreSeconds: 0.01 };

const REQUEST: PlanRequest = {
  topology,
  loads: new Map([...topology.chains.keys()].map((chain, index) => [chain, 30 + 20 * index])),
  capacities: new Map(
    [...topology.services.values()].map(({ id, initial }) => [
      id,
      { ...initial, source: 'cluster', sinceSeconds: 0 },
    ]),
  ),
  workingSets: new Map(),
};

/** Profiles and planner as the app joins them, all profiles being the same. */
function plannerWith({ profiles: wrapProfiles, planner: wrapPlanner }: Wrappers) {
  const quantifier = new PerformanceImpactQuantifier({ topology });
  quantifier.profile = (service, chain) => profileOf(service, chain, CURVE);
  quantifier.composition = () => ({ factor: 0.8, overheadSeconds: 0.001, windows: 20 });
  const profiles = wrapProfiles?.(quantifier) ?? quantifier;
  const allocator = new DynamicResourceAllocator(new TrafficMonitor(), new TrafficPredictor(), profiles, {
    allocation,
    topology,
  });
  return { profiles, planner: wrapPlanner?.(allocator) ?? allocator };
}

function coresOf(wrappers: Wrappers, request = REQUEST): Record<string, number> {
  const { plan } = plannerWith(wrappers).planner.plan(request);
  return Object.fromEntries(plan.services.map(({ id, cpu, instances }) => [id, cpu * instances]));
}

const whole = coresOf({});

describe('each service held to the SLO of the chain', () => {
  const alone = plannerWith(chainSloPerService);

  it('plans less than the chains need', () => {
    const cores = coresOf(chainSloPerService);
    for (const [service, needed] of Object.entries(whole)) expect(cores[service]).toBeLessThan(0.9 * needed);
  });

  it('counts the load of all visits and the time of one', () => {
    const chains = new Map(
      [...topology.chains].map(([id, chain]) => [
        id,
        { ...chain, stages: chain.stages.map((stage) => [[{ ...stage[0]![0]!, visits: 2.5 }]]) },
      ]),
    );
    const often = { ...REQUEST, topology: { ...topology, chains } };
    const seldom = { ...REQUEST, loads: new Map([...REQUEST.loads].map(([id, load]) => [id, 2.5 * load])) };
    const latency = (request: PlanRequest) => alone.planner.evaluate(request, REQUEST.capacities);
    expect(latency(often).get('order-processing')).toBeCloseTo(latency(seldom).get('order-processing')!, 9);
  });

  it('judges a chain by its slowest service, and answers about the chains that there are', () => {
    const { plan } = alone.planner.plan(REQUEST);
    expect(plan.chains.map(({ id }) => id)).toEqual([...topology.chains.keys()]);
    const latencies = alone.planner.evaluate(REQUEST, REQUEST.capacities);
    const together = plannerWith(noGamma).planner.evaluate(REQUEST, REQUEST.capacities);
    expect(latencies.get('user-registration')).toBeCloseTo(together.get('user-registration')!, 9);
    expect(latencies.get('order-processing')).toBeLessThan(0.7 * together.get('order-processing')!);
  });
});

describe('no sharing', () => {
  it('gives a shared service the sum of what its chains would need alone', () => {
    const cores = coresOf(noSharing(settings));
    const alone = [...REQUEST.loads].map(([chain, load]) => {
      const loads = new Map([[chain, load]]);
      const chains = new Map([[chain, topology.chains.get(chain)!]]);
      const { services } = topology.chains
        .get(chain)!
        .stages.flat(2)
        .reduce(
          ({ services }, { service }) => ({
            services: services.set(service, topology.services.get(service)!),
          }),
          { services: new Map() },
        );
      return coresOf({}, { ...REQUEST, loads, topology: { services, chains } });
    });
    for (const service of topology.services.keys()) {
      const sum = alone.reduce((cores, plan) => cores + (plan[service] ?? 0), 0);
      expect(cores[service]).toBeCloseTo(sum, 6);
    }
  });

  it('expects what the chain that needs most gets when it waits behind the others', () => {
    const { plan } = plannerWith(noSharing(settings)).planner.plan(REQUEST);
    const tightest = plan.chains.find(({ id }) => id === 'order-processing')!;
    expect(tightest.expectedLatency).toBeGreaterThan(0.3 * (1 - allocation.sloMargin));
  });
});

describe('no γ', () => {
  it('adds percentiles, and leaves all else of the profiles as it is', () => {
    const { profiles, planner } = plannerWith(noGamma);
    expect(profiles.composition('order-processing')).toEqual({ factor: 1, overheadSeconds: 0, windows: 0 });
    expect(profiles.profile('auth-service', 'order-processing')).toMatchObject(CURVE);
    profiles.refit(1000);
    expect(profiles.revision).toBeGreaterThan(0);
    const { planner: product } = plannerWith({});
    const chain = (one: typeof planner) => one.evaluate(REQUEST, REQUEST.capacities).get('order-processing')!;
    expect(chain(product)).toBeCloseTo(0.8 * chain(planner) + 0.001, 9);
  });
});

describe('no forecast', () => {
  it('never has one, whatever it is told', async () => {
    const predictor = noForecast.predictor!(new TrafficPredictor());
    const rates = new Float64Array(500).fill(10);
    const series = {
      chain: 'a',
      startSeconds: 0,
      stepSeconds: 60,
      rates,
      latencies: rates,
      errorRatios: rates,
    };
    expect(await predictor.predict([series], 5)).toEqual([
      { kind: 'not-enough-data', chain: 'a', have: 0, need: 1 },
    ]);
    expect(await predictor.train([series])).toMatchObject({ kind: 'not-enough-data' });
  });
});
