/** Where observations come from besides the records that are posted. */

/** Reads observations until it is stopped. It never throws: what goes wrong is told by its status. */
export interface TrafficSource {
  start(): void;
  stop(): Promise<void>;
  readonly status: SourceStatus;
}

export interface SourceStatus {
  readonly name: string;
  readonly health: SourceHealth;
  /** When the source last answered in full, Unix s; undefined before it did. */
  readonly lastSuccessSeconds: number | undefined;
  /** How far what is known lies behind now, s; undefined before anything is. */
  readonly lagSeconds: number | undefined;
  /** Chains at services (`service/chain`) of which the newest answer has no series; at most 20 of them. */
  readonly missing: readonly string[];
}

export type SourceHealth =
  /** Nothing was asked yet. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'ok' }
  /** What is known stays as it was at `sinceSeconds`. `reason` is a sentence without secrets. */
  | { readonly kind: 'failing'; readonly sinceSeconds: number; readonly reason: string };

/** Requests of one series over one stretch of time, counted elsewhere. Without any request it says: there were none. */
export interface TrafficStep {
  /** Undefined: end to end. */
  readonly service: string | undefined;
  readonly chain: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Failed requests, a whole number. */
  readonly errors: number;
  /** The answered requests: `counts[i]`, a whole number, took about `latencies[i]` s. */
  readonly latencies: readonly number[];
  readonly counts: readonly number[];
  /** Latencies of the answered requests together, s. */
  readonly latencySum: number;
  /** Adds late requests to a stretch that was told of before. */
  readonly isLate: boolean;
}
