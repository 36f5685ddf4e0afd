/** The quantiles of each step, in the order of the network's outputs. */
export const QUANTILES = [0.5, 0.9, 0.95] as const;
export const QUANTILE_COUNT = QUANTILES.length;
