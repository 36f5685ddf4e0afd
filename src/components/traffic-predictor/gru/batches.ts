import { meanAbsoluteStep } from '../backtest/scores.ts';
import type { Batch } from '../network/batch.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import { writeContext } from './context.ts';
import type { TrainingSeries, WindowPlaces } from './training-places.ts';
import { writeTargets, writeWindow } from './windows.ts';

/** A window counts as much as its scale is that of its series, within these bounds. */
const LEAST_WEIGHT = 0.1;
const MOST_WEIGHT = 10;

/**
 * Writes windows into the same arrays again and again.
 *
 * The loss of a window is in units of its own scale; times that scale over the mean absolute step of its series it is the
 * error that the series is judged by, so that is the window's weight.
 */
export class BatchWriter {
  readonly #series: readonly TrainingSeries[];
  readonly #shape: NetworkShape;
  readonly #typicalSteps: Float64Array;
  readonly #arrays: Required<Omit<Batch, 'size'>>;

  constructor(series: readonly TrainingSeries[], shape: NetworkShape, mostWindows: number) {
    this.#series = series;
    this.#shape = shape;
    this.#typicalSteps = Float64Array.from(series, ({ rates }) => meanAbsoluteStep(rates));
    this.#arrays = {
      inputs: new Float32Array(mostWindows * shape.sequenceLength * shape.features),
      context: new Float32Array(mostWindows * shape.context),
      targets: new Float32Array(mostWindows * shape.horizon),
      mask: new Float32Array(mostWindows * shape.horizon),
      weights: new Float32Array(mostWindows),
    };
  }

  /** The windows at these indices that can be normalised and have a known target. Holds until the next call. */
  write(places: WindowPlaces, indices: Uint32Array): Batch {
    let size = 0;
    for (const index of indices) {
      if (this.#writeOne(places.seriesOf[index]!, places.originOf[index]!, size)) size += 1;
    }
    return { ...this.#arrays, size };
  }

  #writeOne(index: number, origin: number, row: number): boolean {
    const series = this.#series[index]!;
    const { sequenceLength, features, horizon, context } = this.#shape;
    const { inputs, targets, mask, weights } = this.#arrays;
    const scale = writeWindow(
      series,
      origin,
      sequenceLength,
      features,
      inputs,
      row * sequenceLength * features,
    );
    if (scale === undefined) return false;
    if (!writeTargets(series.rates, origin, horizon, scale, targets, mask, row * horizon)) return false;
    writeContext(series, origin, sequenceLength, horizon, scale, this.#arrays.context, row * context);
    weights[row] = weightOf(scale.scale / this.#typicalSteps[index]!);
    return true;
  }
}

/** A series without two known neighbours has no mean absolute step to compare with. */
function weightOf(ratio: number): number {
  return Number.isFinite(ratio) ? Math.max(LEAST_WEIGHT, Math.min(MOST_WEIGHT, ratio)) : 1;
}
