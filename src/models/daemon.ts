/** The daemon as the API sees it: what can be read and asked. `src/app.ts` makes it from the parts. */
import type { ChangeOutcome, ChangeRecord, UndoOutcome } from './changes.ts';
import type { CapacityInForce, ResourceAllocation, ServiceMode } from './data-models.ts';
import type { CapDecision, Decision, PassTrigger } from './decisions.ts';
import type { ForecastOutcome, PredictorStatus } from './forecasts.ts';
import type { HistoryJournal } from './history.ts';
import type { UsageSample } from './metrics.ts';
import type { Caps } from './plans.ts';
import type { Clock, PlanOutcome, ProfileLearner, TrafficIntake, TrafficReader } from './ports.ts';
import type { FreezeWindow, Pause, Settings } from './settings.ts';
import type { SourceStatus } from './sources.ts';

export interface Daemon {
  /** The settings in force; another object after a reload. */
  readonly settings: Settings;
  readonly clock: Clock;
  readonly intake: TrafficIntake;
  readonly traffic: TrafficReader;
  readonly profiles: ProfileLearner;
  readonly history: Pick<HistoryJournal, 'loadDecisions' | 'loadChanges' | 'status'>;
  readonly predictor: PredictorStatus;
  /** The forecasts of the latest pass, by chain. */
  forecasts(): ReadonlyMap<string, ForecastOutcome>;
  latestDecision(): Decision | undefined;
  /** Runs a pass, or joins the one under way. */
  runPass(trigger: PassTrigger): Promise<Decision>;
  /** Plans with changed figures and changes nothing. Names are known to the topology: the API has checked them. */
  whatIf(changes: WhatIfChanges): WhatIfOutcome;
  /** Undefined for an unknown service. */
  capacityInForce(service: string): CapacityInForce | undefined;
  setApplied(service: string, allocation: ResourceAllocation): CapacityInForce;
  recordUsage(sample: UsageSample): void;
  latestUsage(service: string): UsageSample | undefined;
  /** Empty when ready. */
  notReadyBecause(): readonly string[];
  objectives(): ObjectiveMetrics;
  readonly operator: OperatorControls;
  /** The freeze window that is open now. */
  freeze(): ActiveFreeze | undefined;
  readonly passes: PassStatistics;
  /** Where observations are read from; empty while all records are posted. */
  readonly sources: readonly SourceStatus[];
  readonly changes: ChangeReader;
}

/** What a person can do to a running daemon. All of it survives a restart. */
export interface OperatorControls {
  readonly state: OperatorState;
  /** The settings of the configuration, without what a person set. */
  readonly configured: Settings;
  /** Why nothing can be written at present, for people; undefined when it can. */
  readonly idleBecause: string | undefined;
  /** Nothing is changed from now on until `resume`; changes that are under way end as they would. */
  pause(reason: string): OperatorState;
  resume(): OperatorState;
  /** Undefined takes the service back to the mode of the configuration. */
  setMode(service: string, mode: ServiceMode | undefined): OperatorState;
  /** Puts back what the service ran with before its latest applied change, and sets its mode to `recommend`. */
  undo(service: string): Promise<UndoOutcome>;
  /** The latest plan as manifests (YAML) that `kubectl apply --server-side` takes; undefined before the first pass. */
  manifests(): string | undefined;
}

export interface OperatorState {
  /** Absent while not paused by a person. */
  readonly paused?: Pause;
  /** Modes that were set at run time, by service; others have the mode of the configuration. */
  readonly modes: ReadonlyMap<string, ServiceMode>;
}

export interface ActiveFreeze extends Pick<FreezeWindow, 'reason' | 'growth' | 'timezone'> {
  /** Absent where windows follow each other without an end. */
  readonly untilSeconds?: number;
}

export interface WhatIfChanges {
  /** requests/s by chain; the others keep their present planning load. */
  readonly loads: Readonly<Record<string, number>>;
  /** s by chain. */
  readonly slos: Readonly<Record<string, number>>;
  readonly bounds: Readonly<Record<string, Partial<WhatIfBounds>>>;
  /** In place of those of the configuration, each for itself. */
  readonly caps?: Caps;
}

export interface WhatIfBounds {
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minInstances: number;
  readonly maxInstances: number;
}

export interface WhatIfOutcome extends PlanOutcome {
  /** What each chain's SLO costs, and what the caps cost, in words; caps are absent where there are none. */
  readonly explanations: ReadonlyMap<string, string>;
  readonly caps?: readonly CapDecision[];
  /** The loads that were planned for, requests/s by chain. */
  readonly loads: Readonly<Record<string, number>>;
}

export interface ChangeReader {
  /** Why nothing is written at present; undefined when changes are made. */
  readonly idleBecause: string | undefined;
  /** The latest change of each service, by service. */
  latest(): ReadonlyMap<string, ChangeRecord>;
  /** Changes since the start, by what became of them. */
  readonly counts: Readonly<Record<ChangeOutcome['kind'], number>>;
}

export interface PassStatistics {
  readonly completed: Readonly<Record<PassTrigger, number>>;
  readonly failed: number;
  readonly lastDurationSeconds: number | undefined;
  readonly lastAtSeconds: number | undefined;
}

/** The four metrics that the original framework promises, over the monitoring window (DESIGN section 6). */
export interface ObjectiveMetrics {
  /** used / allocated over the last 300 s; an entry is absent when it is not known, never NaN. */
  readonly utilization: readonly {
    readonly resource: 'cpu' | 'memory';
    readonly source: 'measured' | 'estimated';
    readonly ratio: number;
  }[];
  readonly chains: readonly ChainObjective[];
  /** Jain's index of SLO/latency over the chains; absent without a measured chain. */
  readonly fairness?: number;
}

export interface ChainObjective {
  readonly chain: string;
  /** `end-to-end`: measured samples; `composed`: from the services' own times along the chain. */
  readonly source: 'end-to-end' | 'composed';
  /** Share of requests over the SLO or failed. */
  readonly violationRatio: number;
  /**
   * Share of 60 s windows whose SLO percentile was over the SLO, or in which more failed than the objective allows; absent
   * while no window has been judged.
   */
  readonly violatingWindowsRatio?: number;
  /** Absent when too few requests were answered to tell. */
  readonly averageSeconds?: number;
  /** s by quantile: 0.5, 0.9, 0.95, 0.99; empty when too few requests were answered. */
  readonly quantiles: Readonly<Record<string, number>>;
  /** Error budget burn over the last 60 s and 300 s: violation ratio / (1 − objective). */
  readonly burnRates: { readonly short: number; readonly long: number };
}
