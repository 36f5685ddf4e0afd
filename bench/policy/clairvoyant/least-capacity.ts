/**
 * The cheapest slacks with which a block keeps all SLOs, found by trying: y = C − D of each service over its demand.
 * Waiting is about w/y with a weight w of the service, so that Σ y is least for a given latency where each y is in
 * proportion to √(Σ μ·(−∂r/∂y))·y: the condition of Karush, Kuhn and Tucker with r the chains' ratios of latency to SLO,
 * whose derivatives are measured by trials. The scale of all slacks is found by bisection.
 */

/** Slacks are by service, cores. */
export interface Problem {
  /** Largest p95/SLO of each chain. */
  ratios(slacks: readonly number[]): readonly number[];
  /** Cores over all services. */
  cost(slacks: readonly number[]): number;
}

/** The bisection ends when it has the cost to this share. */
const SCALE_TOLERANCE = 0.003;
const MOST_TRIALS = 12;
/** Share of the bracket that a trial stays away from its ends. */
const MARGIN = 0.2;
const FIRST_STEP = 1.1;
/** Whatever slack there is, so many times it is more than any bound. */
export const LARGEST_SCALE = 1e4;
/** A latency so near to the least that can be had is as good. */
const NEARLY = 1.02;
/** How far a slack is moved to measure a derivative. */
const MOVE = 1.3;
const LEAST_SLACK = 0.002;
/** Beyond it a ratio says no more than that work piles up. */
const LARGEST_RATIO = 10;

export function meets(ratios: readonly number[]): boolean {
  return ratios.every((ratio) => ratio <= 1);
}

export function scaled(slacks: readonly number[], scale: number): readonly number[] {
  return slacks.map((slack) => slack * scale);
}

/**
 * The least scale of the slacks that keeps all SLOs, to `tolerance` of the cost; starts near `guess`. Infinity when none
 * does. Latency falls about as a power of the scale, so the next one to try is where a line through the ends of the bracket,
 * in the logarithms, meets 1; kept away from the ends, so that the bracket shrinks.
 */
export function leastScale(
  problem: Problem,
  slacks: readonly number[],
  guess = 1,
  tolerance = SCALE_TOLERANCE,
): number {
  const tried = (scale: number): Tried => ({
    scale,
    excess: Math.log(Math.min(LARGEST_RATIO, Math.max(...problem.ratios(scaled(slacks, scale)), 0.1))),
  });
  const cost = ({ scale }: Tried) => problem.cost(scaled(slacks, scale));
  let { low, high } = bracketOf(tried, cost, guess);
  for (let trial = 0; trial < MOST_TRIALS && high.scale < Infinity; trial++) {
    if (cost(high) - cost(low) <= tolerance * cost(high)) break;
    const place = low.excess / (low.excess - high.excess);
    const share = Math.min(1 - MARGIN, Math.max(MARGIN, place));
    const between = tried(low.scale * (high.scale / low.scale) ** share);
    if (between.excess <= 0) high = between;
    else low = between;
  }
  return high.scale;
}

interface Tried {
  readonly scale: number;
  /** Logarithm of the largest ratio: at most 0 where all SLOs are kept. */
  readonly excess: number;
}

/**
 * The problem with objectives that can be met: those of a chain that is over its SLO whatever is given are what it can have.
 * `slacks`: any, for their proportions.
 */
export function attainable(problem: Problem, slacks: readonly number[]): Problem {
  const least = problem.ratios(scaled(slacks, LARGEST_SCALE));
  const objectives = least.map((ratio) => (ratio > 1 ? NEARLY * ratio : 1));
  return {
    // A chain that never answers constrains nothing.
    ratios: (tried) =>
      problem
        .ratios(tried)
        .map((ratio, chain) => (objectives[chain] === Infinity ? 0 : ratio / objectives[chain]!)),
    cost: (tried) => problem.cost(tried),
  };
}

/** The cheapest of them that keeps all SLOs; undefined: none does, or none is cheaper than `limit`. */
export function cheapestKept(
  problem: Problem,
  candidates: readonly (readonly number[])[],
  limit: number,
): readonly number[] | undefined {
  return candidates
    .map((slacks) => ({ slacks, cost: problem.cost(slacks) }))
    .filter(({ cost }) => cost < limit)
    .sort((a, b) => a.cost - b.cost)
    .find(({ slacks }) => meets(problem.ratios(slacks)))?.slacks;
}

