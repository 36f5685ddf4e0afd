import type { Batch } from './batch.ts';
import type { Place, Values } from './kernels.ts';

/** Quantile levels of a network that names no others: as many of these as it has quantiles. */
export const LEVELS: readonly number[] = [0.5, 0.9, 0.95, 0.99];

/** A sum over known targets and the weight that it has: their ratio is a mean. */
export interface WeightedLoss {
  readonly loss: number;
  readonly weight: number;
}

/**
 * Quantiles from heads, both [quantiles · horizon × columns], by quantile and step: the first head is the median (or the
 * lowest level), every other one adds softplus of its head to the quantile below, so that they never cross (Gasthaus et
 * al. 2019, section 3, have the same construction).
 */
export function stackQuantiles(values: Values, heads: Place, perQuantile: number, count: number, to: Place) {
  values.copyWithin(to, heads, heads + perQuantile);
  for (let i = perQuantile; i < count; i++) {
    values[to + i] = values[to + i - perQuantile]! + softplus(values[heads + i]!);
  }
}

/** ln(1 + eˣ), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Sum of the pinball losses max(q·e, (q − 1)·e), e = target − quantile (Koenker & Bassett 1978), over known targets, each
 * the mean over quantiles and times the weight of its window.
 *
 * @param quantiles [levels · horizon × columns]
 * @param first index in the batch of the window in the first column
 * @param live windows in the columns
 */
export function pinballLoss(
  values: Values,
  quantiles: Place,
  columns: number,
  levels: readonly number[],
  batch: Batch,
  horizon: number,
  first: number,
  live: number,
): WeightedLoss {
  let [loss, weight] = [0, 0];
  for (let h = 0; h < horizon; h++) {
    for (let i = 0; i < live; i++) {
      const known = knownWeight(batch, horizon, first + i, h);
      if (known === 0) continue;
      weight += known;
      const target = batch.targets[(first + i) * horizon + h]!;
      for (let q = 0; q < levels.length; q++) {
        const error = target - values[quantiles + (q * horizon + h) * columns + i]!;
        loss += (known * (error >= 0 ? levels[q]! * error : (levels[q]! - 1) * error)) / levels.length;
      }
    }
  }
  return { loss, weight };
}

/** Weight of one target; 0: unknown. */
function knownWeight({ mask, weights }: Batch, horizon: number, window: number, h: number): number {
  return mask[window * horizon + h]! * (weights === undefined ? 1 : weights[window]!);
}

/**
 * Gradient of the mean pinball loss with respect to the heads, written to `to`: that of a quantile is −q above it and
 * 1 − q below, over the total weight; a head moves its own quantile and all above it, an increment by σ(head).
 */
export function pinballBack(
  values: Values,
  heads: Place,
  quantiles: Place,
  columns: number,
  levels: readonly number[],
  batch: Batch,
  horizon: number,
  totalWeight: number,
  to: Place,
): void {
  values.fill(0, to, to + levels.length * horizon * columns);
  for (let h = 0; h < horizon; h++) {
    for (let i = 0; i < batch.size; i++) {
      const known = knownWeight(batch, horizon, i, h);
      if (known === 0) continue;
      const share = known / (totalWeight * levels.length);
      const target = batch.targets[i * horizon + h]!;
      let above = 0;
      for (let q = levels.length - 1; q >= 0; q--) {
        const at = (q * horizon + h) * columns + i;
        above += target >= values[quantiles + at]! ? -levels[q]! : 1 - levels[q]!;
        values[to + at] = share * above * (q === 0 ? 1 : logistic(values[heads + at]!));
      }
    }
  }
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
