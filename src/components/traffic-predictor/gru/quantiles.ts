import { LEVELS } from '../mixture/levels.ts';

/** The quantiles of each step, in the order of the network's outputs. */
export const QUANTILES = LEVELS;
export const QUANTILE_COUNT = LEVELS.length;
