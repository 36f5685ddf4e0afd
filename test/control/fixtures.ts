import { join } from 'node:path';
import { PerformanceImpactQuantifier } from '../../src/components/performance-quantifier/performance-quantifier.ts';
import { loadSettings } from '../../src/config/load.ts';
import { CapacityBook } from '../../src/control/books/capacity-book.ts';
import type { Draft } from '../../src/control/draft.ts';
import type { GuardContext } from '../../src/control/guard/guard-step.ts';
import type { ChainObservation, Observation } from '../../src/control/observe/observation.ts';
import type { ResourceAllocation, ServiceSpec } from '../../src/models/data-models.ts';
import type { LatencyDistribution, SeriesMetrics } from '../../src/models/metrics.ts';
import type { Clock } from '../../src/models/ports.ts';
import type { LatencyProfile } from '../../src/models/profiles.ts';
import type { Settings } from '../../src/models/settings.ts';

export const NOW = 1_800_000_000;

/** The shipped configuration, with some of its control keys changed. */
export function settingsWith(control: Partial<Settings['control']> = {}): Settings {
  const file = join(import.meta.dirname, '../../config/config.yaml');
  const settings = loadSettings({ file, flags: {}, environment: {} });
  return { ...settings, control: { ...settings.control, ...control } };
}

export function serviceOf(settings: Settings, id = 'auth-service'): ServiceSpec {
  return settings.topology.services.get(id)!;
}

export function allocation(cpu: number, instances = 1, memory = 1024): ResourceAllocation {
  return { cpu, instances, memory };
}

export function draftOf(
  service: ServiceSpec,
  baseline: ResourceAllocation,
  target: ResourceAllocation,
): Draft {
  return { service, baseline, planned: target, target, reason: 'cheaper', explanation: 'Planned.' };
}

/** All chains fresh, loaded and within their SLOs. */
export function observationOf(settings: Settings, changes: Partial<ChainObservation> = {}): Observation {
  const chains = [...settings.topology.chains.keys()].map((id): [string, ChainObservation] => [
    id,
    {
      id,
      load: 10,
      observedLatency: 0.1,
      violating: undefined,
      silentServices: new Set(),
      latest: undefined,
      settled: [],
      lastRecordSeconds: NOW - 1,
      usualRate: 10,
      ...changes,
    },
  ]);
  return {
    atSeconds: NOW,
    firstRecordSeconds: NOW - 3600,
    chains: new Map(chains),
    unlisted: new Map(),
    errorRatios: new Map(),
  };
}

export function guardContext(settings: Settings, changes: Partial<GuardContext> = {}): GuardContext {
  return {
    settings,
    observation: observationOf(settings),
    profiles: confidentProfiles(1),
    recentPlans: new Map(),
    shrunkSeconds: new Map(),
    evaluate: () => new Map(),
    infeasible: new Set(),
    givenUp: new Set(),
    sourceTrouble: () => undefined,
    targets: { reading: () => undefined },
    changes: { latest: () => new Map(), setback: () => undefined },
    ...changes,
  };
}

/** A real quantifier whose answers about confidence are given. */
export function confidentProfiles(confidence: number): PerformanceImpactQuantifier {
  const profiles = new PerformanceImpactQuantifier();
  profiles.profile = (service, chain) => profileOf(service, chain, { confidence });
  return profiles;
}

export function profileOf(
  service: string,
  chain: string,
  changes: Partial<LatencyProfile> = {},
): LatencyProfile {
  return {
    kind: 'profile',
    service,
    chain,
    percentile: 0.95,
    source: 'fitted',
    floorSeconds: 0.01,
    queueingSeconds: 0.01,
    exponent: 1,
    verticalExponent: 0,
    demandCoreSeconds: 0.01,
    demandInterval: [0.009, 0.011],
    demandSource: 'measured-cpu',
    upperFactor: 1,
    confidence: 1,
    residualSpread: 0.05,
    windows: 30,
    utilizationRange: [0.1, 0.7],
    updatedSeconds: NOW,
    ...changes,
  };
}

export function initialCapacities(settings: Settings): CapacityBook {
  return new CapacityBook(settings.topology);
}

/** A distribution of exactly these latencies, s. */
export function distributionOf(...latencies: number[]): LatencyDistribution {
  const sorted = [...latencies].sort((left, right) => left - right);
  return {
    count: sorted.length,
    meanSeconds: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    relativeError: 0,
    quantile: (q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN,
    fractionAbove: (seconds) => sorted.filter((value) => value > seconds).length / sorted.length,
  };
}

/** A series of 100 requests in 10 s, all with the same latency unless given. */
export function seriesOf(
  chain: string,
  service: string | undefined,
  changes: Partial<SeriesMetrics> = {},
): SeriesMetrics {
  return {
    chain,
    ...(service !== undefined && { service }),
    requests: 100,
    ratePerSecond: 10,
    errorRatio: 0,
    latency: distributionOf(...Array.from({ length: 100 }, () => 0.05)),
    ...changes,
  };
}

/** A clock that stands still until it is moved; sleepers wake when their time has passed. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: { until: number; wake: () => void }[] = [];

  constructor(now = NOW) {
    this.#now = now;
  }

  nowSeconds(): number {
    return this.#now;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      signal?.addEventListener('abort', wake);
      this.#sleepers.push({ until: this.#now + seconds, wake });
    });
  }

  advance(seconds: number): void {
    this.#now += seconds;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }

  /** Sets the clock forth or back as an operator would; who sleeps sleeps on as long as before. */
  jump(seconds: number): void {
    this.#now += seconds;
    for (const sleeper of this.#sleepers) sleeper.until += seconds;
  }
}
