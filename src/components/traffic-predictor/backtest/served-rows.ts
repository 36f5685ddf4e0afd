import { ChainForecaster, type ChainForecasterOptions } from '../mixture/chain-forecaster.ts';
import { LEVELS } from '../mixture/levels.ts';
import type { QuantileRows } from './quantile-rows.ts';

/**
 * What the daemon would have served at every origin: one forecaster goes along the whole series and is asked at the
 * origins. Before it has seen two known steps its row is zero.
 *
 * @param gruAt the network's block [horizon × LEVELS] from that step, or undefined where it is silent; asked at every step
 */
export function servedRows(
  values: Float64Array,
  origins: Int32Array,
  options: ChainForecasterOptions,
  gruAt: (step: number) => ArrayLike<number> | undefined = () => undefined,
): QuantileRows & { readonly maximum95: Float64Array } {
  const { horizon } = options;
  const forecaster = new ChainForecaster(options);
  const quantiles = new Float64Array(origins.length * horizon * LEVELS.length);
  const maximum95 = new Float64Array(origins.length * horizon);
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) {
      forecaster.advance(values[step]!);
      forecaster.tellGru(gruAt(step));
    }
    const served = forecaster.forecast();
    if (served === undefined) return;
    quantiles.set(served.quantiles, i * horizon * LEVELS.length);
    maximum95.set(served.maximum95, i * horizon);
  });
  return { horizon, origins, quantiles, maximum95 };
}
