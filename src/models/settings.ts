/** The whole configuration, parsed and valid; defaults are filled in. `src/config` makes it. */
import type { Topology } from './data-models.ts';
import type { Caps } from './plans.ts';
import type { PrometheusSettings } from './prometheus-settings.ts';
import type { Secret } from './secret.ts';

export interface Settings {
  readonly server: ServerSettings;
  readonly monitoring: MonitoringSettings;
  readonly prediction: PredictionSettings;
  readonly allocation: AllocationSettings;
  readonly control: ControlSettings;
  readonly store: StoreSettings;
  readonly kubernetes: KubernetesSettings;
  /** Absent when no service is fed by Prometheus and no section names it. */
  readonly prometheus?: PrometheusSettings;
  readonly topology: Topology;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** Largest request body, bytes; NDJSON is streamed and bounded per line. */
  readonly bodyLimitBytes: number;
  /** Names, besides private ones, under which browsers may post. */
  readonly allowedHosts: readonly string[];
  /** Absent: nobody is asked for a token. */
  readonly auth?: AuthSettings;
}

/** Who may call what: docs/security.md. There is always at least one token for operators. */
export interface AuthSettings {
  /** Files with tokens, one a line; they are read again when they change. */
  readonly tokenFile?: string;
  readonly intakeTokenFile?: string;
  /** Tokens of the environment. */
  readonly token?: Secret;
  readonly protect: 'writes' | 'all';
  /** Whether telling traffic and use needs a token. */
  readonly intake: 'protected' | 'open';
}

export interface MonitoringSettings {
  /** Width of the finest counting interval, s. */
  readonly samplingInterval: number;
  /** How far back metrics reach, s. */
  readonly windowSize: number;
  /** `own`: response times leave out the wait for called services; `total`: they contain it. */
  readonly latencyScope: 'own' | 'total';
  /** What a record of an unknown service or chain, or of a chain that the service does not list, meets. */
  readonly unknown: 'reject' | 'learn';
  /** Most series (chain at a service, chain end to end) that are kept at all. */
  readonly maxSeries: number;
  /** How far ahead of the clock a timestamp may lie, s. */
  readonly futureTolerance: number;
}

export interface PredictionSettings {
  readonly sequenceLength: number;
  readonly predictionHorizon: number;
  /** How many of rate, latency, error rate the network sees: 1 to 3. */
  readonly featureDim: number;
  /** Length of a step, s. */
  readonly step: number;
  /** GRU layers, first to last. */
  readonly units: readonly number[];
  /** Dense layers between them and the outputs; may be []. */
  readonly dense: readonly number[];
  /** After each GRU layer. */
  readonly batchNorm: boolean;
  /** Share of each GRU layer's outputs that a training step leaves out. */
  readonly dropout: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly maxEpochs: number;
  /** Training stops after this long, s, and keeps the best epoch. */
  readonly trainingBudget: number;
  /** Memory that a training may take, MiB. */
  readonly trainingMemory: number;
  /** Time between trainings, s. */
  readonly retrainInterval: number;
  readonly seed: number;
}

export interface AllocationSettings {
  readonly pricePerCore: number;
  readonly pricePerMebibyte: number;
  readonly instanceCost: number;
  /** cpu is a multiple of this, cores. */
  readonly cpuQuantum: number;
  /** The same for services that are resized in place. */
  readonly inPlaceQuantum: number;
  /** Share of the SLO that planning leaves unused, in [0, 1). */
  readonly sloMargin: number;
  /** Share of the slow requests that they may have which plans leave unused, for chains whose services are all resized in place. */
  readonly inPlaceMargin: number;
  /** How far instances that are resized in place share their quotas: 0 not at all, 1 as if they were one. */
  readonly inPlacePooling: number;
  /** Plans stay below this utilisation even where no SLO asks for it, in (0, 1). */
  readonly maxUtilization: number;
  /** The same for services that are resized in place: their next change is seconds away. */
  readonly inPlaceUtilization: number;
  /** 0: plans hold the predicted latency to the SLO; 1: its upper 95 % confidence limit; between: in between. */
  readonly riskFactor: number;
}

