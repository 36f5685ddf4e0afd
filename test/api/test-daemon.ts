/** A daemon for the tests of the API: two services, three chains, a clock that stands still, and everything recorded. */
import type { Daemon, ObjectiveMetrics, PassStatistics, WhatIfChanges } from '../../src/models/daemon.ts';
import type { CapacityInForce, ChainSpec, ServiceSpec, Slo } from '../../src/models/data-models.ts';
import type { Decision, PassTrigger } from '../../src/models/decisions.ts';
import type { ForecastOutcome } from '../../src/models/forecasts.ts';
import type {
  LatencyDistribution,
  SeriesMetrics,
  TrafficMetrics,
  UsageSample,
} from '../../src/models/metrics.ts';
import type { IntakeStats, ProfileLearner, RecordOutcome, TrafficIntake } from '../../src/models/ports.ts';
import type { LatencyProfile } from '../../src/models/profiles.ts';
import type { Settings } from '../../src/models/settings.ts';

export const NOW = 1_800_000_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the tests set and look at; the rest is the daemon. */
export interface TestDaemon extends Mutable<Omit<Daemon, 'intake'>> {
  intake: RecordingIntake;
  decisions: Decision[];
  forecastList: ForecastOutcome[];
  whatIfCalls: WhatIfChanges[];
  usage: Map<string, UsageSample>;
  applied: Map<string, CapacityInForce>;
  objectiveMetrics: ObjectiveMetrics;
  metrics: TrafficMetrics;
  stats: Mutable<IntakeStats>;
  notReady: string[];
}

export function testDaemon(change: Partial<TestDaemon> = {}): TestDaemon {
  const stats = emptyStats();
  const settings = testSettings();
  const daemon: TestDaemon = {
    settings,
    clock: { nowSeconds: () => NOW, sleep: async () => undefined },
    intake: new RecordingIntake(settings, stats),
    traffic: {
      getMetrics: (windowSeconds = 300) => ({ ...daemon.metrics, fromSeconds: NOW - windowSeconds }),
      closedWindows: () => [],
      chainSeries: (chain) => ({
        chain,
        startSeconds: NOW,
        stepSeconds: 60,
        rates: new Float64Array(),
        latencies: new Float64Array(),
        errorRatios: new Float64Array(),
      }),
      lastRecordSeconds: (chain) =>
        daemon.intake.taken.some((record) => record.chain === chain) ? NOW : undefined,
      stats,
    },
    profiles: testProfiles(),
    history: {
      loadDecisions: ({ limit, before, service }) => {
        const newestFirst = daemon.decisions
          .toReversed()
          .filter((decision) => service === undefined || changed(decision, service));
        const start = before === undefined ? 0 : newestFirst.findIndex(({ id }) => id === before) + 1;
        return newestFirst.slice(start, start + limit);
      },
    },
    predictor: { backend: 'cpu', training: false },
    forecasts: () => new Map(daemon.forecastList.map((forecast) => [forecast.chain, forecast])),
    latestDecision: () => daemon.decisions.at(-1),
    runPass: async (trigger) => {
      const decision = testDecision(`d-${daemon.decisions.length + 1}`, trigger);
      daemon.decisions.push(decision);
      return decision;
    },
    whatIf: (changes) => {
      daemon.whatIfCalls.push(changes);
      return {
        loads: { 'order-processing': 12, ...changes.loads },
        unplanned: ['payment-service'],
        plan: {
          services: [
            {
              id: 'auth-service',
              cpu: 1.5,
              memory: 256,
              instances: 2,
              capacityCores: 2.9,
              demandCores: 1.8,
              utilization: 0.6,
            },
          ],
          chains: [
            {
              id: 'order-processing',
              sloSeconds: 0.5,
              expectedLatency: Number.POSITIVE_INFINITY,
              feasible: false,
              achievableLatency: 0.7,
              binding: ['auth-service'],
              shadowPrice: 12.5,
            },
          ],
          cost: 351.2,
          continuousCost: 340,
          lowerBound: 339.9,
          gap: 0.0003,
          iterations: 12,
          solveMs: 0.4,
        },
      };
    },
    capacityInForce: (service) => {
      const spec = daemon.settings.topology.services.get(service);
      if (spec === undefined) return undefined;
      return daemon.applied.get(service) ?? { ...spec.initial, source: 'initial', sinceSeconds: NOW - 600 };
    },
    setApplied: (service, allocation) => {
      const capacity: CapacityInForce = { ...allocation, source: 'applied', sinceSeconds: NOW };
      daemon.applied.set(service, capacity);
      return capacity;
    },
    recordUsage: (sample) => daemon.usage.set(sample.service, sample),
    latestUsage: (service) => daemon.usage.get(service),
    notReadyBecause: () => daemon.notReady,
    objectives: () => daemon.objectiveMetrics,
    passes: noPasses(),
    decisions: [],
    forecastList: [],
    whatIfCalls: [],
    usage: new Map(),
    applied: new Map(),
    objectiveMetrics: { utilization: [], chains: [] },
    metrics: { fromSeconds: NOW - 300, toSeconds: NOW, services: [], endToEnd: [] },
    stats,
    notReady: [],
    ...change,
  };
  return daemon;
}

