/**
 * Benchmark of the resource allocator: time, gap and memory on a random application, or the whole solution of a
 * problem file. With --json the last line is one JSON object.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Solved, solvePlan } from '../src/components/resource-allocator/solve-plan.ts';
import { WarmStart } from '../src/components/resource-allocator/warm-start.ts';
import type { Plan, PlanningProblem } from '../src/models/plans.ts';
import { answerOf } from './allocator/answer.ts';
import { ProblemFileError, parseProblem } from './allocator/problem-file.ts';
import { randomProblem, withChangedLoads } from './allocator/random-problem.ts';

const REPEATS = 15;

const OPTIONS = {
  services: { type: 'string', default: '1000' },
  chains: { type: 'string', default: '3000' },
  seed: { type: 'string', default: '1' },
  parallel: { type: 'string', default: '0' },
  curved: { type: 'string', default: '0' },
  problem: { type: 'string' },
  peer: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

try {
  const { values: flags } = parseArgs({ options: OPTIONS });
  const result = flags.problem === undefined ? await measure(flags) : solveFile(flags.problem);
  console.log(flags.json ? JSON.stringify(result) : result);
} catch (error) {
  if (!(error instanceof Error) || !isOfTheCaller(error)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/** A fault of the flags or of the file, which is told without a stack. */
function isOfTheCaller(error: Error): boolean {
  return error instanceof ProblemFileError || ('code' in error && error.code !== undefined);
}

function solveFile(file: string): object {
  return answerOf(solvePlan(readProblem(file)));
}

function readProblem(file: string): PlanningProblem {
  try {
    return parseProblem(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof ProblemFileError)) throw error;
    throw new ProblemFileError(`${file} cannot be read:\n${error.message}`);
  }
}

interface Flags {
  readonly services: string;
  readonly chains: string;
  readonly seed: string;
  readonly parallel: string;
  readonly curved: string;
  readonly peer: boolean;
}

async function measure(flags: Flags): Promise<object> {
  const problem = randomProblem({
    services: whole('services', flags.services),
    chains: whole('chains', flags.chains),
    seed: whole('seed', flags.seed),
    parallel: share('parallel', flags.parallel),
    curved: share('curved', flags.curved),
  });
  const cold = timed(() => solvePlan(problem));
  const again = Array.from({ length: REPEATS }, () => forgotten(timed(() => solvePlan(problem))));
  const warmStart = new WarmStart();
  solvePlan(problem, { warmStart });
  const warm = Array.from({ length: REPEATS }, (_, i) => {
    const changed = withChangedLoads(problem, 0.05, i);
    return forgotten(timed(() => solvePlan(changed, { warmStart })));
  });
  const { plan } = cold;
  return {
    services: problem.services.length,
    chains: problem.chains.length,
    visits: problem.chains.reduce((sum, chain) => sum + chain.stages.flat(2).length, 0),
    cold_ms: cold.ms,
    solve_ms: median(again.map(({ ms }) => ms)),
    warm_ms: median(warm.map(({ ms }) => ms)),
    cold_cpu_ms: cold.cpuMs,
    solve_cpu_ms: median(again.map(({ cpuMs }) => cpuMs)),
    warm_cpu_ms: median(warm.map(({ cpuMs }) => cpuMs)),
    gap: Math.max(cold.plan.gap, ...again.map(gapOf), ...warm.map(gapOf)),
    shape_excess: plan.cost / plan.lowerBound - 1,
    infeasible_chains: plan.chains.filter(({ feasible }) => !feasible).length,
    binding_chains: plan.chains.filter(({ shadowPrice }) => shadowPrice > 0).length,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    continuous_cost: plan.continuousCost,
    ...(flags.peer ? await peerFigures(problem, median(again.map(({ ms }) => ms))) : {}),
  };
}

/** Time of HiGHS on tangents of the same problem, loaded only when it is asked for, and what it takes per our time. */
async function peerFigures(problem: PlanningProblem, ms: number): Promise<object> {
  const { exactSolution } = await import('../test/components/resource-allocator/exact-solver.ts');
  const { cost, rounds, solveMs } = exactSolution(problem, 1e-4);
  return { highs_ms: solveMs, highs_rounds: rounds, highs_cost: cost, highs_ratio: solveMs / ms };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= 0) return value;
  throw new ProblemFileError(`--${name}: found ${text}, allowed: a whole number from 0 on`);
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 1) return value;
  throw new ProblemFileError(`--${name}: found ${text}, allowed: a number from 0 to 1`);
}

interface Time {
  readonly ms: number;
  /** CPU time of the whole process: what the clock shows on a machine that does nothing else, or more. */
  readonly cpuMs: number;
  readonly gap: number;
}

interface Timed extends Time {
  readonly plan: Plan;
}

function timed(solve: () => Solved): Timed {
  const before = process.cpuUsage();
  const started = performance.now();
  const { plan } = solve();
  const ms = performance.now() - started;
  const used = process.cpuUsage(before);
  return { plan, ms, cpuMs: (used.user + used.system) / 1000, gap: plan.gap };
}

/** Its figures without the plan, which would only take memory. */
function forgotten({ ms, cpuMs, gap }: Timed): Time {
  return { ms, cpuMs, gap };
}

function gapOf({ gap }: Time): number {
  return gap;
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
