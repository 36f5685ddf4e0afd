/**
 * Bounds that see the whole cell, the future included. Each block of the run is simulated alone and gets the cheapest
 * capacity with which it keeps all SLOs; then the whole run is simulated, and blocks whose windows violate because of what
 * was left over get a little more, until all keep them.
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

export const clairvoyantPaced = boundOf({
  name: 'clairvoyant-paced',
  blockSeconds: WINDOW_SECONDS,
  segmentSeconds: WINDOW_SECONDS,
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