export interface TakenRecord {
  readonly service: string | undefined;
  readonly chain: string;
  readonly responseTime: number;
  readonly isError: boolean;
  readonly timestampSeconds: number | undefined;
  readonly count: number;
  readonly cpuSeconds: number | undefined;
}

/** Takes what the port's contract says an intake takes, and keeps it. */
export class RecordingIntake implements TrafficIntake {
  readonly taken: TakenRecord[] = [];
  /** Answered instead, for outcomes that names and times do not bring about. */
  forced: RecordOutcome | undefined;
  readonly #settings: Settings;
  readonly #stats: Mutable<IntakeStats>;

  constructor(settings: Settings, stats: Mutable<IntakeStats>) {
    this.#settings = settings;
    this.#stats = stats;
  }

  recordRequest(
    service: string,
    chain: string,
    responseTime: number,
    isError = false,
    timestampSeconds?: number,
    count = 1,
    cpuSeconds?: number,
  ): RecordOutcome {
    const outcome = this.#nameFault(service, chain) ?? this.#timeFault(timestampSeconds) ?? 'accepted';
    return this.#keep(outcome, {
      service,
      chain,
      responseTime,
      isError,
      timestampSeconds,
      count,
      cpuSeconds,
    });
  }

  recordEndToEnd(
    chain: string,
    responseTime: number,
    isError = false,
    timestampSeconds?: number,
    count = 1,
  ): RecordOutcome {
    const known = this.#settings.topology.chains.has(chain);
    const outcome = (known ? undefined : 'unknown-chain') ?? this.#timeFault(timestampSeconds) ?? 'accepted';
    const record = { service: undefined, chain, responseTime, isError, timestampSeconds, count };
    return this.#keep(outcome, { ...record, cpuSeconds: undefined });
  }

  #keep(found: RecordOutcome, record: TakenRecord): RecordOutcome {
    const outcome = this.forced ?? found;
    if (outcome === 'accepted') {
      this.taken.push(record);
      this.#stats.accepted += 1;
    } else {
      this.#stats.rejected = { ...this.#stats.rejected, [outcome]: this.#stats.rejected[outcome] + 1 };
    }
    return outcome;
  }

  #nameFault(service: string, chain: string): RecordOutcome | undefined {
    const { services, chains } = this.#settings.topology;
    const spec = services.get(service);
    if (spec === undefined) return 'unknown-service';
    if (!chains.has(chain)) return 'unknown-chain';
    return spec.chains.includes(chain) ? undefined : 'chain-not-listed';
  }

  #timeFault(timestamp: number | undefined): RecordOutcome | undefined {
    const { futureTolerance, windowSize } = this.#settings.monitoring;
    if (timestamp === undefined) return undefined;
    if (timestamp > NOW + futureTolerance) return 'in-the-future';
    return timestamp < NOW - windowSize ? 'too-old' : undefined;
  }
}

