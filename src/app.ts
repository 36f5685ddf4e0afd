import { setImmediate } from 'node:timers/promises';
import { PerformanceImpactQuantifier } from './components/performance-quantifier/performance-quantifier.ts';
import { DynamicResourceAllocator } from './components/resource-allocator/resource-allocator.ts';
import { TrafficMonitor } from './components/traffic-monitor/traffic-monitor.ts';
import { TrafficPredictor } from './components/traffic-predictor/traffic-predictor.ts';
import { CapacityBook } from './control/books/capacity-book.ts';
import { PassMemory } from './control/books/pass-memory.ts';
import { SeriesHistory } from './control/books/series-history.ts';
import { UsageBook } from './control/books/usage-book.ts';
import { ClusterWatch, TARGETS_STATE } from './control/cluster/cluster-watch.ts';
import { TargetBook } from './control/cluster/target-book.ts';
import { ControlLoop } from './control/control-loop.ts';
import { daemonOf } from './control/daemon-of.ts';
import { describeTrouble } from './control/describe-trouble.ts';
import { NearLoads } from './control/in-place/near-loads.ts';
import { SlownessBook } from './control/in-place/slowness-book.ts';
import { WindowTracker } from './control/objectives/window-tracker.ts';
import { layOver } from './control/operator/lay-over.ts';
import { OPERATOR_STATE, OperatorBook } from './control/operator/operator-book.ts';
import type { ControlParts } from './control/parts.ts';
import { recommendExecutor } from './control/recommend-executor.ts';
import { Recorder } from './control/recorder.ts';
import { restoreHistory } from './control/restore.ts';
import { ChangeLog, isUndo } from './control/rollouts/change-log.ts';
import { Rollouts } from './control/rollouts/rollouts.ts';
import { TrainingSchedule } from './control/training.ts';
import type { Daemon } from './models/daemon.ts';
import type {
  CapacityPlanner,
  Clock,
  Executor,
  Logger,
  ProfileLearner,
  TrafficForecaster,
} from './models/ports.ts';
import type { Settings } from './models/settings.ts';
import type { TrafficSource } from './models/sources.ts';
import { PrometheusSource } from './sources/prometheus/prometheus-source.ts';
import { openHistoryStore } from './store/history-store.ts';
import { Journal } from './store/journal.ts';
import type { ClusterEnvironment } from './utils/kubernetes-utils/api/find-cluster.ts';
import { connectKubernetes } from './utils/kubernetes-utils/kubernetes-executor.ts';
import { manifests } from './utils/kubernetes-utils/manifests.ts';
import { seededRandom } from './utils/random.ts';

export interface AppOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What changes are written with. Default: nothing is written, everything is recommended. */
  readonly executor?: Executor;
  /** Where a cluster is looked for, unless there is an executor; absent: nowhere. */
  readonly environment?: ClusterEnvironment;
  /** Put something before what decides, to find out what each of them is worth. Default: nothing. */
  readonly wrap?: Wrappers;
}

export interface Wrappers {
  readonly predictor?: (predictor: TrafficForecaster) => TrafficForecaster;
  readonly profiles?: (profiles: ProfileLearner) => ProfileLearner;
  readonly planner?: (planner: CapacityPlanner) => CapacityPlanner;
}

export interface App {
  readonly daemon: Daemon;
  /** What is read besides the records that are posted. */
  readonly sources: readonly TrafficSource[];
  /** Begins to watch, decide and write. */
  start(): void;
  /** Takes new settings without a restart and answers which of their sections need one to take effect. */
  reload(settings: Settings): readonly string[];
  /** Writes what has arrived, now. */
  flush(): void;
  /** Resolves when everything that is under way waits for the clock, for whoever drives that. */
  settled(): Promise<void>;
  /** Ends everything in order; what has been accepted is on disk when it resolves. */
  stop(): Promise<void>;
}

