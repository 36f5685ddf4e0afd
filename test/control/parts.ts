import { PerformanceImpactQuantifier } from '../../src/components/performance-quantifier/performance-quantifier.ts';
import { DynamicResourceAllocator } from '../../src/components/resource-allocator/resource-allocator.ts';
import { TrafficMonitor } from '../../src/components/traffic-monitor/traffic-monitor.ts';
import { TrafficPredictor } from '../../src/components/traffic-predictor/traffic-predictor.ts';
import { CapacityBook } from '../../src/control/books/capacity-book.ts';
import { PassMemory } from '../../src/control/books/pass-memory.ts';
import { SeriesHistory } from '../../src/control/books/series-history.ts';
import { UsageBook } from '../../src/control/books/usage-book.ts';
import { ClusterWatch } from '../../src/control/cluster/cluster-watch.ts';
import { TargetBook } from '../../src/control/cluster/target-book.ts';
import { NearLoads } from '../../src/control/in-place/near-loads.ts';
import { SlownessBook } from '../../src/control/in-place/slowness-book.ts';
import { WindowTracker } from '../../src/control/objectives/window-tracker.ts';
import { OperatorBook } from '../../src/control/operator/operator-book.ts';
import { recommendExecutor } from '../../src/control/recommend-executor.ts';
import { ChangeLog } from '../../src/control/rollouts/change-log.ts';
import { Rollouts } from '../../src/control/rollouts/rollouts.ts';
import type { Settings } from '../../src/models/settings.ts';
import { Journal } from '../../src/store/journal.ts';
import { newFolder, openStore, warningLog } from '../store/folders.ts';
import { FakeClock, settingsWith } from './fixtures.ts';

/** All parts of the control, real ones, as `src/app.ts` joins them; time alone is the test's own. */
export function partsOf(
  settings: Settings = settingsWith(),
  clock: FakeClock = new FakeClock(),
  folder: string = newFolder(),
) {
  const { topology, monitoring, prediction, allocation, store } = settings;
  const logger = warningLog();
  const history = openStore(folder);
  const journal = new Journal(history, logger);
  const traffic = new TrafficMonitor({ ...monitoring, step: prediction.step, topology, clock });
  const predictor = new TrafficPredictor({ ...prediction, clock, logger });
  const profiles = new PerformanceImpactQuantifier({ topology });
  const parts = {
    settings,
    clock,
    logger,
    folder,
    history,
    traffic,
    predictor,
    profiles,
    planner: new DynamicResourceAllocator(traffic, predictor, profiles, { allocation, topology }),
    executor: recommendExecutor,
    store: journal,
    changes: new ChangeLog(journal),
    targets: new TargetBook(),
    sourceTrouble: () => undefined,
    capacities: new CapacityBook(topology),
    usage: new UsageBook(),
    series: new SeriesHistory({
      stepSeconds: prediction.step,
      chains: [...topology.chains.keys()],
      monitorSteps: Math.floor(monitoring.windowSize / prediction.step),
      retentionSeconds: store.retention,
    }),
    memory: new PassMemory(),
    windows: new WindowTracker(),
    operator: new OperatorBook({ clock, logger, store: journal }),
    nearLoads: new NearLoads(),
    slowness: new SlownessBook(),
  };
  const cluster = new ClusterWatch(parts);
  return Object.assign(parts, { cluster, rollouts: new Rollouts(parts, cluster) });
}

export type Parts = ReturnType<typeof partsOf>;

/** Records 20 requests of `order-processing` at both its services, spread over the minute that starts then. */
export function recordMinute({ traffic }: Parts, startSeconds: number, responseTime = 0.05): void {
  for (let index = 0; index < 20; index += 1) {
    for (const service of ['auth-service', 'payment-service'])
      traffic.recordRequest(service, 'order-processing', responseTime, false, startSeconds + 3 * index);
  }
}
