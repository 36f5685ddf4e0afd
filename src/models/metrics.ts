/** What has been measured: latency distributions, rates and error ratios of services and chains. */
import type { CapacityInForce } from './data-models.ts';

/** A latency distribution that can be asked and merged; answers within a stated relative error. */
export interface LatencyDistribution {
  /** Number of latencies in it (failed requests are not). */
  readonly count: number;
  readonly meanSeconds: number;
  /** Bound on |answer − truth| / truth of `quantile`, for example 0.02. */
  readonly relativeError: number;
  /** Latency at quantile q in [0, 1], s; NaN when empty. */
  quantile(q: number): number;
  /** Share of latencies above the given one, in [0, 1]; 0 when empty. */
  fractionAbove(seconds: number): number;
}

/** One series: a chain at a service, or a chain end to end (`service` absent). */
export interface SeriesMetrics {
  readonly service?: string;
  readonly chain: string;
  /** Requests that arrived, failed ones included. */
  readonly requests: number;
  /** Arrivals per second over the window, or over the part of it since the chain's first record. */
  readonly ratePerSecond: number;
  /** Failed requests / requests; 0 when there were none. */
  readonly errorRatio: number;
  readonly latency: LatencyDistribution;
  /** CPU seconds told with the records, divided by the requests that told it; absent when none did. */
  readonly cpuSecondsPerRequest?: number;
}

export interface TrafficMetrics {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** A chain at a service. Series without any request in the window are left out. */
  readonly services: readonly SeriesMetrics[];
  /** End-to-end samples of the chains. */
  readonly endToEnd: readonly SeriesMetrics[];
}

/** Metrics of one closed window, aligned to the epoch: `fromSeconds` is a multiple of its length. */
export type TrafficWindow = TrafficMetrics;

/**
 * Regular series of one chain, the food of the predictor. Row i covers
 * [startSeconds + i·stepSeconds, startSeconds + (i+1)·stepSeconds).
 *
 * `rates` is in requests of the chain per second, NaN where nothing is known (a gap is not a zero).
 * `latencies` is the mean latency in s and `errorRatios` the share that failed; NaN without requests.
 */
export interface ChainSeries {
  readonly chain: string;
  readonly startSeconds: number;
  readonly stepSeconds: number;
  readonly rates: Float64Array;
  readonly latencies: Float64Array;
  readonly errorRatios: Float64Array;
}

/** One chain's part in a service's window. */
export interface PairWindow {
  readonly chain: string;
  /** Visits of this chain to the service per second. */
  readonly ratePerSecond: number;
  readonly requests: number;
  readonly errorRatio: number;
  /** Own time in the service at the chain's SLO percentile, s; NaN, as the mean, where every request failed. */
  readonly percentileSeconds: number;
  readonly meanSeconds: number;
}

/** Everything that one closed window says about one service; what a profile is fitted to. */
export interface ServiceWindow {
  readonly service: string;
  readonly startSeconds: number;
  readonly lengthSeconds: number;
  /** The capacity in force throughout the window; windows in which it changed are not made. */
  readonly capacity: CapacityInForce;
  /** Measured CPU use of all instances together, cores; absent when nothing measured it. */
  readonly cpuUsedCores?: number;
  /** Mean share of the CPU periods in which the worst instance was throttled, in [0, 1]; absent when nothing told it. */
  readonly throttledRatio?: number;
  readonly pairs: readonly PairWindow[];
}

/** Everything that one closed window says about a chain end to end. */
export interface ChainWindow {
  readonly chain: string;
  readonly startSeconds: number;
  readonly lengthSeconds: number;
  readonly requests: number;
  readonly errorRatio: number;
  /** End-to-end latency at the chain's SLO percentile, s. */
  readonly percentileSeconds: number;
  /** Latency of each service at the same percentile in the same window, s, per visit. */
  readonly serviceSeconds: ReadonlyMap<string, number>;
}

/** One window of one series in the form that is kept on disk. */
export interface SeriesWindowRow {
  /** '' for an end-to-end series. */
  readonly service: string;
  readonly chain: string;
  readonly startSeconds: number;
  /** Counts and sketch; only the monitor reads it. */
  readonly payload: Uint8Array;
}

/** Measured resource use of a service: cores of all instances together; MiB of one instance. */
export interface UsageSample {
  readonly service: string;
  readonly atSeconds: number;
  readonly cpu?: number;
  readonly memory?: number;
  /** Share of the CPU periods in which the worst instance was throttled, in [0, 1]. */
  readonly throttledRatio?: number;
}
