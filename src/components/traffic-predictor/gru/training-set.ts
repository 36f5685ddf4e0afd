import type { Random } from '../../../models/ports.ts';
import type { Batch } from '../network/batch.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import type { SeriesColumns } from './windows.ts';
import { writeTargets, writeWindow } from './windows.ts';

/** A series for training, on a time axis that all series share: row i is step `firstStep + i`. */
export interface TrainingSeries extends SeriesColumns {
  readonly firstStep: number;
}

/** Where training ends and where validation ends, in steps of the common axis; later steps are never looked at. */
export interface Cuts {
  readonly trainingEnd: number;
  readonly validationEnd: number;
}

/** A window is the series it lies in and its last step there. */
export interface WindowPlace {
  readonly series: TrainingSeries;
  readonly origin: number;
}

/** All windows whose targets lie in [from, to). Those before a series knows enough are left out later. */
export function windowPlaces(
  allSeries: readonly TrainingSeries[],
  shape: NetworkShape,
  from: number,
  to: number,
): WindowPlace[] {
  const places: WindowPlace[] = [];
  for (const series of allSeries) {
    const first = Math.max(shape.sequenceLength - 1, from - 1 - series.firstStep);
    const last = Math.min(series.rates.length, to - series.firstStep) - shape.horizon - 1;
    for (let origin = first; origin <= last; origin++) places.push({ series, origin });
  }
  return places;
}

/** `count` of them at most, evenly spread. */
export function thinOut(places: readonly WindowPlace[], count: number): readonly WindowPlace[] {
  if (places.length <= count) return places;
  return Array.from({ length: count }, (_, i) => places[Math.floor((i * places.length) / count)]!);
}

/** The first `count` of a seeded shuffle (Fisher–Yates); moves the elements of `places`. */
export function drawPlaces(places: WindowPlace[], count: number, random: Random): readonly WindowPlace[] {
  const drawn = Math.min(count, places.length);
  for (let i = 0; i < drawn; i++) {
    const j = i + Math.floor(random() * (places.length - i));
    const place = places[j]!;
    places[j] = places[i]!;
    places[i] = place;
  }
  return places.slice(0, drawn);
}

/** The windows that can be normalised and have a known target. */
export function makeBatch(places: readonly WindowPlace[], shape: NetworkShape): Batch {
  const inputLength = shape.sequenceLength * shape.features;
  const inputs = new Float32Array(places.length * inputLength);
  const targets = new Float32Array(places.length * shape.horizon);
  const mask = new Float32Array(places.length * shape.horizon);
  let size = 0;
  for (const { series, origin } of places) {
    const scale = writeWindow(
      series,
      origin,
      shape.sequenceLength,
      shape.features,
      inputs,
      size * inputLength,
    );
    if (scale === undefined) continue;
    if (writeTargets(series.rates, origin, shape.horizon, scale, targets, mask, size * shape.horizon))
      size += 1;
  }
  return {
    inputs: inputs.subarray(0, size * inputLength),
    context: new Float32Array(0),
    targets: targets.subarray(0, size * shape.horizon),
    mask: mask.subarray(0, size * shape.horizon),
    size,
  };
}
