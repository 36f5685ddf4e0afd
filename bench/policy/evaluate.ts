import { messageOf } from '../../src/models/errors.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { Cell } from './cell.ts';
import { outagesOf } from './cell-events.ts';
import type { Schedule } from './clairvoyant/schedule.ts';
import { capacitiesOf } from './clairvoyant/seed.ts';
import { cutCell } from './cut-cell.ts';
import type { Parameters, PolicyFactory } from './policy.ts';
import type { RecordedRun } from './recorded-run.ts';
import type { Contender } from './registry.ts';
import { type RunOptions, runPolicy } from './run-policy.ts';
import { type Scores, scoresOf } from './scores.ts';
import { type Series, seriesOf } from './series.ts';
import { type Trial, tune } from './tune.ts';

export interface EvaluationOptions {
  readonly seed: number;
  /** Share of the run in which baselines are tuned; scores are over the rest. */
  readonly tuneFraction: number;
  /** What policies gave that kept the objectives, for bounds. */
  readonly seeds?: readonly Schedule[];
}

export interface ScoredPolicy extends Scores {
  readonly name: string;
  readonly parameters: Parameters;
  readonly tuning_runs: number;
  /** For tuning and the run. */
  readonly wall_seconds: number;
  readonly series: Series;
  /** By the minute. */
  readonly capacities?: Schedule;
}

export interface FailedPolicy {
  readonly name: string;
  readonly error: string;
  readonly wall_seconds: number;
}

export type PolicyResult = ScoredPolicy | FailedPolicy;

/** Share of the tuning part that passes before a setting is judged: every run starts from the same generous allocation. */
const SETTLING_SHARE = 1 / 3;

/** Tunes a contender if there is something to tune, runs it and scores it. What it throws becomes its result. */
export async function evaluate(
  contender: Contender,
  cell: Cell,
  options: EvaluationOptions,
): Promise<PolicyResult> {
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1000;
  try {
    const scoredFromSeconds = options.tuneFraction * cell.durationSeconds;
    const { run, tuningRuns } = await runOf(contender, cell, options, scoredFromSeconds);
    return {
      name: contender.name,
      ...scoresOf(run, judged(cell), scoredFromSeconds),
      parameters: run.parameters,
      tuning_runs: tuningRuns,
      wall_seconds: passed(),
      series: seriesOf(run, judged(cell)),
      capacities: capacitiesOf(run),
    };
  } catch (error) {
    return { name: contender.name, error: messageOf(error), wall_seconds: passed() };
  }
}

interface Evaluated {
  readonly run: RecordedRun;
  readonly tuningRuns: number;
}

async function runOf(
  contender: Contender,
  cell: Cell,
  { seed, seeds = [] }: EvaluationOptions,
  scoredFromSeconds: number,
): Promise<Evaluated> {
  if (contender.kind === 'bound') {
    return { run: await contender.bound.run(cell, { seed, scoredFromSeconds, seeds }), tuningRuns: 0 };
  }
  const { factory } = contender;
  const tuned = await tune(factory.space, trialsOn(cutCell(cell, scoredFromSeconds), factory, seed));
  const run = await runPolicy(cell, factory, tuned.parameters, runOptions(seed, scoredFromSeconds));
  return { run, tuningRuns: tuned.runs };
}

function trialsOn(cell: Cell, factory: PolicyFactory, seed: number) {
  const from = cell.durationSeconds * SETTLING_SHARE;
  return async (parameters: Parameters): Promise<Trial> => {
    const run = await runPolicy(cell, factory, parameters, runOptions(seed, from));
    const scores = scoresOf(run, judged(cell), from);
    return { coreHours: scores.core_hours, violatingWindowsRatio: violationsOf(scores) };
  };
}

/** In a part that is too short for windows to be judged the requests tell: a p95 leaves room for one in twenty. */
function violationsOf(scores: Scores): number {
  const { violating_windows_ratio: windows, violating_requests_ratio: requests } = scores;
  return Math.max(windows, requests > 0.05 ? requests : 0);
}

function runOptions(seed: number, tuneSeconds: number): RunOptions {
  return { seed, tuneSeconds, buildSystem: (options) => new Simulator(options) };
}

function judged({ known, arrivals, events, durationSeconds, shockSeconds }: Cell) {
  const outages = outagesOf(events, durationSeconds);
  return { chains: known.chains, arrivals, durationSeconds, shockSeconds, outages };
}
