/** The quantiles that every model forecasts, ascending; the first is the median. */
export const LEVELS: readonly number[] = [0.5, 0.9, 0.95, 0.99];

/** Those above the median. */
export const UPPER_LEVELS: readonly number[] = LEVELS.slice(1);

/** Where the quantile that plans carry stands among `LEVELS`: 0.95. */
export const UPPER = 2;