/** Builds every part, wires them, and takes back what the store remembers. The one place that knows them all. */
export async function createApp(options: AppOptions): Promise<App> {
  const { settings } = options;
  const parts = buildParts({ ...options, executor: options.executor ?? (await connect(options)) });
  parts.operator.restore();
  parts.operator.keepOnly(settings.topology.services);
  parts.settings = layOver(settings, parts.operator.state);
  await restoreHistory(parts);
  goOnRecommending(parts);
  const recorder = new Recorder(parts);
  const loop = new ControlLoop(parts, recorder, new TrainingSchedule(parts));
  const { source } = parts;
  let flushing: NodeJS.Timeout | undefined;
  return {
    daemon: daemonOf(parts, loop, manifests),
    sources: [source],
    start: () => {
      parts.executor.start();
      parts.rollouts.start();
      loop.start();
      source.start();
      flushing ??= setInterval(() => recorder.flush(), parts.settings.store.flushInterval * 1000);
    },
    reload: (next) => reload(parts, next),
    flush: () => recorder.flush(),
    settled: async () => {
      do await setImmediate();
      while (await parts.built.predictor.settled());
    },
    stop: async () => {
      clearInterval(flushing);
      await source.stop();
      // First, in case that what follows is cut short.
      recorder.flush();
      // A pass under way goes on without the network, instead of waiting for it.
      await parts.predictor.close();
      await loop.stop();
      await parts.rollouts.stop();
      await parts.executor.stop();
      recorder.close();
      parts.store.close();
    },
  };
}

/** An undo that was cut short goes on: what a person took back must not be decided again. */
function goOnRecommending(parts: AppParts): void {
  for (const { service, decision } of parts.changes.underWay())
    if (isUndo(decision) && parts.configured.topology.services.has(service))
      parts.operator.setMode(service, 'recommend');
  parts.settings = layOver(parts.configured, parts.operator.state);
}

/** Without a cluster everything is recommended, and that is said once. */
async function connect({ settings, clock, logger, environment }: AppOptions): Promise<Executor> {
  if (environment === undefined) return recommendExecutor;
  const random = seededRandom(clock.nowSeconds() * 1000);
  const connected = await connectKubernetes({
    settings: settings.kubernetes,
    environment,
    clock,
    random,
    logger,
  });
  if (connected.kind === 'connected') return connected.executor;
  const { kind, reason } = connected;
  const told = 'no cluster: changes are recommended, not made';
  if (kind === 'unreadable') logger.warn({ reason }, told);
  else logger.info({ reason }, told);
  return recommendExecutor;
}

interface AppParts extends ControlParts {
  /** The settings of the configuration, without what a person set. */
  configured: Settings;
  readonly traffic: TrafficMonitor;
  /** What stands behind the wrappers, if there are any. */
  readonly built: {
    readonly predictor: TrafficPredictor;
    readonly profiles: PerformanceImpactQuantifier;
    readonly planner: DynamicResourceAllocator;
  };
  readonly rollouts: Rollouts;
  readonly source: TrafficSource;
}

function buildParts(options: AppOptions): AppParts {
  const parts = buildBooks(options);
  const cluster = new ClusterWatch(parts);
  // One object: what a reload changes in it, they see.
  const source = prometheusSource(parts);
  const sourceTrouble = (service: string) =>
    isFed(parts.settings, service) ? describeTrouble(source.status, parts.clock.nowSeconds()) : undefined;
  const rollouts = new Rollouts(parts, cluster);
  return Object.assign(parts, { cluster, rollouts, source, sourceTrouble });
}

