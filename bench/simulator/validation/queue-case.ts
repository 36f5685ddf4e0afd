/** Runs of the simulator whose long-run figures theory knows, and how far it was from them. */
import type { Application, Shape } from '../application.ts';
import { Simulator } from '../simulator.ts';
import { LatencySample } from './latency-sample.ts';
import { poissonArrivals } from './poisson-arrivals.ts';

/** What is looked at in a run, and what theory says of it. */
export interface Figure {
  readonly name: string;
  readonly expected: number;
  readonly of: (run: Run) => number;
}

export interface QueueCase {
  readonly name: string;
  readonly application: Application;
  readonly initial: readonly Shape[];
  /** Poisson, all chains together. */
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly figures: readonly Figure[];
}

/** Sizes of visits that are looked at apart, in mean demands: bounds of the classes. */
export const SIZE_BOUNDS = [0.5, 1, 2] as const;

/** What a run has seen after its warm-up. */
export interface Run {
  readonly requests: readonly LatencySample[];
  /** By size class: time and CPU of the visits of service 0. */
  readonly sizes: { readonly self: Float64Array; readonly cpu: Float64Array };
}

export interface FigureResult {
  readonly name: string;
  readonly expected: number;
  readonly simulated: number;
  /** simulated / expected − 1, and the half of its 95 % confidence interval. */
  readonly error: number;
  readonly half_width: number;
}

export interface CaseResult {
  readonly name: string;
  readonly visits: number;
  readonly figures: readonly FigureResult[];
}

/** Independent runs that a case is divided into; each is a batch of the confidence interval. */
const RUNS = 10;
/** 97.5 % quantile of Student's t with 9 degrees of freedom. */
const STUDENT = 2.262;
/** Of each run, thrown away: it begins empty. */
const WARM_UP = 0.05;

export function runCase(queue: QueueCase, seed: number): CaseResult {
  const runs = Array.from({ length: RUNS }, (_, run) => simulate(queue, seed * RUNS + run));
  const all = pooled(runs);
  return {
    name: queue.name,
    visits: runs.reduce((sum, { visits }) => sum + visits, 0),
    figures: queue.figures.map(({ name, expected, of }) => {
      const simulated = of(all);
      const spread = standardDeviation(runs.map((run) => of(run)));
      return {
        name,
        expected,
        simulated,
        error: simulated / expected - 1,
        half_width: (STUDENT * spread) / Math.sqrt(RUNS) / expected,
      };
    }),
  };
}

function simulate(queue: QueueCase, seed: number): Run & { readonly visits: number } {
  const count = Math.ceil(queue.requests / RUNS);
  const arrivals = poissonArrivals(queue.application, queue.requestsPerSecond, count, seed);
  const begin = arrivals.timesSeconds[Math.floor(WARM_UP * arrivals.timesSeconds.length)] ?? 0;
  const requests = queue.application.chains.map(() => new LatencySample());
  const sizes = { self: new Float64Array(4), cpu: new Float64Array(4) };
  const meanDemand = queue.application.chains[0]!.root.demandSeconds;
  const system = new Simulator({
    application: queue.application,
    arrivals,
    initial: queue.initial,
    seed,
    startupSeconds: 0,
    listener: {
      onVisit: (service, _chain, self, _total, cpu, _failed, end) => {
        if (service !== 0 || end < begin) return;
        const size = sizeClass(cpu / meanDemand);
        sizes.self[size]! += self;
        sizes.cpu[size]! += cpu;
      },
      onRequest: (chain, latency, _failed, end) => {
        if (end - latency >= begin) requests[chain]!.add(latency);
      },
    },
  });
  system.advanceTo(Infinity);
  return { requests, sizes, visits: system.visits };
}

function sizeClass(meanDemands: number): number {
  let size = 0;
  while (size < SIZE_BOUNDS.length && meanDemands > SIZE_BOUNDS[size]!) size++;
  return size;
}

function pooled(runs: readonly Run[]): Run {
  const requests = runs[0]!.requests.map(() => new LatencySample());
  const sizes = { self: new Float64Array(4), cpu: new Float64Array(4) };
  for (const run of runs) {
    for (const [chain, sample] of run.requests.entries()) requests[chain]!.merge(sample);
    for (let size = 0; size < sizes.self.length; size++) {
      sizes.self[size]! += run.sizes.self[size]!;
      sizes.cpu[size]! += run.sizes.cpu[size]!;
    }
  }
  return { requests, sizes };
}

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
