/** Rates of a chain over the spans that end now, requests/s. */
export interface NearRates {
  readonly last15: number;
  readonly last30: number;
  readonly last60: number;
  readonly last120: number;
  readonly last300: number;
  readonly last600: number;
  /** Largest rate of five seconds. */
  readonly most60: number;
  readonly most120: number;
  readonly most300: number;
  readonly most1200: number;
  /** Mean of the last 15 s as they were counted: 0 is silence. */
  readonly counted15: number;
  /** Until when rates are known, and for how long, s. */
  readonly untilSeconds: number;
  readonly knownSeconds: number;
}

/** Place of the mean of the last minute. */
export const LAST_MINUTE = 2;

/** Place of the forecast that is never less than a mean of the last minute. */
export const WIDEST = 7;

/** Place of the largest rate of the last minute. */
export const LARGEST = 10;

/** Place behind all of these: `SpikeForecast`. */
export const BY_SCHEDULE = 13;

/**
 * Means, the line through the last two half minutes, largest means, and peaks that are held; these are NaN where less is known
 * than they look back. After a dip by chance the longer means know what comes back, and the largest of long and short ones
 * what has come besides; where in two minutes nothing came that is as large, the load has changed. Means are over what is
 * known of their time, so that all are judged by the same minutes: one that is judged by the few that it has been known for
 * looks cheap as long as these were calm.
 */
export function simpleForecasts(rates: NearRates): readonly number[] {
  const { last15, last30, last60, last120, last300, last600 } = rates;
  const { most60, most120, most300, most1200, knownSeconds } = rates;
  const [usual300, usual600] = [Math.min(last300, most120), Math.min(last600, most120)];
  const shortest = Math.max(last15, last30, last60);
  const before = Math.max(0, 2 * last60 - last30);
  const onLine = Math.max(0.5 * last30, 1.5 * last30 - 0.5 * before);
  return [
    last15,
    last30,
    last60,
    last120,
    usual300,
    usual600,
    onLine,
    shortest,
    Math.max(last60, usual300),
    Math.max(shortest, usual300),
    most60,
    knownSeconds < 300 ? Number.NaN : most300,
    knownSeconds < 1200 ? Number.NaN : most1200,
  ];
}
