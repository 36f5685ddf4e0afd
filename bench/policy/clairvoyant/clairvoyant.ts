/**
 * Bounds that see the whole cell, its requests, their demands and its events included.
 *
 * The run is cut into blocks, and each, with the end of the one before it, is simulated again and again to find the cheapest
 * capacity with which every window that ends in it keeps all SLOs (plan.ts). Then the whole run is simulated, and blocks
 * whose windows violate because of what was left over get a little more, until none does.
 *
 * - `clairvoyant` has no delay at all, and in a window its capacity follows demand in steps of 10 s, with one slack of each
 *   service for the window. A capacity that is constant in the window would be what a policy that acts every few seconds
 *   can be below where load changes within a minute.
 * - `clairvoyant-paced` has a capacity as long as DTA-SLO has one, and each comes as late as a resize in place does.
 *
 * What a bound is: the cheapest schedule of this form that the search finds, and one that was carried out, so that the least
 * possible is at most that. It is no proof that nothing is below it: steps of one second and slacks that know of every burst
 * would be cheaper still (no policy can follow them, as it sees a burst when it is over), and the search ends a little above
 * the best of its own form. Where a policy that keeps the objectives is below it all the same, what it gave can be handed in
 * as a seed, which is tried block by block.
 */
import { Simulator } from '../../simulator/simulator.ts';
import type { Cell } from '../cell.ts';
import { FEWEST_REQUESTS, WINDOW_SECONDS, windowsOf } from '../latency-windows.ts';
import type { RecordedRun } from '../recorded-run.ts';
import type { Bound, BoundOptions } from '../registry.ts';
import { runPolicy } from '../run-policy.ts';
import { TIMING, type Timing } from '../timing.ts';
import { type PlannedBlock, planBlocks } from './plan.ts';
import { type Block, scheduledPolicy } from './schedule.ts';

/** How the true future is used. */
export interface Pace {
  readonly name: string;
  /** One decision each, s. */
  readonly blockSeconds: number;
  /** Within a block capacity follows demand in steps of that length; that of the block: it is constant. */
  readonly segmentSeconds: number;
  /** By so much blocks begin after the windows in which latencies are judged, s. */
  readonly delaySeconds: number;
}

const NO_DELAY: Timing = { ...TIMING, startup: 0, write: 0, resize: 0, quota: 0 };
const SEARCH = { levels: 3, rounds: 2, trims: 12 };
const REPAIRS = 5;
/** What a block gets more when it violates: the excess of the ratio, within these, of its slack. */
const LEAST_RAISE = 0.03;
const LARGEST_RAISE = 0.5;

export const clairvoyant = boundOf({
  name: 'clairvoyant',
  blockSeconds: WINDOW_SECONDS,
  segmentSeconds: 10,
  delaySeconds: 0,
});

/** How often DTA-SLO decides for a service that is resized in place (control.in_place.interval), s. */
const IN_PLACE_SECONDS = 15;

export const clairvoyantPaced = boundOf({
  name: 'clairvoyant-paced',
  blockSeconds: WINDOW_SECONDS,
  segmentSeconds: IN_PLACE_SECONDS,
  delaySeconds: TIMING.resize,
});

export function boundOf(pace: Pace, search = SEARCH): Bound {
  return { name: pace.name, run: (cell, options) => runBound(cell, options, pace, search) };
}

async function runBound(
  cell: Cell,
  { seed, scoredFromSeconds, seeds = [] }: BoundOptions,
  pace: Pace,
  search: typeof SEARCH,
): Promise<RecordedRun> {
  const started = performance.now();
  const truth = { cell, seed, originSeconds: scoredFromSeconds, segmentSeconds: pace.segmentSeconds };
  const blocks = blocksOf(cell, scoredFromSeconds + pace.delaySeconds, pace.blockSeconds);
  let plan = planBlocks(truth, blocks, { ...search, judgedFromSeconds: scoredFromSeconds, seeds });
  let run = await carriedOut(cell, plan, pace.name, { seed, scoredFromSeconds });
  for (let repair = 0; repair < REPAIRS; repair++) {
    const excesses = violations(cell, run, scoredFromSeconds);
    if (excesses.length === 0) break;
    plan = raised(plan, excesses);
    run = await carriedOut(cell, plan, pace.name, { seed, scoredFromSeconds });
  }
  return { ...run, wallSeconds: (performance.now() - started) / 1000 };
}

/** Blocks of one length, one of which begins at `origin`; the first and the last are what is left. */
export function blocksOf(
  { durationSeconds }: Pick<Cell, 'durationSeconds'>,
  origin: number,
  length: number,
): readonly Block[] {
  const before = Math.ceil(origin / length - 1e-9);
  const after = Math.ceil((durationSeconds - origin) / length - 1e-9);
  return Array.from({ length: before + after }, (_, index) => ({
    fromSeconds: Math.max(0, Math.round(origin + (index - before) * length)),
    toSeconds: Math.min(durationSeconds, Math.round(origin + (index + 1 - before) * length)),
  }));
}

async function carriedOut(
  cell: Cell,
  plan: readonly PlannedBlock[],
  name: string,
  { seed, scoredFromSeconds }: BoundOptions,
): Promise<RecordedRun> {
  const schedule = plan.flatMap(({ problem, slacks }) => problem.schedule(slacks));
  return await runPolicy(
    cell,
    scheduledPolicy(name, cell.application, schedule),
    {},
    {
      seed,
      tuneSeconds: scoredFromSeconds,
      timing: NO_DELAY,
      buildSystem: (options) => new Simulator(options),
    },
  );
}

interface Violation extends Block {
  /** p95 over SLO. */
  readonly ratio: number;
}

function violations(cell: Cell, { log }: RecordedRun, fromSeconds: number): readonly Violation[] {
  return cell.application.chains.flatMap(({ sloSeconds }, chain) =>
    windowsOf(log, chain, fromSeconds, cell.durationSeconds, WINDOW_SECONDS)
      .filter(({ requests, p95Seconds }) => requests >= FEWEST_REQUESTS && p95Seconds > sloSeconds)
      .map(({ startSeconds, p95Seconds }) => ({
        fromSeconds: startSeconds,
        toSeconds: startSeconds + WINDOW_SECONDS,
        ratio: p95Seconds / sloSeconds,
      })),
  );
}

/** More slack for the blocks of these windows. */
function raised(plan: readonly PlannedBlock[], excesses: readonly Violation[]): readonly PlannedBlock[] {
  return plan.map((planned) => {
    const { problem, slacks, isHopeless } = planned;
    const { fromSeconds, toSeconds } = problem.block;
    const worst = excesses
      .filter((excess) => excess.fromSeconds < toSeconds && excess.toSeconds > fromSeconds)
      .reduce((largest, { ratio }) => Math.max(largest, ratio), 0);
    if (worst === 0 || isHopeless) return planned;
    const raise = 1 + Math.min(LARGEST_RAISE, Math.max(LEAST_RAISE, worst - 1));
    return { ...planned, slacks: slacks.map((slack) => slack * raise) };
  });
}
