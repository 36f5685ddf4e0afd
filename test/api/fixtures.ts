/** Fixed pieces of the test daemon: settings, profiles and a decision. */
import type { CapacityInForce, ChainSpec, ServiceSpec, Slo } from '../../src/models/data-models.ts';
import type { Decision, PassTrigger } from '../../src/models/decisions.ts';
import type { ProfileLearner } from '../../src/models/ports.ts';
import type { LatencyProfile } from '../../src/models/profiles.ts';
import type { Settings } from '../../src/models/settings.ts';

export const NOW = 1_800_000_000;

export function testProfiles(): ProfileLearner {
  const missing = (service: string, chain: string) =>
    ({ kind: 'not-enough-data', service, chain, have: 3, need: 20 }) as const;
  return {
    updateProfile: () => undefined,
    updateComposition: () => undefined,
    refit: () => undefined,
    demandDrift: () => 1,
    revision: 0,
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
                endToEndPerRequestPerSecond: { 'order-processing': 0.0018 },
              },
              {
                chain: 'order-processing',
                loadShare: 0.75,
                latencyPerRequestPerSecond: { 'user-registration': 0.001 },
                endToEndPerRequestPerSecond: { 'user-registration': 0.0009 },
              },
            ],
          }
        : undefined,
    reset: () => undefined,
    drain: () => [],
    unsavedSinceSeconds: Number.POSITIVE_INFINITY,
    restore: () => ({ restored: 0, skipped: 0 }),
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
    demandInterval: [0, 0.01],
    demandSource: 'bound',
    upperFactor: 1,
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

export function testSettings(): Settings {
  const services = ['auth-service', 'payment-service'];
  return {
    server: {
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent',
      bodyLimitBytes: 1_048_576,
      allowedHosts: ['slo.example'],
    },
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
      dense: [],
      batchNorm: false,
      dropout: 0,
      learningRate: 0.01,
      batchSize: 32,
      maxEpochs: 10,
      trainingBudget: 10,
      trainingMemory: 256,
      retrainInterval: 3600,
      seed: 1,
    },
    allocation: {
      pricePerCore: 100,
      pricePerMebibyte: 0.1,
      instanceCost: 0,
      cpuQuantum: 0.1,
      inPlaceQuantum: 0.01,
      sloMargin: 0,
      inPlaceMargin: 0,
      inPlacePooling: 0.9,
      maxUtilization: 0.85,
      inPlaceUtilization: 0.92,
      riskFactor: 0.5,
    },
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
      freezeWindows: [],
      inPlace: { interval: 15, stabilization: 60, minDecrease: 0.02 },
    },
    kubernetes: {
      enabled: false,
      label: 'app.kubernetes.io/name',
      verifyTimeout: 300,
      requestTimeout: 30,
      limitFactor: 1.5,
      lease: { enabled: true, name: 'dta-slo', duration: 15 },
      rollouts: { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout', plural: 'rollouts' },
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
