import type { ChainSeries } from '../../../src/models/metrics.ts';

/** A series of these rates; latency and errors unknown. */
export function seriesOf(
  chain: string,
  rates: ArrayLike<number>,
  startSeconds = 0,
  stepSeconds = 60,
): ChainSeries {
  return {
    chain,
    startSeconds,
    stepSeconds,
    rates: Float64Array.from(rates),
    latencies: new Float64Array(rates.length).fill(Number.NaN),
    errorRatios: new Float64Array(rates.length).fill(Number.NaN),
  };
}

export function rangeOf(length: number, value: (step: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, step) => value(step));
}
