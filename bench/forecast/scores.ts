import { LEVELS } from '../../src/components/traffic-predictor/mixture/levels.ts';

/** What one model said at every origin that is judged. */
export interface Spoken {
  /** [origins × horizon × LEVELS], requests/s; NaN where it was silent. */
  readonly quantiles: Float64Array;
  /** [origins × horizon]: 0.95 quantile of the maximum up to there; only of those who say so. */
  readonly maxima95?: Float64Array;
}

/** The truth and where it is compared. */
export interface Trial {
  readonly rates: Float64Array;
  /** Row of the first origin; every row from there on is one, but the last, after which nothing is known. */
  readonly firstOrigin: number;
  readonly horizon: number;
  /** Mean absolute step of the training part, requests/s. */
  readonly scale: number;
}

/** A share of the origins, by their order. */
type Part = readonly [from: number, to: number];

const ALL: Part = [0, 1];
const FIRST_QUARTER: Part = [0, 0.25];
const LAST_QUARTER: Part = [0.75, 1];

const UPPER_LEVELS = [0.9, 0.95, 0.99];

export function score(trial: Trial, spoken: Spoken) {
  const mase = Array.from({ length: trial.horizon }, (_, i) => meanAbsoluteError(trial, spoken, i + 1));
  const coverage = (part: Part) => byLevel(UPPER_LEVELS, (level) => covered(trial, spoken, level, part));
  const maximum = (part: Part) => ({ '0.95': maximumCovered(trial, spoken, part) });
  return {
    mase,
    mase_mean: mase.reduce((sum, error) => sum + error, 0) / mase.length,
    pinball: byLevel(LEVELS, (level) => meanPinball(trial, spoken, level)),
    coverage: coverage(ALL),
    coverage_first_quarter: coverage(FIRST_QUARTER),
    coverage_last_quarter: coverage(LAST_QUARTER),
    ...(spoken.maxima95 !== undefined && {
      coverage_max: maximum(ALL),
      coverage_max_first_quarter: maximum(FIRST_QUARTER),
      coverage_max_last_quarter: maximum(LAST_QUARTER),
    }),
  };
}

export type Scores = ReturnType<typeof score>;

/** Mean of |x_t − x_{t−1}| where both are known: what MASE is measured by (Hyndman & Koehler 2006, section 3). */
export function meanAbsoluteStep(rates: Float64Array): number {
  return mean((take) => {
    for (let t = 1; t < rates.length; t++) take(Math.abs(rates[t]! - rates[t - 1]!));
  });
}

function byLevel<T>(levels: readonly number[], of: (level: number) => T): Record<string, T> {
  return Object.fromEntries(levels.map((level) => [String(level), of(level)]));
}

/** Of those that are numbers. */
function mean(each: (take: (value: number) => void) => void): number {
  let sum = 0;
  let count = 0;
  each((value) => {
    if (Number.isNaN(value)) return;
    sum += value;
    count += 1;
  });
  return sum / count;
}

function meanAbsoluteError({ scale, ...trial }: Trial, { quantiles }: Spoken, ahead: number): number {
  const error = mean((take) => {
    for (let origin = 0; origin < originCount(trial); origin++) {
      take(Math.abs(truthAt(trial, origin, ahead) - quantiles[quantileAt(trial, origin, ahead, 0)]!));
    }
  });
  return error / scale;
}

/** Mean of max(q·e, (q − 1)·e), e = truth − quantile (Koenker & Bassett 1978), over all steps ahead. */
function meanPinball(trial: Omit<Trial, 'scale'>, { quantiles }: Spoken, level: number): number {
  const column = LEVELS.indexOf(level);
  return mean((take) => {
    for (let origin = 0; origin < originCount(trial); origin++) {
      for (let ahead = 1; ahead <= trial.horizon; ahead++) {
        const error = truthAt(trial, origin, ahead) - quantiles[quantileAt(trial, origin, ahead, column)]!;
        take(Math.max(level * error, (level - 1) * error));
      }
    }
  });
}

function covered(trial: Trial, { quantiles }: Spoken, level: number, [from, to]: Part): number {
  const column = LEVELS.indexOf(level);
  const count = originCount(trial);
  return mean((take) => {
    for (let origin = Math.floor(from * count); origin < Math.floor(to * count); origin++) {
      for (let ahead = 1; ahead <= trial.horizon; ahead++) {
        const quantile = quantiles[quantileAt(trial, origin, ahead, column)]!;
        take(isCovered(truthAt(trial, origin, ahead), quantile));
      }
    }
  });
}

/** Over the whole horizon; only origins of which all its steps are known. */
function maximumCovered(trial: Trial, { maxima95 }: Spoken, [from, to]: Part): number {
  const count = originCount(trial);
  return mean((take) => {
    for (let origin = Math.floor(from * count); origin < Math.floor(to * count); origin++) {
      let truth = 0;
      for (let ahead = 1; ahead <= trial.horizon; ahead++) {
        truth = Math.max(truth, truthAt(trial, origin, ahead));
      }
      take(isCovered(truth, maxima95?.[(origin + 1) * trial.horizon - 1] ?? Number.NaN));
    }
  });
}

function isCovered(truth: number, quantile: number): number {
  return Number.isNaN(truth + quantile) ? Number.NaN : Number(truth <= quantile);
}

export function originCount({ rates, firstOrigin }: Pick<Trial, 'rates' | 'firstOrigin'>): number {
  return rates.length - 1 - firstOrigin;
}

function truthAt(
  { rates, firstOrigin }: Pick<Trial, 'rates' | 'firstOrigin'>,
  origin: number,
  ahead: number,
): number {
  return rates[firstOrigin + origin + ahead] ?? Number.NaN;
}

function quantileAt(
  { horizon }: Pick<Trial, 'horizon'>,
  origin: number,
  ahead: number,
  column: number,
): number {
  return (origin * horizon + ahead - 1) * LEVELS.length + column;
}
