import type { HistoryJournal } from '../models/history.ts';
import type {
  CapacityPlanner,
  Clock,
  Executor,
  Logger,
  ProfileLearner,
  TrafficForecaster,
  TrafficPersistence,
  TrafficReader,
} from '../models/ports.ts';
import type { Settings } from '../models/settings.ts';
import type { CapacityBook } from './books/capacity-book.ts';
import type { PassMemory } from './books/pass-memory.ts';
import type { SeriesHistory } from './books/series-history.ts';
import type { UsageBook } from './books/usage-book.ts';
import type { ClusterWatch } from './cluster/cluster-watch.ts';
import type { TargetBook } from './cluster/target-book.ts';
import type { NearLoads } from './in-place/near-loads.ts';
import type { SlownessBook } from './in-place/slowness-book.ts';
import type { WindowTracker } from './objectives/window-tracker.ts';
import type { OperatorBook } from './operator/operator-book.ts';
import type { ChangeLog } from './rollouts/change-log.ts';
import type { Rollouts } from './rollouts/rollouts.ts';

/** Everything that the control of the daemon works with. `src/app.ts` fills it in. */
export interface ControlParts {
  /** The settings in force; another object after a reload and after an operator's call. */
  settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly traffic: TrafficReader & TrafficPersistence;
  readonly predictor: TrafficForecaster;
  readonly profiles: ProfileLearner;
  readonly planner: CapacityPlanner;
  readonly executor: Executor;
  readonly store: HistoryJournal;
  readonly capacities: CapacityBook;
  readonly usage: UsageBook;
  readonly series: SeriesHistory;
  readonly memory: PassMemory;
  readonly windows: WindowTracker;
  /** What the cluster says of each service. */
  readonly targets: TargetBook;
  readonly changes: ChangeLog;
  /** A sentence when what feeds a service cannot be read; undefined when it can, or when its records are posted. */
  readonly sourceTrouble: (service: string) => string | undefined;
  readonly cluster: Pick<ClusterWatch, 'look' | 'tick'>;
  readonly rollouts: Pick<Rollouts, 'begin'>;
  readonly operator: OperatorBook;
  readonly nearLoads: NearLoads;
  readonly slowness: SlownessBook;
}
