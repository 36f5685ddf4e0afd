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
  /** 0.5^(age / half-life), never 0. */
  readonly ageWeights: Float64Array;
  readonly used: Float64Array;
  readonly pairs: readonly PairEvidence[];
}

export interface PairEvidence {
  readonly chain: string;
  readonly columns: PairColumns;
  /** Requests in windows that are good for a prior. */
  readonly requests: number;
  /** Windows good enough for a prior: few errors, a latency, a handful of requests. Oldest first. */
  readonly priorRows: readonly number[];
  /** Those of them with enough requests to be fitted, and their latencies, s, and weights. */
  readonly rows: Int32Array;
  readonly latencies: Float64Array;
  readonly weights: Float64Array;
}

/** Evidence of last month is better than none, and weights of 0 would leave nothing to fit. */
const LEAST_WEIGHT = 1e-6;
/** Sampling variance of a percentile falls with 1/requests down to what the service itself varies. */
const HALF_WEIGHT_REQUESTS = 50;

export function gatherEvidence(
  table: WindowTable,
  count: number,
  parallelism: number,
  nowSeconds: number,
  settings: QuantifierSettings,
): FitEvidence {
  const cpus = table.cpus.slice(0, count).map((cpu) => Math.min(cpu, parallelism));
  const capacities = cpus.map((cpu, i) => cpu * table.instances[i]!);
  const slownesses = cpus.map((cpu) => cpu ** -settings.verticalExponentPrior);
  const ageWeights = table.starts
    .slice(0, count)
    .map((start) =>
      Math.max(LEAST_WEIGHT, 0.5 ** (Math.max(0, nowSeconds - start) / settings.halfLifeSeconds)),
    );
  const used = table.used.subarray(0, count);
  const pairs = [...table.chains].map(([chain, columns]) =>
    gatherPair(chain, columns, count, ageWeights, settings),
  );
  return { count, capacities, cpus, slownesses, ageWeights, used, pairs };
}

function gatherPair(
  chain: string,
  columns: PairColumns,
  count: number,
  ageWeights: Float64Array,
  settings: QuantifierSettings,
): PairEvidence {
  const priorRows: number[] = [];
  let requests = 0;
  for (let i = 0; i < count; i++) {
    if (!(columns.percentiles[i]! > 0) || columns.errorRatios[i]! > settings.maxErrorRatio) continue;
    requests += columns.requests[i]!;
    if (columns.requests[i]! >= settings.minRequests) priorRows.push(i);
  }
  const rows = Int32Array.from(
    priorRows.filter((i) => columns.requests[i]! >= settings.minRequestsPerWindow),
  );
  const latencies = Float64Array.from(rows, (i) => columns.percentiles[i]!);
  const weights = Float64Array.from(rows, (i) => ageWeights[i]! * requestWeight(columns.requests[i]!));
  return { chain, columns, requests, priorRows, rows, latencies, weights };
}

export function requestWeight(requests: number): number {
  return requests / (requests + HALF_WEIGHT_REQUESTS);
}