function buildBooks({ settings, clock, logger, executor = recommendExecutor, wrap = {} }: AppOptions) {
  const { topology, monitoring, prediction } = settings;
  const fed = { isFed: (service: string | undefined) => isFed(settings, service) };
  const traffic = new TrafficMonitor({ ...monitoring, ...fed, step: prediction.step, topology, clock });
  const predictor = new TrafficPredictor({ ...prediction, clock, logger });
  const quantifier = new PerformanceImpactQuantifier({ topology });
  const profiles = wrap.profiles?.(quantifier) ?? quantifier;
  const allocator = new DynamicResourceAllocator(traffic, predictor, profiles, {
    allocation: settings.allocation,
    topology,
  });
  const history = openHistoryStore(settings.store.path, { logger });
  const store = new Journal(history, logger, [OPERATOR_STATE, TARGETS_STATE]);
  return {
    settings,
    configured: settings,
    clock,
    logger,
    traffic,
    predictor: wrap.predictor?.(predictor) ?? predictor,
    profiles,
    planner: wrap.planner?.(allocator) ?? allocator,
    built: { predictor, profiles: quantifier, planner: allocator },
    executor,
    store,
    changes: new ChangeLog(store),
    targets: new TargetBook(),
    operator: new OperatorBook({ clock, logger, store }),
    capacities: new CapacityBook(topology),
    usage: new UsageBook(),
    series: new SeriesHistory({
      stepSeconds: prediction.step,
      chains: [...topology.chains.keys()],
      monitorSteps: Math.floor(monitoring.windowSize / prediction.step),
      retentionSeconds: settings.store.retention,
    }),
    memory: new PassMemory(),
    nearLoads: new NearLoads(),
    slowness: new SlownessBook(),
    windows: new WindowTracker(),
  };
}

/** Whether Prometheus tells of a service, or (undefined) of the chains end to end. */
function isFed({ prometheus }: Settings, service: string | undefined): boolean {
  if (service === undefined) return prometheus?.queries.endToEnd !== undefined;
  return prometheus?.services.has(service) === true;
}

/** Idle while no service is fed by Prometheus. */
function prometheusSource(parts: ReturnType<typeof buildBooks>): TrafficSource {
  return new PrometheusSource({
    // As configured: a pause or a mode is no reason to connect anew and to read the past again.
    settings: () => parts.configured,
    clock: parts.clock,
    logger: parts.logger,
    random: seededRandom(process.pid),
    traffic: parts.traffic,
    latestUsageSeconds: (service) => parts.usage.latest(service)?.atSeconds,
    instancesTold: (service) => {
      const { source, instances } = parts.capacities.inForce(service) ?? {};
      return source === 'cluster' || source === 'applied' ? instances : undefined;
    },
    recordUsage: (samples) => {
      for (const sample of samples) parts.usage.note(sample);
      parts.store.saveUsage(samples);
    },
  });
}

/** What parts are built from once; a change of it waits for the next start. */
const FIXED_SECTIONS = ['server', 'prediction', 'store', 'kubernetes'] as const;
const FIXED_MONITORING = {
  samplingInterval: 'monitoring.sampling_interval',
  windowSize: 'monitoring.window_size',
  futureTolerance: 'monitoring.future_tolerance',
} as const;

function reload(parts: AppParts, next: Settings): readonly string[] {
  const before = parts.configured;
  const { server, prediction, store, kubernetes } = before;
  const fixed = { server, prediction, store, kubernetes };
  const { samplingInterval, windowSize, futureTolerance } = before.monitoring;
  const fixedMonitoring = { samplingInterval, windowSize, futureTolerance };
  parts.configured = { ...next, ...fixed, monitoring: { ...next.monitoring, ...fixedMonitoring } };
  parts.operator.keepOnly(next.topology.services);
  parts.settings = layOver(parts.configured, parts.operator.state);
  const { topology, monitoring, allocation } = parts.settings;
  parts.traffic.reconfigure({
    topology,
    unknown: monitoring.unknown,
    maxSeries: monitoring.maxSeries,
    isFed: (service) => isFed(parts.settings, service),
  });
  parts.built.profiles.reconfigure(topology);
  parts.built.planner.reconfigure(allocation, topology);
  parts.capacities.reconfigure(topology);
  parts.series.reconfigure([...topology.chains.keys()]);
  const differs = (left: unknown, right: unknown) => JSON.stringify(left) !== JSON.stringify(right);
  const sections = FIXED_SECTIONS.filter((section) => differs(before[section], next[section]));
  const keys = (['samplingInterval', 'windowSize', 'futureTolerance'] as const).filter(
    (key) => before.monitoring[key] !== next.monitoring[key],
  );
  return [...sections, ...keys.map((key) => FIXED_MONITORING[key])];
}