function changed(decision: Decision, service: string): boolean {
  return decision.services.some(({ id, status }) => id === service && status !== 'keep' && status !== 'hold');
}

function noPasses(): PassStatistics {
  return {
    completed: { interval: 0, 'burn-rate': 0, 'load-jump': 0, request: 0 },
    failed: 0,
    lastDurationSeconds: undefined,
    lastAtSeconds: undefined,
  };
}

function emptyStats(): Mutable<IntakeStats> {
  return {
    accepted: 0,
    rejected: {
      'unknown-service': 0,
      'unknown-chain': 0,
      'chain-not-listed': 0,
      'invalid-id': 0,
      'invalid-response-time': 0,
      'invalid-count': 0,
      'invalid-cpu-seconds': 0,
      'invalid-timestamp': 0,
      'in-the-future': 0,
      'too-old': 0,
      'too-many-series': 0,
    },
    series: 0,
    maxSeries: 10_000,
    firstRecordSeconds: undefined,
  };
}

export function testProfiles(): ProfileLearner {
  const missing = (service: string, chain: string) =>
    ({ kind: 'not-enough-data', service, chain, have: 3, need: 20 }) as const;
  return {
    updateProfile: () => undefined,
    updateComposition: () => undefined,
    refit: () => undefined,
    getLoadLatencyProfile: () => [],
    profile: (service, chain) =>
      service === 'auth-service' ? testProfile(service, chain) : missing(service, chain),
    composition: () => ({ factor: 1, overheadSeconds: 0, windows: 0 }),
    analyzeImpact: missing,
    sharedImpact: (service) =>
      service === 'auth-service'
        ? {
            service,
            utilization: 0.4,
            chains: [
              {
                chain: 'user-registration',
                loadShare: 0.25,
                latencyPerRequestPerSecond: { 'order-processing': 0.002 },
              },
              {
                chain: 'order-processing',
                loadShare: 0.75,
                latencyPerRequestPerSecond: { 'user-registration': 0.001 },
              },
            ],
          }
        : undefined,
    reset: () => undefined,
    save: () => ({}),
    load: () => true,
  };
}

export function testProfile(service: string, chain: string): LatencyProfile {
  return {
    kind: 'profile',
    service,
    chain,
    percentile: 0.95,
    source: 'prior',
    floorSeconds: 0.02,
    queueingSeconds: 0.03,
    exponent: 1,
    verticalExponent: 0.5,
    demandCoreSeconds: 0.01,
    demandSource: 'bound',
    confidence: 0.4,
    residualSpread: Number.NaN,
    windows: 0,
    utilizationRange: [0.1, 0.2],
    updatedSeconds: NOW - 60,
  };
}

export function testDecision(id: string, trigger: PassTrigger = 'interval', atSeconds = NOW): Decision {
  const current: CapacityInForce = {
    cpu: 4,
    memory: 8192,
    instances: 1,
    source: 'initial',
    sinceSeconds: NOW - 600,
  };
  return {
    id,
    atSeconds,
    trigger,
    status: 'decided',
    services: [
      {
        id: 'auth-service',
        cpu: 2,
        memory: 8192,
        instances: 1,
        mode: 'recommend',
        current,
        planned: { cpu: 1.2, memory: 512, instances: 1 },
        status: 'shrink',
        reason: 'largest-step',
        explanation: 'Shrinks from 4 to 2 cores, the largest step of one pass; 1.2 would do.',
      },
      {
        id: 'payment-service',
        cpu: 4,
        memory: 8192,
        instances: 1,
        mode: 'recommend',
        current,
        status: 'hold',
        reason: 'no-data',
        explanation: 'Nothing is known of its latency yet.',
      },
    ],
    chains: [
      {
        id: 'user-registration',
        sloSeconds: 0.2,
        percentile: 0.95,
        plannedRate: 10,
        expectedLatency: 0.15,
        observedLatency: 0.12,
        feasible: true,
        binding: ['auth-service'],
        shadowPrice: 80,
      },
      {
        id: 'order-processing',
        sloSeconds: 0.5,
        percentile: 0.95,
        plannedRate: 20,
        expectedLatency: Number.POSITIVE_INFINITY,
        feasible: false,
        achievableLatency: 0.9,
        binding: [],
        shadowPrice: 0,
      },
    ],
    cost: 1838.4,
    lowerBound: 1800,
    gap: 0.0001,
    durationMs: 12,
  };
}

