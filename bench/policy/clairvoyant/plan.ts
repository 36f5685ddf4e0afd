/** The cheapest capacities block by block, for a whole run: what a policy would give that knows the future. */
import { BlockProblem, type Truth } from './block-problem.ts';
import {
  attainable,
  cheapestKept,
  LARGEST_SCALE,
  leastScale,
  type Problem,
  scaled,
  trimmed,
} from './least-capacity.ts';
import { levelOf, slacksFor } from './proportions.ts';
import { type Block, meanCores, type Schedule, type Segment } from './schedule.ts';

export interface SearchOptions {
  /** Blocks at which the proportions of the slacks are searched, and in how many rounds. */
  readonly levels: number;
  readonly rounds: number;
  /** Attempts to take more away, a block. */
  readonly trims: number;
  /** Before that time nothing is judged, and it is enough to be near. */
  readonly judgedFromSeconds: number;
  /** What others gave: tried too. */
  readonly seeds: readonly Schedule[];
}

export interface PlannedBlock {
  readonly problem: BlockProblem;
  readonly slacks: readonly number[];
  /** Some chain is over its SLO whatever is given. */
  readonly isHopeless: boolean;
}

/** To this share of the cost a scale is found where nothing is judged, and where more is taken away after it. */
const ROUGH = 0.03;
const FINE = 0.005;

export function planBlocks(
  truth: Truth,
  blocks: readonly Block[],
  options: SearchOptions,
): readonly PlannedBlock[] {
  const levels = representatives(truth, blocks, options.levels).map((problem) =>
    levelOf(problem, options.rounds),
  );
  const before: Segment[] = [];
  let scale = 1;
  return blocks.map((block) => {
    const problem = new BlockProblem(truth, block, before.slice());
    const planned = planBlock(problem, slacksFor(levels, problem.demands), scale, options);
    if (!planned.isHopeless) scale = planned.scale;
    before.push(...problem.schedule(planned.slacks));
    return planned;
  });
}

/** `direction`: slacks for their proportions; `guess`: about which scale of them will do. */
function planBlock(
  problem: BlockProblem,
  direction: readonly number[],
  guess: number,
  { judgedFromSeconds, trims, seeds }: SearchOptions,
): PlannedBlock & { readonly scale: number } {
  const isJudged = problem.block.toSeconds > judgedFromSeconds;
  const tolerance = isJudged ? FINE : ROUGH;
  const least = leastScale(problem, direction, guess, tolerance);
  const isHopeless = least === Infinity;
  const goal: Problem = isHopeless ? attainable(problem, direction) : problem;
  const scale = isHopeless ? Math.min(LARGEST_SCALE, leastScale(goal, direction, guess, tolerance)) : least;
  const slacks = scaled(direction, scale);
  if (!isJudged) return { problem, slacks, isHopeless, scale };
  const candidates = seeds.map((seed) => problem.slacksOf(meanCores(seed, problem.block)));
  const start = cheapestKept(goal, candidates, problem.cost(slacks)) ?? slacks;
  return { problem, slacks: trimmed(goal, start, trims), isHopeless, scale };
}

/** Blocks spread evenly over the range of loads, the least first. */
function representatives(truth: Truth, blocks: readonly Block[], count: number): readonly BlockProblem[] {
  const byLoad = blocks
    .map((block) => new BlockProblem(truth, block))
    .sort((a, b) => total(a.demands) - total(b.demands));
  const least = 0.1 * total(byLoad.at(-1)?.demands ?? []);
  const loaded = byLoad.filter(({ demands }) => total(demands) > least);
  const chosen = Array.from({ length: count }, (_, level) =>
    Math.round(((level + 0.5) / count) * (loaded.length - 1)),
  );
  return [...new Set(chosen)].flatMap((place) => loaded[place] ?? []);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
