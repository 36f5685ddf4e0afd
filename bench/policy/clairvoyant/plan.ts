/** The cheapest capacities block by block, for a whole run: what a policy would give that knows the future. */
import { BlockProblem, type Truth } from './block-problem.ts';
import { leastScale, scaled, trimmed } from './least-capacity.ts';
import { levelOf, slacksFor } from './proportions.ts';
import type { Segment } from './schedule.ts';
import type { Block } from './stretch.ts';

export interface SearchOptions {
  /** Blocks at which the proportions of the slacks are searched, and in how many rounds. */
  readonly levels: number;
  readonly rounds: number;
  /** Attempts to take more away, a block. */
  readonly trims: number;
  /** Before that time nothing is judged, and no more is taken away than by scale. */
  readonly thoroughFromSeconds: number;
}

export interface PlannedBlock {
  readonly problem: BlockProblem;
  readonly slacks: readonly number[];
}

/** Slacks of a service where no slack keeps the SLOs: so much of its demand. */
const HOPELESS = 1;
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
  let guess = 1;
  return blocks.map((block) => {
    const problem = new BlockProblem(truth, block, before.slice());
    const direction = slacksFor(levels, problem.demands);
    const isJudged = block.toSeconds > options.thoroughFromSeconds;
    const scale = leastScale(problem, direction, guess, isJudged ? FINE : ROUGH);
    guess = Number.isFinite(scale) ? scale : guess;
    const trims = isJudged ? options.trims : 0;
    const slacks = Number.isFinite(scale)
      ? trimmed(problem, scaled(direction, scale), trims)
      : problem.demands.map((demand) => HOPELESS * demand);
    before.push(...problem.schedule(slacks));
    return { problem, slacks };
  });
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
