import { describe, expect, it } from 'vitest';
import type { ProfileReader } from '../../../src/components/resource-allocator/learned-chains.ts';
import type { LoadReader } from '../../../src/components/resource-allocator/planned-loads.ts';
import { DynamicResourceAllocator } from '../../../src/components/resource-allocator/resource-allocator.ts';
import type { ForecastOutcome } from '../../../src/models/forecasts.ts';
import type { LatencyDistribution, TrafficMetrics } from '../../../src/models/metrics.ts';
import { forecastWith } from '../../forecasts.ts';
import { chainSpec, profilesWithout, request, shippedTopology, spec } from './fixtures.ts';

const LOADS = { 'user-registration': 40, 'order-processing': 60, 'subscription-management': 80 };
const EMPTY: LatencyDistribution = {
  count: 0,
  meanSeconds: 0,
  relativeError: 0.02,
  quantile: () => Number.NaN,
  fractionAbove: () => 0,
};

function monitorWith(rates: Readonly<Record<string, number>>): LoadReader {
  const series = Object.entries(rates).map(([key, ratePerSecond]) => {
    const [service, chain] = key.split('/');
    return { service: service!, chain: chain!, requests: 1, ratePerSecond, errorRatio: 0, latency: EMPTY };
  });
  const metrics: TrafficMetrics = { fromSeconds: 700, toSeconds: 1000, services: series, endToEnd: [] };
  return {
    getMetrics: () => metrics,
    chainSeries: (chain) => ({
      chain,
      startSeconds: 0,
      stepSeconds: 60,
      rates: new Float64Array(0),
      latencies: new Float64Array(0),
      errorRatios: new Float64Array(0),
    }),
  };
}

const noForecast = {
  predict: async (recent: readonly { readonly chain: string }[]): Promise<ForecastOutcome[]> =>
    recent.map(({ chain }) => ({ kind: 'not-enough-data', chain, have: 0, need: 10 })),
};

function allocatorWith(profiles: ProfileReader, monitor: LoadReader = monitorWith({})) {
  return new DynamicResourceAllocator(monitor, noForecast, profiles, { topology: shippedTopology() });
}

describe('DynamicResourceAllocator', () => {
  it('keeps every chain of the shipped configuration inside its SLO and every service inside its bounds', () => {
    const { plan, unplanned } = allocatorWith(profilesWithout()).plan(request(shippedTopology(), LOADS));
    expect(unplanned).toEqual([]);
    expect(plan.chains.map(({ id }) => id)).toEqual(Object.keys(LOADS));
    for (const chain of plan.chains) {
      expect(chain.feasible).toBe(true);
      expect(chain.expectedLatency).toBeLessThanOrEqual(chain.sloSeconds);
    }
    for (const planned of plan.services) {
      expect(planned.cpu).toBeGreaterThanOrEqual(0.1);
      expect(planned.cpu).toBeLessThanOrEqual(4);
      expect(planned.utilization).toBeLessThan(1);
    }
    expect(plan.gap).toBeLessThanOrEqual(1e-4);
  });

  it('finds the same latencies when it evaluates its own plan', () => {
    const changes = { exponent: 1.7, verticalExponent: 0.4, baselineCores: 0.8 };
    const allocator = allocatorWith(profilesWithout([], changes));
    const asked = request(shippedTopology(), LOADS);
    const { plan } = allocator.plan(asked);
    const latencies = allocator.evaluate(asked, new Map(plan.services.map((entry) => [entry.id, entry])));
    for (const chain of plan.chains) expect(latencies.get(chain.id)).toBeCloseTo(chain.expectedLatency, 12);
  });

  it('keeps a service without a profile as it is, names it, and still plans the others', () => {
    const allocator = allocatorWith(profilesWithout(['payment-service/subscription-management']));
    const { plan, unplanned } = allocator.plan(request(shippedTopology(), LOADS));
    expect(unplanned).toEqual(['payment-service']);
    const [auth, payment] = plan.services;
    expect(payment).toMatchObject({ cpu: 4, memory: 8192, instances: 1 });
    expect(auth!.cpu).toBeLessThan(4);
  });

  it('does not evaluate a chain that passes through an unknown service', () => {
    const allocator = allocatorWith(profilesWithout(['payment-service/subscription-management']));
    const latencies = allocator.evaluate(request(shippedTopology(), LOADS), new Map());
    expect([...latencies.keys()]).toEqual(['user-registration']);
  });

  it('says Infinity for a chain through an overloaded service', () => {
    const allocator = allocatorWith(profilesWithout());
    const latencies = allocator.evaluate(
      request(shippedTopology(), LOADS),
      new Map([['auth-service', { cpu: 0.5, memory: 128, instances: 1 }]]),
    );
    expect(latencies.get('order-processing')).toBe(Number.POSITIVE_INFINITY);
    expect(latencies.get('subscription-management')).toBeLessThan(1);
  });

  it('leaves the margin of the SLO unused but reports the SLO itself', () => {
    const allocator = allocatorWith(profilesWithout());
    allocator.reconfigure({
      pricePerCore: 100,
      pricePerMebibyte: 0.1,
      instanceCost: 0,
      cpuQuantum: 0.05,
      inPlaceQuantum: 0.01,
      sloMargin: 0.5,
      inPlaceMargin: 0.1,
      inPlacePooling: 0.9,
      maxUtilization: 0.85,
      inPlaceUtilization: 0.92,
      riskFactor: 0.5,
    });
    const { plan } = allocator.plan(request(shippedTopology(), LOADS));
    for (const chain of plan.chains) {
      expect(chain.expectedLatency).toBeLessThanOrEqual(chain.sloSeconds * 0.5);
    }
    expect(plan.chains.map(({ sloSeconds }) => sloSeconds)).toEqual([0.2, 0.5, 0.3]);
  });

  it('gives the margin up before it calls an SLO unmeetable', () => {
    const allocator = allocatorWith(profilesWithout());
    const [best] = allocator.plan(request(shippedTopology(), LOADS)).plan.chains;
    const sloMargin = 1 - (0.9 * best!.achievableLatency) / best!.sloSeconds;
    allocator.reconfigure({
      pricePerCore: 100,
      pricePerMebibyte: 0.1,
      instanceCost: 0,
      cpuQuantum: 0.05,
      inPlaceQuantum: 0.01,
      sloMargin,
      inPlaceMargin: 0.1,
      inPlacePooling: 0.9,
      maxUtilization: 0.85,
      inPlaceUtilization: 0.92,
      riskFactor: 0.5,
    });
    const [tight] = allocator.plan(request(shippedTopology(), LOADS)).plan.chains;
    expect(tight).toMatchObject({ feasible: true });
    expect(tight!.expectedLatency).toBeLessThanOrEqual(1.05 * best!.achievableLatency);
  });

  it('never plans a utilisation above the configured one, however loose the SLO is', () => {
    const topology = shippedTopology();
    const loose = chainSpec('user-registration', 1e6, topology.chains.get('user-registration')!.stages);
    const chains = new Map([[loose.id, loose]]);
    const { plan } = allocatorWith(profilesWithout()).plan(
      request({ services: topology.services, chains }, LOADS),
    );
    expect(plan.services[0]!.utilization).toBeLessThanOrEqual(0.8 + 1e-9);
  });
});

