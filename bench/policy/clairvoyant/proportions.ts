/** Proportions of the slacks of services, searched at some loads and read off for the others. */
import { balanced, leastScale, type Problem, scaled } from './least-capacity.ts';

/** What is best at one load. */
export interface Level {
  /** By service, cores. */
  readonly demands: readonly number[];
  readonly slacks: readonly number[];
}

type LoadedProblem = Problem & { readonly demands: readonly number[] };

/** The slacks of the cheapest capacity that `rounds` rounds find. */
export function levelOf(problem: LoadedProblem, rounds: number): Level {
  let slacks: readonly number[] = problem.demands.map((demand) => 0.02 + 0.2 * Math.sqrt(demand));
  let best: readonly number[] | undefined;
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) slacks = balanced(problem, slacks);
    const scale = leastScale(problem, slacks);
    if (scale === Infinity) break;
    slacks = scaled(slacks, scale);
    if (best === undefined || problem.cost(slacks) < problem.cost(best)) best = slacks;
  }
  return { demands: problem.demands, slacks: best ?? slacks };
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
