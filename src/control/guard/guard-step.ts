import type { ResourceAllocation } from '../../models/data-models.ts';
import type { ProfileLearner } from '../../models/ports.ts';
import type { Settings } from '../../models/settings.ts';
import type { TargetBook } from '../cluster/target-book.ts';
import type { Draft } from '../draft.ts';
import type { Observation } from '../observe/observation.ts';
import type { ChangeLog } from '../rollouts/change-log.ts';

/** What the guard may look at. */
export interface GuardContext {
  readonly settings: Settings;
  readonly observation: Observation;
  readonly profiles: ProfileLearner;
  /** What was planned for each service within the stabilization time, without this pass. */
  readonly recentPlans: ReadonlyMap<string, readonly ResourceAllocation[]>;
  /** When a service was shrunk last, if that was within the stabilization time, Unix s. */
  readonly shrunkSeconds: ReadonlyMap<string, number>;
  /** End-to-end latency of each chain at the planned load under these allocations, s. */
  readonly evaluate: (allocations: ReadonlyMap<string, ResourceAllocation>) => ReadonlyMap<string, number>;
  /** Chains that the plan found unmeetable; nothing is cancelled for their sake. */
  readonly infeasible: ReadonlySet<string>;
  /** Those among them that a cap on all services keeps over their SLO: the plan takes from them for the others. */
  readonly givenUp: ReadonlySet<string>;
  /** A sentence when what feeds the service cannot be read. */
  readonly sourceTrouble: (service: string) => string | undefined;
  /** What the cluster says of each service; nothing without a cluster. */
  readonly targets: Pick<TargetBook, 'reading'>;
  /** What became of earlier changes. */
  readonly changes: Pick<ChangeLog, 'latest' | 'setback'>;
}

/** A pure step. It can only make the change safer, and leaves its reason where it did. */
export type GuardStep = (drafts: readonly Draft[], context: GuardContext) => readonly Draft[];
