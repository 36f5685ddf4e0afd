/** A daemon for the tests of the API: two services, three chains, the real monitor, and a clock that stands still. */
import { TrafficMonitor } from '../../src/components/traffic-monitor/traffic-monitor.ts';
import { freezeAt } from '../../src/control/guard/freeze-windows.ts';
import { layOver } from '../../src/control/operator/lay-over.ts';
import { OperatorBook } from '../../src/control/operator/operator-book.ts';
import type { ChangeRecord, UndoOutcome } from '../../src/models/changes.ts';
import type {
  Daemon,
  ObjectiveMetrics,
  OperatorControls,
  PassStatistics,
  WhatIfChanges,
} from '../../src/models/daemon.ts';
import type { CapacityInForce } from '../../src/models/data-models.ts';
import type { Decision } from '../../src/models/decisions.ts';
import type { ForecastOutcome } from '../../src/models/forecasts.ts';
import type { UsageSample } from '../../src/models/metrics.ts';
import type { Clock } from '../../src/models/ports.ts';
import type { Settings } from '../../src/models/settings.ts';
import { NOW, testDecision, testProfiles, testSettings } from './fixtures.ts';

const STILL_CLOCK: Clock = { nowSeconds: () => NOW, sleep: async () => undefined };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the tests set and look at; the rest is the daemon. */
export interface TestDaemon extends Mutable<Daemon> {
  intake: TrafficMonitor;
  traffic: TrafficMonitor;
  decisions: Decision[];
  forecastList: ForecastOutcome[];
  whatIfCalls: WhatIfChanges[];
  usage: Map<string, UsageSample>;
  changeList: ChangeRecord[];
  applied: Map<string, CapacityInForce>;
  objectiveMetrics: ObjectiveMetrics;
  notReady: string[];
  undoOutcome: UndoOutcome;
  planManifests: string | undefined;
}

export function testDaemon(settings: Settings = testSettings(), clock: Clock = STILL_CLOCK): TestDaemon {
  const monitor = testMonitor(settings, clock);
  const daemon: TestDaemon = {
    settings,
    clock,
    intake: monitor,
    traffic: monitor,
    profiles: testProfiles(),
    history: {
      status: { failure: undefined, waiting: 0, dropped: 0 },
      loadDecisions: ({ limit, before, service }) => {
        const newestFirst = daemon.decisions
          .toReversed()
          .filter((decision) => service === undefined || changed(decision, service));
        const start = before === undefined ? 0 : newestFirst.findIndex(({ id }) => id === before) + 1;
        return newestFirst.slice(start, start + limit);
      },
      loadChanges: ({ limit, service }) =>
        [...daemon.changeList]
          .toReversed()
          .filter((change) => service === undefined || change.service === service)
          .slice(0, limit),
    },
    predictor: { backend: 'plain', training: false },
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
        explanations: new Map([['order-processing', '500 ms cannot be met.']]),
        caps: [
          {
            resource: 'cpu',
            limit: 3,
            wanted: 4,
            planned: 3,
            used: 3,
            binds: true,
            shadowPrice: 0.5,
            explanation: 'control.max_total_cpu allows 3 cores, 4 would be needed.',
          },
        ],
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
    operator: testOperator(settings, clock, () => daemon),
    freeze: () => freezeAt(daemon.settings.control.freezeWindows, clock.nowSeconds()),
    undoOutcome: { kind: 'not-undone', reason: 'nothing was applied to it' },
    planManifests: undefined,
    passes: noPasses(),
    sources: [
      {
        name: 'prometheus',
        health: { kind: 'ok' },
        lastSuccessSeconds: NOW - 3,
        lagSeconds: 12,
        missing: [],
      },
    ],
    changes: {
      idleBecause: 'no cluster',
      counts: { applied: 1, restored: 0, failed: 0, refused: 0, held: 0 },
      latest: () => new Map(daemon.changeList.map((change) => [change.service, change])),
    },
    changeList: [],
    decisions: [],
    forecastList: [],
    whatIfCalls: [],
    usage: new Map(),
    applied: new Map(),
    objectiveMetrics: { utilization: [], chains: [] },
    notReady: [],
  };
  return daemon;
}

/** The real book over a store that forgets; undo and manifests answer what the test says. */
function testOperator(configured: Settings, clock: Clock, daemon: () => TestDaemon): OperatorControls {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const store = { saveState: () => undefined, loadState: () => undefined };
  const book = new OperatorBook({ clock, logger: silent, store });
  const inForce = <State>(state: State): State => {
    daemon().settings = layOver(configured, book.state);
    return state;
  };
  return {
    get state() {
      return book.state;
    },
    configured,
    idleBecause: 'no cluster is connected: changes are recommended, not made',
    pause: (reason) => inForce(book.pause(reason)),
    resume: () => inForce(book.resume()),
    setMode: (service, mode) => inForce(book.setMode(service, mode)),
    undo: async () => daemon().undoOutcome,
    manifests: () => daemon().planManifests,
  };
}

function testMonitor({ monitoring, prediction, topology }: Settings, clock: Clock): TrafficMonitor {
  const { samplingInterval, windowSize, unknown, maxSeries, futureTolerance } = monitoring;
  const rules = { unknown, maxSeries, futureTolerance };
  return new TrafficMonitor({
    samplingInterval,
    windowSize,
    step: prediction.step,
    topology,
    clock,
    ...rules,
  });
}

function changed(decision: Decision, service: string): boolean {
  return decision.services.some(({ id, status }) => id === service && status !== 'keep' && status !== 'hold');
}

function noPasses(): PassStatistics {
  return {
    completed: { interval: 0, 'in-place': 0, 'burn-rate': 0, 'load-jump': 0, request: 0 },
    failed: 0,
    lastDurationSeconds: undefined,
    lastAtSeconds: undefined,
  };
}
