/** How a service's latency grows with its load: DESIGN section 3, "Profile". */

/**
 * Latency of one visit of a chain to a service at the chain's SLO percentile:
 *
 *     L(ρ, u) = floor + queueing · ρ^exponent / (u^verticalExponent · (1 − ρ)),   0 ≤ ρ < 1
 *
 * with ρ the utilisation of the service (demand of all chains over capacity) and u the cores of one instance.
 */
export interface LatencyProfile {
  readonly kind: 'profile';
  readonly service: string;
  readonly chain: string;
  readonly percentile: number;
  /** `prior`: the cold-start curve, too generous on purpose. `fitted`: from measured windows. */
  readonly source: 'prior' | 'fitted';
  /** a, s. */
  readonly floorSeconds: number;
  /** b, s. */
  readonly queueingSeconds: number;
  /**
   * What leaks in from its callers in this chain: L grows by `queueingSeconds` · ρ^k/(u^η·(1−ρ)) with the load, the cores and
   * the exponents of that service. Absent where there are none, or none was found.
   */
  readonly upstream?: readonly { readonly service: string; readonly queueingSeconds: number }[];
  /** k ≥ 1. */
  readonly exponent: number;
  /** 0 ≤ η ≤ 2. */
  readonly verticalExponent: number;
  /** d, CPU core-seconds of one visit. */
  readonly demandCoreSeconds: number;
  /** d₀, what the service uses without any request, cores; absent: 0. */
  readonly baselineCores?: number;
  /**
   * 95 % confidence interval of `demandCoreSeconds`, core-seconds; from 0 where nothing bounds it from below, up to Infinity
   * where nothing does from above.
   */
  readonly demandInterval: readonly [number, number];
  /** Cores below which a visit's CPU need (p95) does not fit into one CFS period of 100 ms; 0 where unknown. */
  readonly leastCpu?: number;
  readonly demandSource: 'measured-cpu' | 'record-cpu' | 'curvature' | 'bound';
  /** 0 (nothing known) to 1. */
  readonly confidence: number;
  /**
   * By what factor (at least 1) the latency may be above the curve, at 95 % confidence, up to the highest utilisation
   * seen; 1 for a prior, which is too generous as it is.
   */
  readonly upperFactor: number;
  /** Cores that one instance of the service can use at most, where its windows show fewer than are configured. */
  readonly parallelism?: number;
  /** Utilisation from which on the service was throttled in half of its CPU periods; absent where it was not. */
  readonly throttledUtilization?: number;
  /** Median relative residual of the fit; NaN for a prior. */
  readonly residualSpread: number;
  /** Windows that the fit rests on. */
  readonly windows: number;
  /** Lowest and highest utilisation seen in them. */
  readonly utilizationRange: readonly [number, number];
  /** End of the newest window in it. */
  readonly updatedSeconds: number;
}

export interface ProfileNotEnoughData {
  readonly kind: 'not-enough-data';
  readonly service: string;
  readonly chain: string;
  /** Requests seen, and how many are needed for a first curve. */
  readonly have: number;
  readonly need: number;
}

export type ProfileOutcome = LatencyProfile | ProfileNotEnoughData;

/** γ and δ of a chain: end-to-end = factor · criticalPath(service percentiles) + overhead. */
export interface Composition {
  readonly factor: number;
  readonly overheadSeconds: number;
  /** Windows with end-to-end samples that they rest on; 0 means the default γ = 1, δ = 0. */
  readonly windows: number;
  /** 1.4826 · median |relative residual| of the fit; absent for the default. */
  readonly spread?: number;
}

export type Impact =
  | {
      readonly kind: 'impact';
      /** Latency of one visit at the load, s; Infinity when it exceeds the capacity in force. */
      readonly expectedLatency: number;
      readonly confidence: number;
      /** 0 (far from trouble) to 1 (saturated or unknown). */
      readonly riskFactor: number;
      readonly utilization: number;
    }
  | ProfileNotEnoughData;

/** What the chains of a shared service do to each other at the present load. */
export interface SharedServiceImpact {
  readonly service: string;
  readonly utilization: number;
  readonly chains: readonly {
    readonly chain: string;
    /** Share of the service's CPU demand, in [0, 1]; the shares sum to 1. */
    readonly loadShare: number;
    /**
     * By how many seconds the latency of one visit of each *other* chain grows per additional request/s of this
     * chain (the derivative of L).
     */
    readonly latencyPerRequestPerSecond: Readonly<Record<string, number>>;
    /**
     * By how many seconds the end-to-end latency of each other chain grows by that, through this service alone: a visit's
     * growth times the visits on the chain's critical path times its composition factor γ; 0 off the critical path.
     */
    readonly endToEndPerRequestPerSecond: Readonly<Record<string, number>>;
  }[];
}
