/** The cheapest capacities block by block, for a whole run: what a policy would give that knows the future. */
import { type Block, BlockTrials, type Truth } from './block-trials.ts';
import { demandsIn } from './demand.ts';
import { balanced, capacities, leastScale, type Problem, trimmed } from './least-capacity.ts';

export interface PlannedBlock extends Block {
  /** By service. */
  readonly cores: readonly number[];
}

export interface SearchOptions {
  /** The windows in which latencies are judged, s. */
  readonly windowSeconds: number;
  /** Blocks at which the proportions of the slacks are searched. */
  readonly levels: number;
  readonly rounds: number;
  /** Attempts to take more away, a block. */
  readonly trims: number;
}

interface Level {
  readonly demands: readonly number[];
  readonly slacks: readonly number[];
}

export function planCapacities(
  truth: Truth,
  blocks: readonly Block[],
  options: SearchOptions,
): readonly PlannedBlock[] {
  const trials = new BlockTrials(truth, options.windowSeconds);
  const problems = blocks.map(
    (block): Problem => ({
      application: truth.application,
      demands: demandsIn(truth, block),
      trial: (cores) => trials.ratios(block, cores),
    }),
  );
  const levels = representatives(problems, options.levels).map((problem) => levelOf(problem, options.rounds));
  let guess = 1;
  return blocks.map((block, index) => {
    const problem = problems[index]!;
    const slacks = slacksFor(levels, problem.demands);
    const scale = leastScale(problem, slacks, guess);
    if (!Number.isFinite(scale)) return { ...block, cores: capacities(problem, slacks, 100) };
    guess = scale;
    return { ...block, cores: trimmed(problem, capacities(problem, slacks, scale), options.trims) };
  });
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Blocks spread evenly over the range of loads, the least first. */
function representatives(problems: readonly Problem[], count: number): readonly Problem[] {
  const byLoad = [...problems].sort((a, b) => total(a.demands) - total(b.demands));
  const loaded = byLoad.filter(({ demands }) => total(demands) > 0.1 * total(byLoad.at(-1)!.demands));
  const chosen = Array.from({ length: count }, (_, level) =>
    Math.round(((level + 0.5) / count) * (loaded.length - 1)),
  );
  return [...new Set(chosen)].map((index) => loaded[index]!);
}

/** The slacks of the cheapest capacity that `rounds` rounds find at one load. */
function levelOf(problem: Problem, rounds: number): Level {
  let slacks: readonly number[] = problem.demands.map((demand) => 0.02 + 0.3 * demand);
  let scale = leastScale(problem, slacks);
  let best = { slacks, scale };
  for (let round = 0; round < rounds; round++) {
    slacks = balanced(problem, slacks, Number.isFinite(scale) ? scale : 1);
    scale = leastScale(problem, slacks);
    if (costOf(problem, slacks, scale) < costOf(problem, best.slacks, best.scale)) best = { slacks, scale };
  }
  return { demands: problem.demands, slacks: best.slacks.map((slack) => slack * best.scale) };
}

function costOf(problem: Problem, slacks: readonly number[], scale: number): number {
  return total(capacities(problem, slacks, Number.isFinite(scale) ? scale : 1e4));
}

/** Between the levels on a line in the logarithms; beyond them a slack grows as the root of the demand. */
export function slacksFor(levels: readonly Level[], demands: readonly number[]): readonly number[] {
  return demands.map((demand, service) => {
    const points = levels
      .map((level) => ({ demand: level.demands[service]!, slack: level.slacks[service]! }))
      .filter((point) => point.demand > 0)
      .sort((a, b) => a.demand - b.demand);
    if (points.length === 0 || demand <= 0) return points[0]?.slack ?? 0.01;
    const above = points.findIndex((point) => point.demand >= demand);
    const [low, high] = [points[above - 1], points[above]];
    if (low === undefined || high === undefined || high.demand <= low.demand) {
      const end = above === -1 ? points.at(-1)! : points[above]!;
      return end.slack * Math.sqrt(demand / end.demand);
    }
    const share = Math.log(demand / low.demand) / Math.log(high.demand / low.demand);
    return low.slack * (high.slack / low.slack) ** share;
  });
}
