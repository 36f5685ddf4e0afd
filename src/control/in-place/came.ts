/**
 * What came while the capacity of a pass was in force: by spans of five seconds, and by single seconds where a surge shows in
 * them. One of two seconds is half as high in a span, or less where two spans share it, and makes a minute miss its objective
 * all the same.
 */
import { SPAN_SECONDS } from './span-rates.ts';

/**
 * The variance of a span's seconds is no chance from so many times on that of Poisson counts: they reach it once in ten
 * thousand spans (chi-square, four degrees of freedom), and so in one of eight hundred minutes, where one of a hundred counts. With
 * 4.6, one in a thousand, noisy traffic of many small chains costs 5 % more.
 */
const NO_CHANCE = 6;

/**
 * Seconds are empty by chance with exp(−requests due in them): beyond this, once in a thousand, requests are told in batches with one
 * time, and a second has what is of others.
 */
const SURELY_NOT_EMPTY = 7;

/** A stretch of time with one rate. */
export interface Came {
  /** Requests/s. */
  readonly rate: number;
  readonly seconds: number;
  /** Of the span that it is a part of, requests/s. */
  readonly spanRate: number;
}

/** Time that capacity is judged by, Unix s. */
export interface InForce {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/**
 * @param spanRates of spans in a row, requests/s
 * @param firstSeconds when the first of them begins, Unix s
 * @param secondAt rate of the second that begins then as it was counted; NaN where that says nothing, requests/s
 */
export function cameOf(
  spanRates: readonly number[],
  firstSeconds: number,
  { fromSeconds, toSeconds }: InForce,
  secondAt: (seconds: number) => number = () => Number.NaN,
): readonly Came[] {
  return spanRates.flatMap((spanRate, span) => {
    const begin = firstSeconds + span * SPAN_SECONDS;
    const starts = secondsFrom(begin, SPAN_SECONDS);
    const isIn = (start: number) => start + 1 > fromSeconds && start < toSeconds;
    const inside = starts.filter(isIn).length;
    if (inside === 0) return [];
    // What is of the seconds next to a span may be in it, or what is of it in them.
    const around = secondsFrom(begin - 1, SPAN_SECONDS + 2).map(secondAt);
    const deviations = isInBatches(spanRate, around)
      ? undefined
      : deviationsOf(spanRate, around.slice(1, -1));
    if (deviations === undefined) return [{ rate: spanRate, seconds: inside, spanRate }];
    return starts.flatMap((start, second) =>
      isIn(start) ? [{ rate: spanRate + deviations[second]!, seconds: 1, spanRate }] : [],
    );
  });
}

function secondsFrom(begin: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, second) => begin + second);
}

function isInBatches(spanRate: number, counted: readonly number[]): boolean {
  return counted.filter((rate) => rate === 0).length * spanRate >= SURELY_NOT_EMPTY;
}

/** Of a span's seconds from its rate, without what of their variance is chance; undefined where all may be. */
function deviationsOf(spanRate: number, counted: readonly number[]): readonly number[] | undefined {
  const mean = counted.reduce((sum, rate) => sum + rate, 0) / counted.length;
  if (!(mean > 0)) return undefined;
  // The rate of the span is better known than its own count tells (`sharedRates`).
  const deviations = counted.map((rate) => (spanRate * rate) / mean - spanRate);
  const variance = deviations.reduce((sum, one) => sum + one ** 2, 0) / (counted.length - 1);
  // That of the counts, on the scale of the span's rate.
  const byChance = spanRate ** 2 / mean;
  if (!(variance > NO_CHANCE * byChance)) return undefined;
  const kept = Math.sqrt(1 - byChance / variance);
  return deviations.map((one) => kept * one);
}