describe('optimizeResources', () => {
  const RATES = {
    'auth-service/user-registration': 40,
    'auth-service/order-processing': 60,
    'payment-service/order-processing': 60,
    'payment-service/subscription-management': 80,
  };

  it('gives the plan for the measured loads', async () => {
    const allocator = allocatorWith(profilesWithout(), monitorWith(RATES));
    const allocations = await allocator.optimizeResources(['auth-service', 'payment-service'], {
      'user-registration': 0.2,
      'order-processing': 0.5,
      'subscription-management': 0.3,
    });
    const { plan } = allocatorWith(profilesWithout()).plan(request(shippedTopology(), LOADS));
    for (const { id, cpu, memory, instances } of plan.services) {
      expect(allocations[id]).toEqual({ cpu, memory, instances });
    }
  });

  it('plans for the forecast where that is higher than what is measured', async () => {
    const predict = async (): Promise<ForecastOutcome[]> => [
      forecastWith({ chain: 'user-registration', maximum95: 400, leadSteps: 5 }),
    ];
    const options = { topology: shippedTopology() };
    const slos = { 'user-registration': 0.2 };
    const asked = ['auth-service'];
    const monitor = monitorWith(RATES);
    const calm = new DynamicResourceAllocator(monitor, noForecast, profilesWithout(), options);
    const warned = new DynamicResourceAllocator(monitor, { predict }, profilesWithout(), options);
    const small = (await calm.optimizeResources(asked, slos))['auth-service']!;
    const large = (await warned.optimizeResources(asked, slos))['auth-service']!;
    expect(large.cpu * large.instances).toBeGreaterThan(4);
    expect(small.cpu * small.instances).toBeLessThan(1);
  });

  it('takes specifications and makes a line of a chain that it does not know', async () => {
    const allocator = new DynamicResourceAllocator(
      monitorWith({ 'a/new': 50, 'b/new': 50 }),
      noForecast,
      profilesWithout(),
    );
    const services = { a: spec('a', ['new']), b: spec('b', ['new']) };
    const allocations = await allocator.optimizeResources(services, { new: 0.4 });
    expect(Object.keys(allocations)).toEqual(['a', 'b']);
    expect(allocations['a']!.cpu).toBeLessThan(4);
  });

  it('refuses a service that it does not know and a latency that is none', async () => {
    const allocator = allocatorWith(profilesWithout());
    await expect(allocator.optimizeResources(['nowhere'], {})).rejects.toThrow('service nowhere');
    await expect(
      allocator.optimizeResources(['auth-service'], { 'user-registration': Number.NaN }),
    ).rejects.toThrow('positive number');
  });

  it('takes applied allocations for what a service runs with', () => {
    const allocator = allocatorWith(profilesWithout());
    expect(allocator.getCurrentAllocation('auth-service')).toEqual({ cpu: 4, memory: 8192, instances: 1 });
    allocator.applyAllocations({ 'auth-service': { cpu: 1.5, memory: 512, instances: 2 } });
    expect(allocator.getCurrentAllocation('auth-service')).toEqual({ cpu: 1.5, memory: 512, instances: 2 });
    expect(allocator.getCurrentAllocation('nowhere')).toBeUndefined();
  });
});