/** Latencies that are all the same. */
export function constantLatency(seconds: number, count = 100): LatencyDistribution {
  return {
    count,
    meanSeconds: seconds,
    relativeError: 0.02,
    quantile: () => (count === 0 ? Number.NaN : seconds),
    fractionAbove: (bound) => (count > 0 && seconds > bound ? 1 : 0),
  };
}

export function testSeries(
  service: string | undefined,
  chain: string,
  rate = 10,
  latency = 0.05,
): SeriesMetrics {
  return {
    ...(service === undefined ? {} : { service }),
    chain,
    requests: rate * 300,
    ratePerSecond: rate,
    errorRatio: 0.01,
    latency: constantLatency(latency),
  };
}

export function testSettings(): Settings {
  const services = ['auth-service', 'payment-service'];
  return {
    server: { host: '127.0.0.1', port: 0, logLevel: 'silent', bodyLimitBytes: 1_048_576 },
    monitoring: {
      samplingInterval: 1,
      windowSize: 3600,
      latencyScope: 'own',
      unknown: 'reject',
      maxSeries: 10_000,
      futureTolerance: 5,
    },
    prediction: {
      sequenceLength: 60,
      predictionHorizon: 10,
      featureDim: 3,
      step: 60,
      units: [16],
      learningRate: 0.01,
      batchSize: 32,
      maxEpochs: 10,
      trainingBudget: 10,
      retrainInterval: 3600,
      seed: 1,
    },
    allocation: { pricePerCore: 100, pricePerMebibyte: 0.1, instanceCost: 0, cpuQuantum: 0.1, sloMargin: 0 },
    control: {
      interval: 300,
      minInterval: 30,
      assumeApplied: false,
      burnRate: 2,
      loadJump: 1.5,
      warmUp: 60,
      staleAfter: 120,
      minConfidence: 0.5,
      maxErrorRatio: 0.05,
      minDecrease: 0.1,
      stabilization: 300,
      largestStep: 2,
      changeBudget: 0.5,
      paused: false,
    },
    store: { path: './data', retention: 2_592_000, flushInterval: 1 },
    topology: {
      services: new Map(
        services.map((id) => [id, testService(id, id === 'auth-service' ? AUTH_CHAINS : PAYMENT_CHAINS)]),
      ),
      chains: new Map([
        ['user-registration', testChain('user-registration', ['auth-service'], 0.2)],
        ['order-processing', testChain('order-processing', services, 0.5)],
        ['subscription-management', testChain('subscription-management', ['payment-service'], 0.3)],
      ]),
    },
  };
}

const AUTH_CHAINS = ['user-registration', 'order-processing'];
const PAYMENT_CHAINS = ['order-processing', 'subscription-management'];

export function testService(id: string, chains: readonly string[]): ServiceSpec {
  return {
    id,
    chains,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    mode: 'recommend',
    limits: 'follow',
    initial: { cpu: 4, memory: 8192, instances: 1 },
  };
}

export function testChain(id: string, services: readonly string[], latencySeconds: number): ChainSpec {
  const slo: Slo = { latencySeconds, percentile: 0.95, objective: 0.95, priority: 1 };
  return { id, slo, stages: services.map((service) => [[{ service, visits: 1 }]]) };
}
