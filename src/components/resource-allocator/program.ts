/**
 * The continuous program as flat arrays: what the solver reads and never changes.
 *
 * A service waits `h(C) = scale · C^(−power) / (C − D)` on either side of the kink C = U·n_min, which is the curve
 * ρ^k/(u^η(1−ρ)) of DESIGN section 3 with ρ = D/C and u = C/n_min below the kink, u = U above it. A chain's time is
 * its floors plus Σ weight·h, weight = γ·v·b, so it is linear in h, and h is convex and decreasing in C.
 */
export interface Program {
  readonly services: ServiceColumns;
  readonly chains: ChainRows;
  readonly components: readonly Component[];
}

/** A set of services and chains that share nothing with the others: half-open ranges of their indices. */
export interface Component {
  readonly firstService: number;
  readonly endService: number;
  readonly firstChain: number;
  readonly endChain: number;
}

/** One entry a service. Capacities in usable cores; waits `h` have no unit; prices in cost. */
export interface ServiceColumns {
  readonly count: number;
  /** D. */
  readonly demand: Float64Array;
  /** Least capacity, the kink clamped between the bounds, largest capacity. */
  readonly lower: Float64Array;
  readonly middle: Float64Array;
  readonly upper: Float64Array;
  /** Cost of the least capacity, instances included; what is above it costs the prices below. */
  readonly costLower: Float64Array;
  /** h at those three, falling. */
  readonly waitLower: Float64Array;
  readonly waitMiddle: Float64Array;
  readonly waitUpper: Float64Array;
  /** scale, power and marginal cost of a core below and above the kink. */
  readonly scaleBelow: Float64Array;
  readonly powerBelow: Float64Array;
  readonly priceBelow: Float64Array;
  readonly scaleAbove: Float64Array;
  readonly powerAbove: Float64Array;
  readonly priceAbove: Float64Array;
  /**
   * Weights W at which the best capacity leaves the lower bound, reaches the kink, leaves it, reaches the upper
   * bound: W = price / −h′ there.
   */
  readonly leaveLower: Float64Array;
  readonly reachMiddle: Float64Array;
  readonly leaveMiddle: Float64Array;
  readonly reachUpper: Float64Array;
}

/**
 * One row a chain. Stages with one branch are merged into its serial visits; the others stay as stages of branches.
 * All visits stand in one list; `scratch` entries behind them are for directions that are put together on the way.
 */
export interface ChainRows {
  readonly count: number;
  /** What is left of the SLO for waiting after the serial floors, s; Infinity when the chain is not constrained. */
  readonly budget: Float64Array;
  /**
   * Upper bound of the multiplier, cost per second; Infinity for a chain that must be kept. A chain that costs more than
   * this to keep goes over its budget, at this price for each second.
   */
  readonly ceiling: Float64Array;
  /** Visits of chain c: [serialStart[c], serialEnd[c]). */
  readonly serialStart: Int32Array;
  readonly serialEnd: Int32Array;
  /** Stages of chain c: [stageStart[c], stageEnd[c]). */
  readonly stageStart: Int32Array;
  readonly stageEnd: Int32Array;
  /** Branches of stage i: [branchStart[i], branchStart[i + 1]). */
  readonly branchStart: Int32Array;
  /** Visits of branch b: [branchVisitStart[b], branchVisitEnd[b]), and its floor, s. */
  readonly branchVisitStart: Int32Array;
  readonly branchVisitEnd: Int32Array;
  readonly branchFloor: Float64Array;
  readonly visitService: Int32Array;
  readonly visitWeight: Float64Array;
  /** Where the scratch entries begin. */
  readonly scratch: number;
}
