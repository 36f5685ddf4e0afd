/** Changes to what runs: what is asked of the executor, what became of it, and what it takes to put it back. */
import type { ResourceAllocation, ServiceMode, ServiceSpec } from './data-models.ts';

/** Limits of one instance, cores and MiB; an absent one is not set. */
export interface Limits {
  readonly cpu?: number;
  readonly memory?: number;
}

/** What one instance asks for and may use at most, and how many there are: all that a change touches. */
export interface TargetState {
  /** Cores and MiB; an absent one is not set. */
  readonly requests: Limits;
  readonly limits: Limits;
  readonly instances: number;
}

/** What is known of the workload that a service runs as. */
export type TargetReading =
  | {
      readonly kind: 'running';
      /** For people: `Deployment shop/auth-service, container app`. */
      readonly target: string;
      /** Where it was found: `deployment` is kind and name, such as `StatefulSet/cart`. */
      readonly place?: {
        readonly namespace: string;
        readonly deployment: string;
        readonly container: string;
      };
      readonly state: TargetState;
      readonly instancesReady: number;
      /** Instances of an old and of a new template run side by side, or some are not ready yet. */
      readonly rolling: boolean;
      /** Changes when other code or settings are rolled out; not when only resources, replicas or our annotations change. */
      readonly version: string;
      readonly qos: 'Guaranteed' | 'Burstable' | 'BestEffort';
      /** Who else decides on it: `HorizontalPodAutoscaler shop/auth-service`. */
      readonly autoscaler?: string;
      /** When an instance was last killed for its memory, Unix s. */
      readonly oomKilledSeconds?: number;
      /** Of a service that is resized in place. */
      readonly drift?: Drift;
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Why a service that is resized in place is to be written again although nothing else is to change, in a sentence. `uneven`: some
 * instances have another size than the rest, and `state` is then the mean of their cpu and the most of their memory. `template`:
 * what new instances come with is far from what it is to be.
 */
export interface Drift {
  readonly kind: 'uneven' | 'template';
  readonly detail: string;
  /** Of uneven instances: cpu of the largest over that of the smallest. */
  readonly spread?: number;
}

/** One service's change as it is asked for. */
export interface Change {
  readonly service: ServiceSpec;
  readonly decision: string;
  /** The decision's sentence; with its id it becomes the change cause. */
  readonly explanation: string;
  /** What the service ran with when it was decided; where it is another by now, nothing is written. An undo does not ask. */
  readonly from?: ResourceAllocation;
  readonly to: ResourceAllocation;
  /** Absent: those of `to`. An undo says them, also that there were none. */
  readonly requests?: Limits;
  /** Absent: by the service's policy. An undo says them. */
  readonly limits?: Limits;
}

/** What can be told before anything is written. */
export type CheckOutcome = { readonly kind: 'ready'; readonly before: TargetState } | ChangeStopped;

/** Nothing was written. `refused`: it stays so until a person acts; `held`: it is worth another try later. */
export interface ChangeStopped {
  readonly kind: 'refused' | 'held';
  readonly reason: string;
}

export type ChangeOutcome =
  | { readonly kind: 'applied'; readonly reason: string }
  /** It did not come up; what was there before runs again. */
  | { readonly kind: 'restored'; readonly reason: string }
  /** It did not come up, or it is not known whether it did, and it could not be put back. */
  | { readonly kind: 'failed'; readonly reason: string }
  | ChangeStopped;

export type ChangeStatus = 'writing' | ChangeOutcome['kind'];

/** One change as it is remembered; saved as `writing` before the first write. */
export interface ChangeRecord {
  readonly service: string;
  /** Id of the decision that asked for it; of an undo the id of the change that it takes back, with `undo-` before it. */
  readonly decision: string;
  readonly atSeconds: number;
  readonly status: ChangeStatus;
  /** Absent where nothing could be read. */
  readonly before?: TargetState;
  readonly to: ResourceAllocation;
  /** How it was made; absent: `rolling`. Its undoing is made the same way. */
  readonly mode?: ServiceMode;
  readonly requests?: Limits;
  readonly limits?: Limits;
  /** A sentence for people: what was done, or why not. */
  readonly detail: string;
  readonly finishedSeconds?: number;
}

export type UndoOutcome =
  | { readonly kind: 'undone'; readonly change: ChangeRecord }
  | { readonly kind: 'not-undone'; readonly reason: string };
