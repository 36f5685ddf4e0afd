/**
 * Benchmark of the resource allocator: time, gap and memory on a random application, or the whole solution of a
 * problem file. With --json the last line is one JSON object.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Solved, solvePlan } from '../src/components/resource-allocator/solve-plan.ts';
import { WarmStart } from '../src/components/resource-allocator/warm-start.ts';
import type { PlanningProblem } from '../src/models/plans.ts';
import { answerOf } from './allocator/answer.ts';
import { parseProblem } from './allocator/problem-file.ts';
import { randomProblem, withChangedLoads } from './allocator/random-problem.ts';

const REPEATS = 15;

const { values: flags } = parseArgs({
  options: {
    services: { type: 'string', default: '1000' },
    chains: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '0' },
    curved: { type: 'string', default: '0' },
    problem: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const result = flags.problem === undefined ? measure() : answerOf(solvePlan(readProblem(flags.problem)));
console.log(flags.json ? JSON.stringify(result) : result);

function readProblem(file: string): PlanningProblem {
  return parseProblem(readFileSync(file, 'utf8'));
}

function measure(): object {
  const problem = randomProblem({
    services: Number(flags.services),
    chains: Number(flags.chains),
    seed: Number(flags.seed),
    parallel: Number(flags.parallel),
    curved: Number(flags.curved),
  });
  const cold = timed(() => solvePlan(problem));
  const again = Array.from({ length: REPEATS }, () => timed(() => solvePlan(problem)));
  const warmStart = new WarmStart();
  solvePlan(problem, { warmStart });
  const warm = Array.from({ length: REPEATS }, (_, i) => {
    const changed = withChangedLoads(problem, 0.05, i);
    return timed(() => solvePlan(changed, { warmStart }));
  });
  const { plan } = cold.solved;
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
    gap: Math.max(...[cold, ...again, ...warm].map(({ solved }) => solved.plan.gap)),
    shape_excess: plan.cost / plan.lowerBound - 1,
    infeasible_chains: plan.chains.filter(({ feasible }) => !feasible).length,
    binding_chains: plan.chains.filter(({ shadowPrice }) => shadowPrice > 0).length,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}

interface Timed {
  readonly solved: Solved;
  readonly ms: number;
  /** CPU time of the whole process: what the clock shows on a machine that does nothing else, or more. */
  readonly cpuMs: number;
}

function timed(solve: () => Solved): Timed {
  const before = process.cpuUsage();
  const started = performance.now();
  const solved = solve();
  const ms = performance.now() - started;
  const used = process.cpuUsage(before);
  return { solved, ms, cpuMs: (used.user + used.system) / 1000 };
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
