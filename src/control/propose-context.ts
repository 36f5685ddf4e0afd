import type { ResourceAllocation } from '../models/data-models.ts';
import type { ProfileLearner } from '../models/ports.ts';
import type { Settings } from '../models/settings.ts';
import type { CapacityBook } from './books/capacity-book.ts';
import type { Observation } from './observe/observation.ts';

/** What a proposal is made from besides the plan. */
export interface ProposeContext {
  readonly settings: Settings;
  readonly observation: Observation;
  readonly profiles: ProfileLearner;
  readonly capacities: CapacityBook;
  /** Latency of each chain at the measured rate with what is in force, as the profiles see it, s. */
  readonly expectedNow: ReadonlyMap<string, number>;
  /** CPU demand at the planned load by service, cores. */
  readonly demands: ReadonlyMap<string, number>;
  /** Chains that the plan found unmeetable. */
  readonly infeasible: ReadonlySet<string>;
  /** Those that a cap on all services keeps over their SLO. */
  readonly givenUp: ReadonlySet<string>;
  /** Services whose memory was measured. */
  readonly measuredMemory: { has(service: string): boolean };
  /** What was planned for, requests/s by chain. */
  readonly loads: ReadonlyMap<string, number>;
  /** Where steps are counted from. */
  readonly baselines: ReadonlyMap<string, ResourceAllocation>;
}