/** A scale that does and one below it that does not; or one that does, twice, where less does not cost less. */
function bracketOf(
  tried: (scale: number) => Tried,
  cost: (tried: Tried) => number,
  guess: number,
): { low: Tried; high: Tried } {
  const first = tried(guess);
  let [low, high] = [first, first];
  for (let step = FIRST_STEP; ; step **= 1.7) {
    if (first.excess <= 0) {
      [high, low] = [low, tried(low.scale / step)];
      if (low.excess > 0) return { low, high };
      if (cost(low) === cost(high)) return { low, high: low };
    } else {
      low = high;
      if (low.scale > LARGEST_SCALE) return { low, high: { scale: Infinity, excess: 0 } };
      high = tried(low.scale * step);
      if (high.excess <= 0) return { low, high };
    }
  }
}

/** One round towards the best proportions of the slacks; the scale of what is answered has to be found again. */
export function balanced(problem: Problem, slacks: readonly number[]): readonly number[] {
  const derivatives = slacks.map((_, service) => savings(problem, slacks, service));
  const prices = leastSquaresPrices(derivatives);
  return slacks.map((slack, service) => {
    const worth = derivatives[service]!.reduce((sum, saved, chain) => sum + saved * prices[chain]!, 0);
    // A factor of two a round: derivatives of a p95 are noisy.
    return Math.max(LEAST_SLACK, slack * Math.min(2, Math.max(0.5, Math.sqrt(Math.max(0, worth)))));
  });
}

/** −∂r/∂y of every chain for the slack of one service, per core. */
function savings(problem: Problem, slacks: readonly number[], service: number): readonly number[] {
  const moved = (factor: number) => problem.ratios(slacks.with(service, slacks[service]! * factor));
  const less = moved(1 / MOVE);
  const more = moved(MOVE);
  const width = slacks[service]! * (MOVE - 1 / MOVE);
  return less.map((ratio, chain) =>
    Math.max(0, (Math.min(ratio, LARGEST_RATIO) - Math.min(more[chain]!, LARGEST_RATIO)) / width),
  );
}

/**
 * Prices μ ≥ 0 of the chains with Σ_c μ_c·g_sc as near to 1 for every service as can be (least squares of the relative
 * error, by coordinate descent).
 */
export function leastSquaresPrices(derivatives: readonly (readonly number[])[]): readonly number[] {
  const chains = derivatives[0]?.length ?? 0;
  const prices = new Array<number>(chains).fill(0);
  for (let sweep = 0; sweep < 200; sweep++) {
    for (let chain = 0; chain < chains; chain++) {
      let above = 0;
      let below = 0;
      for (const row of derivatives) {
        const others = row.reduce((sum, g, other) => (other === chain ? sum : sum + g * prices[other]!), 0);
        above += row[chain]! * (1 - others);
        below += row[chain]! ** 2;
      }
      prices[chain] = below > 0 ? Math.max(0, above / below) : 0;
    }
  }
  return prices;
}

/** Of the slack, what an attempt takes from a service at first, and the share of that after it failed. */
const FIRST_CUT = 0.4;
const SMALLER_CUT = 0.4;
/** An attempt that would save a smaller share of the cost is none. */
const WORTHWHILE = 0.0005;

/**
 * Takes slack away as long as all SLOs stay kept, always where an attempt would save most; at most `trials` attempts.
 */
export function trimmed(problem: Problem, slacks: readonly number[], trials: number): readonly number[] {
  let best = slacks;
  let cost = problem.cost(best);
  const cuts = slacks.map(() => FIRST_CUT);
  for (let trial = 0; trial < trials; trial++) {
    const attempts = best.map((slack, service) => {
      const less = best.with(service, slack * (1 - cuts[service]!));
      return { service, less, cost: problem.cost(less) };
    });
    const attempt = attempts.reduce((a, b) => (b.cost < a.cost ? b : a));
    if (cost - attempt.cost < WORTHWHILE * cost) break;
    if (meets(problem.ratios(attempt.less))) {
      best = attempt.less;
      cost = attempt.cost;
    } else {
      cuts[attempt.service]! *= SMALLER_CUT;
    }
  }
  return best;
}
