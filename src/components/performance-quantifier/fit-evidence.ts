import type { CallerWaits } from './caller-waits.ts';
import type { QuantifierSettings } from './options.ts';
import type { PairColumns, WindowTable } from './window-table.ts';

/** A service's windows as every step of a fit needs them: capacities and weights worked out once. */
export interface FitEvidence {
  /** Windows [0, count) are fitted; newer ones wait for a change point to be decided. */
  readonly count: number;
  /** C = n·min(u, m), cores, for every window. */
  readonly capacities: Float64Array;
  /** min(u, m), cores. */
  readonly cpus: Float64Array;
  /** u^−η of min(u, m). */
  readonly slownesses: Float64Array;
  /** 0.5^(age / half-life), less for windows from before a change; never 0. */
  readonly ageWeights: Float64Array;
  /** The same for the measured CPU use. */
  readonly useWeights: Float64Array;
  /** Measured CPU use, cores; NaN where there is none. */
  readonly used: Float64Array;
  readonly pairs: readonly PairEvidence[];
}

export interface PairEvidence {
  readonly chain: string;
  readonly columns: PairColumns;
  /** Windows good enough for a prior: few errors, a latency, a handful of requests. Oldest first. */
  readonly priorRows: Int32Array;
  /** Those of them with enough requests to be fitted, with their latencies, s, and weights. */
  readonly rows: Int32Array;
  readonly latencies: Float64Array;
  readonly weights: Float64Array;
  /** What the callers waited in those windows, s. */
  readonly callerWaits: Float64Array;
}

/** Evidence of last month is better than none, and weights of 0 would leave nothing to fit. */
const LEAST_WEIGHT = 1e-6;
/** Sampling variance of a percentile falls with 1/requests down to what the service itself varies. */
const HALF_WEIGHT_REQUESTS = 50;

/** `parallelism`: m, cores that one instance can use. */
export function gatherEvidence(
  table: WindowTable,
  count: number,
  parallelism: number,
  nowSeconds: number,
  settings: QuantifierSettings,
  callerWaits: CallerWaits = noCallers,
): FitEvidence {
  const cpus = new Float64Array(count);
  const capacities = new Float64Array(count);
  const slownesses = new Float64Array(count);
  const ageWeights = new Float64Array(count);
  const useWeights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const cpu = Math.min(table.cpus[i]!, parallelism);
    cpus[i] = cpu;
    capacities[i] = cpu * table.instances[i]!;
    slownesses[i] = cpu ** -settings.verticalExponentPrior;
    const age = Math.max(0, nowSeconds - table.starts[i]!);
    const fading = 0.5 ** (age / settings.halfLifeSeconds);
    ageWeights[i] = Math.max(LEAST_WEIGHT, table.weights[i]! * fading);
    useWeights[i] = Math.max(LEAST_WEIGHT, table.useWeights[i]! * fading);
  }
  const used = table.used.subarray(0, count);
  const pairs = Array.from(table.chains, ([chain, columns]) =>
    gatherPair(chain, columns, table.starts, ageWeights, settings, callerWaits),
  );
  return { count, capacities, cpus, slownesses, ageWeights, useWeights, used, pairs };
}

function gatherPair(
  chain: string,
  columns: PairColumns,
  starts: Float64Array,
  ageWeights: Float64Array,
  settings: QuantifierSettings,
  callerWaits: CallerWaits,
): PairEvidence {
  const length = ageWeights.length;
  const priorRows = new Int32Array(length);
  const rows = new Int32Array(length);
  const latencies = new Float64Array(length);
  const weights = new Float64Array(length);
  const waits = new Float64Array(length);
  let priors = 0;
  let fits = 0;
  for (let i = 0; i < length; i++) {
    const requests = columns.requests[i]!;
    if (requests < settings.minRequests || !isMeasured(columns, i, settings.maxErrorRatio)) continue;
    priorRows[priors++] = i;
    if (requests < settings.minRequestsPerWindow) continue;
    rows[fits] = i;
    latencies[fits] = columns.percentiles[i]!;
    waits[fits] = callerWaits(chain, starts[i]!);
    weights[fits++] = ageWeights[i]! * requestWeight(requests);
  }
  return {
    chain,
    columns,
    priorRows: priorRows.subarray(0, priors),
    rows: rows.subarray(0, fits),
    latencies: latencies.subarray(0, fits),
    weights: weights.subarray(0, fits),
    callerWaits: waits.subarray(0, fits),
  };
}

const noCallers: CallerWaits = () => 0;

function isMeasured(columns: PairColumns, row: number, maxErrorRatio: number): boolean {
  return columns.percentiles[row]! > 0 && columns.errorRatios[row]! <= maxErrorRatio;
}

/** Weight of a window by its requests, in [0, 1). */
export function requestWeight(requests: number): number {
  return requests / (requests + HALF_WEIGHT_REQUESTS);
}