/** How services are steered that are resized in place: a change of them costs no restart and takes seconds. */
export interface InPlaceSettings {
  /** Time between two passes that change them, s. */
  readonly interval: number;
  /** A decrease must have been wanted for this long, s. */
  readonly stabilization: number;
  /** Decreases below this share are not made. */
  readonly minDecrease: number;
}

export interface ControlSettings {
  /** Time between passes, s. */
  readonly interval: number;
  /** Least time between two passes, s. */
  readonly minInterval: number;
  readonly assumeApplied: boolean;
  /** Early pass when the error budget burns at this rate over both 60 and 300 s. */
  readonly burnRate: number;
  /** Early pass when the rate of a chain exceeds the planned rate by this factor. */
  readonly loadJump: number;
  /** Nothing changes until this much traffic has been watched, s. */
  readonly warmUp: number;
  /** A chain without records for this long is stale, s. */
  readonly staleAfter: number;
  /** Confidence in [0, 1] that a profile needs before its service may shrink on it. */
  readonly minConfidence: number;
  /** Error ratio above which a service is not shrunk. */
  readonly maxErrorRatio: number;
  /** Decreases below this share are not made, neither of cores nor of memory. */
  readonly minDecrease: number;
  /** A decrease must have been wanted for this long, s. */
  readonly stabilization: number;
  /** One pass shrinks a service, and grows those of a chain over its SLO beyond the plan, at most by this factor. */
  readonly largestStep: number;
  /** At most this share of the services is changed downwards in one pass (at least one). */
  readonly changeBudget: number;
  /** Nothing is changed: by the configuration, or by a person (then `pause` says since when and why). */
  readonly paused: boolean;
  readonly pause?: Pause;
  readonly freezeWindows: readonly FreezeWindow[];
  readonly inPlace: InPlaceSettings;
  /** Most that all services together may have; absent where there is no such bound. */
  readonly caps?: Caps;
}

/** A time in which nothing shrinks and nothing changes its shape. */
export type FreezeWindow = FreezeTime & {
  readonly reason: string;
  /** Whether increases go on. */
  readonly growth: 'allow' | 'hold';
  /** Name in the IANA database. */
  readonly timezone: string;
};

type FreezeTime =
  | {
      readonly kind: 'weekly';
      /** On which it begins; 0 is Sunday. */
      readonly days: readonly number[];
      /** On the zone's wall clock, from its midnight. */
      readonly fromMinutes: number;
      /** At most 1440; on the next day when it is not after the start. */
      readonly toMinutes: number;
    }
  | { readonly kind: 'once'; readonly fromSeconds: number; readonly untilSeconds: number };

/** A person's pause. */
export interface Pause {
  readonly sinceSeconds: number;
  readonly reason: string;
}

export interface StoreSettings {
  /** Folder of the history. */
  readonly path: string;
  /** How long history is kept, s. */
  readonly retention: number;
  /** Time between two writes of what has arrived, s. */
  readonly flushInterval: number;
}

export interface KubernetesSettings {
  /** Whether a cluster is looked for. */
  readonly enabled: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Of services that name none; absent: that of the pod or of the context. */
  readonly namespace?: string;
  /** Key of the label whose value is the id of the service. */
  readonly label: string;
  /** A change that does not run after this long is taken back, s. */
  readonly verifyTimeout: number;
  /** An answer that takes longer counts as none, s. */
  readonly requestTimeout: number;
  /** Limits that follow are this multiple of the requests. */
  readonly limitFactor: number;
  readonly lease: LeaseSettings;
  readonly rollouts: CustomKind;
}

export interface LeaseSettings {
  readonly enabled: boolean;
  readonly name: string;
  /** How long others wait for a holder that no longer renews, s. */
  readonly duration: number;
}

/** A kind that the API does not come with, as its paths and bodies name it. */
export interface CustomKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}
