import type { Topology } from '../../models/data-models.ts';

/** Everything that can be set; each with its default. */
export interface QuantifierOptions {
  /**
   * Percentile of each chain's SLO, parallelism of the services, stages and visits of the chains. Default: none; then
   * the percentile is 0.95, an instance can use all its cores, and a chain is the sum of its services.
   */
  readonly topology?: Topology;
  /** After this long a window counts half, s. Default 21,600 (6 h). */
  readonly halfLifeSeconds?: number;
  /** Windows kept per service and per chain end to end; the oldest leave first. Default 240. */
  readonly maxWindows?: number;
  /**
   * η, how much faster one instance gets with its cores, in [0, 2], as long as no service has told. Default 0.5: see
   * docs/latency-profiles.md.
   */
  readonly verticalExponentPrior?: number;
  /** Requests of a pair that are needed for a first curve, and that a window needs to count for it. Default 5. */
  readonly minRequests?: number;
  /** Requests that a window needs to be fitted; its percentile means little with fewer. Default 20. */
  readonly minRequestsPerWindow?: number;
  /** Windows that a fitted curve needs. Default 8. */
  readonly minWindows?: number;
  /** Windows with a larger share of failed requests are not fitted. Default 0.05. */
  readonly maxErrorRatio?: number;
}

export type QuantifierSettings = Readonly<Required<Omit<QuantifierOptions, 'topology'>>>;

const DEFAULTS: QuantifierSettings = {
  halfLifeSeconds: 6 * 3600,
  maxWindows: 240,
  verticalExponentPrior: 0.5,
  minRequests: 5,
  minRequestsPerWindow: 20,
  minWindows: 8,
  maxErrorRatio: 0.05,
};

export function settingsFrom(options: QuantifierOptions): QuantifierSettings {
  const { topology: _topology, ...settings } = options;
  return { ...DEFAULTS, ...settings };
}
