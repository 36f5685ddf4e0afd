import { latencyAt, latencySlope } from './latency-curve.ts';
import {
  type Leaked,
  type LoadedWindow,
  likeWindows,
  loadOf,
  SAME_UTILIZATION,
  usableLatency,
  usualResidual,
} from './like-windows.ts';
import type { QuantifierSettings } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { demandCoresOf } from './service-load.ts';
import { SATURATED } from './utilizations.ts';
import type { WindowTable } from './window-table.ts';

/** How far a window is from what the model promises for its load, in logarithms, and what its noise is. */
export interface Residuals {
  /** Of the CPU use; undefined where it was not measured. */
  readonly cpu: number | undefined;
  readonly cpuSpread: number;
  /**
   * Of the latencies: the median of the pairs, weighted with their requests. Undefined when they say nothing: no fitted
   * pair, too few requests, or a load that the model has never seen.
   */
  readonly latency: number | undefined;
  readonly latencySpread: number;
  /** A load that none of the fitted pairs has seen. */
  readonly isNewLoad: boolean;
}

/** What a window is judged by. */
export interface Judge {
  readonly model: ServiceModel;
  readonly table: WindowTable;
  /** Windows [0, trusted) are those that nothing speaks against. */
  readonly trusted: number;
  readonly parallelism: number;
  readonly settings: QuantifierSettings;
  readonly leaked?: Leaked;
}

export function residualsOf(judge: Judge, row: number): Residuals {
  const { model, table, parallelism } = judge;
  const cores = demandCoresOf(model, table, row);
  const used = table.used[row]!;
  const isMeasured = used > 0 && cores > 0 && !Number.isNaN(model.cpuSpread);
  const load = loadOf(model, table, row, parallelism);
  const median = latencyResidual(judge, load);
  return {
    cpu: isMeasured ? Math.log(used / cores) : undefined,
    cpuSpread: model.cpuSpread,
    latency: median?.residual,
    latencySpread: median?.spread ?? Number.NaN,
    isNewLoad: [...model.pairs.values()].every((pair) => !isInRange(pair, load.utilization)),
  };
}

/** Beyond so many spreads, and at least this far, a window surprises. */
const SPREADS = 3;
/** Machines drift by ± 15 % in speed, all services together: from one end to the other that is 0.3, and no change. */
const LEAST_CPU = 0.35;
const LEAST_LATENCY = 0.3;
/** Where it is known what all services have in common, less will do. */
const LEAST_CPU_OF_ITS_OWN = 0.25;
const LEAST_LATENCY_OF_ITS_OWN = 0.2;

/**
 * How far a window is above (positive) or below what the model promises, in units of what surprises: beyond ±1 it does.
 * The use of CPU decides where it surprises, else what is further off. `common`: what all services have in common, when that
 * is known.
 */
export function surpriseOf(residuals: Residuals, common: CommonResiduals | undefined): number | undefined {
  const leastCpu = common === undefined ? LEAST_CPU : LEAST_CPU_OF_ITS_OWN;
  const leastLatency = common === undefined ? LEAST_LATENCY : LEAST_LATENCY_OF_ITS_OWN;
  const cpu = scaled(residuals.cpu, common?.cpu, residuals.cpuSpread, leastCpu);
  if (cpu !== undefined && Math.abs(cpu) > 1) return cpu;
  const latency = scaled(residuals.latency, common?.latency, residuals.latencySpread, leastLatency);
  return Math.abs(latency ?? 0) > Math.abs(cpu ?? 0) ? latency : (cpu ?? latency);
}

export interface CommonResiduals {
  readonly cpu: number;
  readonly latency: number;
}

function scaled(
  residual: number | undefined,
  common: number | undefined,
  spread: number,
  least: number,
): number | undefined {
  if (residual === undefined) return undefined;
  return (residual - (common ?? 0)) / Math.max(SPREADS * spread, least);
}

interface PairResidual {
  readonly residual: number;
  readonly spread: number;
  readonly requests: number;
}

/**
 * The median of the pairs. Where the load has been measured before, on instances of that size, what counts is how far the window is
 * from those windows. Where it has not, the curve is asked only once its shape has been found: before that it knows nothing between
 * the loads that it was fitted to.
 */
function latencyResidual(judge: Judge, load: LoadedWindow): PairResidual | undefined {
  const { model, table, trusted, parallelism, settings, leaked = noLeak } = judge;
  if (load.utilization >= SATURATED) return undefined;
  const like = likeWindows(model, table, trusted, parallelism, load);
  const found: PairResidual[] = [];
  let voters = 0;
  for (const [chain, pair] of model.pairs) {
    const seconds = usableLatency(table, chain, load.row, settings);
    if (pair.source !== 'fitted' || seconds === undefined) continue;
    const usual = usualResidual(like, table, chain, pair, leaked, settings);
    const isKnown = model.scores !== undefined && isInRange(pair, load.utilization);
    if (usual === undefined && !isKnown) continue;
    const expected =
      latencyAt(pair.curve, load.utilization, load.cpu) + leaked(chain, table.starts[load.row]!);
    const residual = Math.log(seconds / expected) - (usual ?? 0);
    const requests = table.chains.get(chain)!.requests[load.row]!;
    found.push({ residual, spread: spreadAt(model, pair, load, expected), requests });
    voters += requests;
  }
  return medianOf(found, voters / 2);
}

/**
 * Of the windows around the curve, and of what they need around what their rates explain: the error of ρ times ∂ln L/∂ln ρ. It is
 * what makes windows scatter where the curve is steep, while most of them are where it is flat.
 */
function spreadAt(
  { cpuSpread }: ServiceModel,
  { curve, spread }: PairModel,
  { utilization, cpu }: LoadedWindow,
  expected: number,
): number {
  if (Number.isNaN(cpuSpread)) return spread;
  return Math.hypot(spread, (cpuSpread * utilization * latencySlope(curve, utilization, cpu)) / expected);
}

function noLeak(): number {
  return 0;
}

function medianOf(found: PairResidual[], half: number): PairResidual | undefined {
  found.sort((left, right) => left.residual - right.residual);
  let reached = 0;
  return found.find(({ requests }) => {
    reached += requests;
    return reached >= half;
  });
}

/** Whether it is a utilisation that the latency has been seen at. */
function isInRange({ utilizationRange: [low, high] }: PairModel, utilization: number): boolean {
  return utilization >= low - SAME_UTILIZATION && utilization <= high + SAME_UTILIZATION;
}
