import { latencyAt } from './latency-curve.ts';
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

/** How far beyond the utilisations seen the latency must still be as promised to be called a change and not a lesson. */
const RANGE_MARGIN = 0.05;

export function residualsOf(
  model: ServiceModel,
  table: WindowTable,
  row: number,
  parallelism: number,
  settings: QuantifierSettings,
  /** What leaks in from the callers of a chain, s. */
  leaked: (chain: string) => number = () => 0,
): Residuals {
  const cpu = Math.min(table.cpus[row]!, parallelism);
  const cores = demandCoresOf(model, table, row);
  const used = table.used[row]!;
  const isMeasured = used > 0 && cores > 0 && !Number.isNaN(model.cpuSpread);
  const utilization = cores / (cpu * table.instances[row]!);
  const median = latencyResidual(model, table, row, utilization, cpu, settings, leaked);
  return {
    cpu: isMeasured ? Math.log(used / cores) : undefined,
    cpuSpread: model.cpuSpread,
    latency: median?.residual,
    latencySpread: median?.spread ?? Number.NaN,
    isNewLoad: [...model.pairs.values()].every((pair) => !isInRange(pair, utilization)),
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

function latencyResidual(
  model: ServiceModel,
  table: WindowTable,
  row: number,
  utilization: number,
  cpu: number,
  settings: QuantifierSettings,
  leaked: (chain: string) => number,
): PairResidual | undefined {
  const found: PairResidual[] = [];
  let voters = 0;
  for (const [chain, pair] of model.pairs) {
    const columns = table.chains.get(chain);
    if (columns === undefined || !isJudged(pair, utilization)) continue;
    const requests = columns.requests[row]!;
    const seconds = columns.percentiles[row]!;
    const isUsable =
      requests >= settings.minRequestsPerWindow && columns.errorRatios[row]! <= settings.maxErrorRatio;
    if (!isUsable || !(seconds > 0)) continue;
    const residual = Math.log(seconds / (latencyAt(pair.curve, utilization, cpu) + leaked(chain)));
    found.push({ residual, spread: pair.spread, requests });
    voters += requests;
  }
  return medianOf(found, voters / 2);
}

function medianOf(found: PairResidual[], half: number): PairResidual | undefined {
  found.sort((left, right) => left.residual - right.residual);
  let reached = 0;
  return found.find(({ requests }) => {
    reached += requests;
    return reached >= half;
  });
}

function isJudged(pair: PairModel, utilization: number): boolean {
  return pair.source === 'fitted' && utilization < SATURATED && isInRange(pair, utilization);
}

function isInRange({ utilizationRange: [low, high] }: PairModel, utilization: number): boolean {
  return utilization >= low - RANGE_MARGIN && utilization <= high + RANGE_MARGIN;
}
