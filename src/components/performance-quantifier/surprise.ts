import { latencyAt } from './latency-curve.ts';
import type { QuantifierSettings } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { SATURATED } from './utilizations.ts';
import type { WindowTable } from './window-table.ts';

/** Beyond so many spreads, and at least this far in logarithms (a factor 1.35), a window surprises. */
const SPREADS = 3;
const LEAST_LATENCY_SURPRISE = 0.3;
const LEAST_CPU_SURPRISE = 0.25;
/** How far beyond the utilisations seen the latency must still be as promised to be called a change and not a lesson. */
const RANGE_MARGIN = 0.05;

/**
 * 1 or −1 when a window is far above or below what the model promises for its load, 0 when it is not; undefined when
 * the window says nothing: no fitted pair, too few requests, or a load that the model has never seen.
 */
export function surpriseOf(
  model: ServiceModel,
  table: WindowTable,
  row: number,
  parallelism: number,
  settings: QuantifierSettings,
): -1 | 0 | 1 | undefined {
  const cpu = Math.min(table.cpus[row]!, parallelism);
  const cores = demandOf(model, table, row);
  const byCpu = cpuSurprise(model, table.used[row]!, cores);
  const byLatency = latencySurprise(model, table, row, cores / (cpu * table.instances[row]!), cpu, settings);
  if (byCpu === undefined || byCpu === 0) return byLatency ?? byCpu;
  return byCpu;
}

function demandOf(model: ServiceModel, table: WindowTable, row: number): number {
  let cores = 0;
  for (const [chain, pair] of model.pairs) {
    cores += (table.chains.get(chain)?.rates[row] ?? 0) * pair.demandCoreSeconds;
  }
  return cores;
}

function cpuSurprise(model: ServiceModel, used: number, expected: number): -1 | 0 | 1 | undefined {
  if (!(used > 0) || !(expected > 0) || Number.isNaN(model.cpuSpread)) return undefined;
  return signBeyond(Math.log(used / expected), Math.max(SPREADS * model.cpuSpread, LEAST_CPU_SURPRISE));
}

/** The pairs vote with their requests. */
function latencySurprise(
  model: ServiceModel,
  table: WindowTable,
  row: number,
  utilization: number,
  cpu: number,
  settings: QuantifierSettings,
): -1 | 0 | 1 | undefined {
  let votes = 0;
  let voters = 0;
  for (const [chain, pair] of model.pairs) {
    const columns = table.chains.get(chain);
    if (columns === undefined || !isJudged(pair, utilization)) continue;
    const requests = columns.requests[row]!;
    const seconds = columns.percentiles[row]!;
    const isUsable =
      requests >= settings.minRequestsPerWindow && columns.errorRatios[row]! <= settings.maxErrorRatio;
    if (!isUsable || !(seconds > 0)) continue;
    const residual = Math.log(seconds / latencyAt(pair.curve, utilization, cpu));
    votes += requests * signBeyond(residual, Math.max(SPREADS * pair.spread, LEAST_LATENCY_SURPRISE));
    voters += requests;
  }
  if (voters === 0) return undefined;
  return signBeyond(votes / voters, 0.5);
}

function isJudged(pair: PairModel, utilization: number): boolean {
  const [low, high] = pair.utilizationRange;
  return (
    pair.source === 'fitted' &&
    utilization < SATURATED &&
    utilization >= low - RANGE_MARGIN &&
    utilization <= high + RANGE_MARGIN
  );
}

function signBeyond(value: number, limit: number): -1 | 0 | 1 {
  if (value > limit) return 1;
  return value < -limit ? -1 : 0;
}
