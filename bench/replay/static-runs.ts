/** What an allocation that never changes would do and cost, in the same simulation with the same requests. */
import { type RateTrace, traceSeconds } from './arrivals.ts';
import { type RunScores, ScoredRun } from './scored-run.ts';
import type { PoolShape } from './server-pool.ts';
import type { SimulatedSystem } from './shipped-system.ts';

/** A constant allocation is good enough when at most this share of a chain's windows is over the SLO. */
export const TOLERATED_WINDOWS = 0.01;

const STEPS_PER_CORE = 10;

export interface StaticCase {
  readonly system: SimulatedSystem;
  readonly trace: RateTrace;
  readonly seed: number;
}

export function runStatic(
  { system, trace, seed }: StaticCase,
  shapes: readonly PoolShape[],
): RunScores & { readonly visits: number } {
  const run = new ScoredRun({ system, trace, seed, shapes });
  run.advanceTo(traceSeconds(trace));
  return { ...run.scores(), visits: run.visits };
}

export function alwaysAtMax(system: SimulatedSystem): PoolShape[] {
  return system.services.map(() => system.maxShape);
}

/**
 * The smallest constant allocation with which every chain keeps its SLO: first the least common factor on each
 * service's share of the work by bisection, then each service alone step by step. It is what an operator who knew
 * the trace in advance would set; nobody does.
 */
export function smallestStatic(subject: StaticCase): readonly PoolShape[] {
  const work = meanDemandPerRequest(subject.system);
  const peak = Math.max(...subject.trace.ratesPerSecond);
  const coresAt = (factor: number) => work.map((demand) => roundUp(demand * peak * factor));
  let low = 0.2;
  let high = 3;
  while (high - low > 0.02) {
    const middle = (low + high) / 2;
    if (keepsSlos(subject, coresAt(middle))) high = middle;
    else low = middle;
  }
  return trimmed(subject, coresAt(high)).map((cores) => shapeOf(cores, subject.system));
}

function trimmed(subject: StaticCase, start: readonly number[]): readonly number[] {
  let cores = start;
  for (const service of start.keys()) {
    for (;;) {
      const less = cores.map((value, index) =>
        index === service ? roundUp(value - 1 / STEPS_PER_CORE) : value,
      );
      if (less[service]! <= 0 || !keepsSlos(subject, less)) break;
      cores = less;
    }
  }
  return cores;
}

function keepsSlos(subject: StaticCase, cores: readonly number[]): boolean {
  const { chains } = runStatic(
    subject,
    cores.map((value) => shapeOf(value, subject.system)),
  );
  return chains.every(({ windowsOverSlo }) => windowsOverSlo <= TOLERATED_WINDOWS);
}

/** As few and as large instances as the bounds allow: of all shapes of one capacity this one queues least. */
function shapeOf(cores: number, { maxShape }: SimulatedSystem): PoolShape {
  const instances = Math.min(maxShape.instances, Math.ceil(cores / maxShape.cpu));
  return { cpu: Math.min(maxShape.cpu, cores / instances), instances };
}

function meanDemandPerRequest(system: SimulatedSystem): number[] {
  const work = system.services.map(() => 0);
  for (const { share, steps } of system.chains) {
    for (const { service, probability } of steps) {
      work[service]! += share * probability * system.services[service]!.demand.mean;
    }
  }
  return work;
}

/** To a whole number of tenths, forgiving the last bits of binary fractions. */
function roundUp(cores: number): number {
  return Math.ceil(cores * STEPS_PER_CORE - 1e-9) / STEPS_PER_CORE;
}
