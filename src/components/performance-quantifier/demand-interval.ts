import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';

/** Of a normal distribution 95 % lie within so many standard deviations. */
const DEVIATIONS = 1.96;
/** What curvature has found is the largest share that is as good as the best; shares down to this part of it may be. */
const CURVATURE_DOWN_TO = 0.5;

/**
 * 95 % confidence interval of a demand, core-seconds. Measured: from the standard error of the regression. Found by curvature:
 * from half of it up to the bound, since that search errs upwards. The bound itself says nothing of what is below it.
 */
export function demandInterval(
  { demandSource, demandErrors, curvatureShare }: ServiceModel,
  { demandCoreSeconds: demand }: PairModel,
  chain: string,
): readonly [number, number] {
  if (demandSource === 'bound') return [0, demand];
  if (demandSource === 'curvature') return [CURVATURE_DOWN_TO * demand, demand / curvatureShare];
  const error = DEVIATIONS * (demandErrors.get(chain) ?? Number.NaN);
  return Number.isNaN(error) ? [0, Number.POSITIVE_INFINITY] : [Math.max(0, demand - error), demand + error];
}
