/** Rates of a chain over the spans that end now, requests/s. */
export interface NearRates {
  readonly last15: number;
  readonly last30: number;
  readonly last60: number;
  readonly last120: number;
  /** Largest rate of five seconds. */
  readonly most60: number;
  readonly most300: number;
  readonly most1200: number;
  /** Until when rates are known, and for how long, s. */
  readonly untilSeconds: number;
  readonly knownSeconds: number;
}

/** Place of the mean of the last minute. */
export const LAST_MINUTE = 2;

/** Place of the forecast that is never less than a mean of the last minute. */
export const WIDEST = 5;

/** Place of the largest rate of the last minute. */
export const LARGEST = 6;

/** Place behind all of these: `SpikeForecast`. */
export const BY_SCHEDULE = 9;

/** Means, the line through the last two half minutes, and peaks that are held; NaN where less is known than one looks back. */
export function simpleForecasts(rates: NearRates): readonly number[] {
  const { last15, last30, last60, last120, most60, most300, most1200, knownSeconds } = rates;
  const before = Math.max(0, 2 * last60 - last30);
  const onLine = Math.max(0.5 * last30, 1.5 * last30 - 0.5 * before);
  return [
    last15,
    last30,
    last60,
    last120,
    onLine,
    Math.max(last15, last30, last60),
    most60,
    knownSeconds < 300 ? Number.NaN : most300,
    knownSeconds < 1200 ? Number.NaN : most1200,
  ];
}
