import type { ChainSeries } from '../../../models/metrics.ts';
import type { Random } from '../../../models/ports.ts';
import type { NetworkShape } from '../network/network-shape.ts';

/** A series as the worker gets it. */
export type TrainingSeries = Omit<ChainSeries, 'chain'>;

/** Windows by the index of their series and their last step there: two numbers each, for there are millions. */
export interface WindowPlaces {
  readonly seriesOf: Uint32Array;
  readonly originOf: Int32Array;
  readonly count: number;
}

export interface SplitPlaces {
  readonly training: WindowPlaces;
  readonly validation: WindowPlaces;
}

/** The newest part of the history validates: this share, but no more than so many steps. */
const NEWEST_SHARE = 0.15;
const MOST_NEWEST_STEPS = 240;
/** Before it, one in so many blocks of the time axis validates. */
const VALIDATION_EVERY = 8;
/** Blocks are so many horizons long. */
const BLOCK_HORIZONS = 2;

/**
 * All windows of series that end by `endSeconds`, split in time, for all series at the same moments: the newest part
 * and every eighth block of two horizons before it validate, and no training window has a target there (blocked
 * cross-validation, Bergmeir & Benítez 2012). So validation sees all hours that the history has, and also whether what was
 * learned carries on.
 */
export function splitPlaces(
  allSeries: readonly TrainingSeries[],
  shape: NetworkShape,
  endSeconds: number,
): SplitPlaces {
  const longest = allSeries.reduce((most, { rates }) => Math.max(most, rates.length), 0);
  const newest = Math.max(shape.horizon, Math.min(MOST_NEWEST_STEPS, Math.round(NEWEST_SHARE * longest)));
  const training = new PlaceList();
  const validation = new PlaceList();
  allSeries.forEach(({ rates, startSeconds, stepSeconds }, index) => {
    const first = Math.round(startSeconds / stepSeconds);
    const newestStep = Math.floor(endSeconds / stepSeconds) - newest;
    for (let origin = shape.sequenceLength - 1; origin + shape.horizon < rates.length; origin++) {
      const part = partOf(first + origin, shape.horizon, newestStep);
      if (part === 'training') training.add(index, origin);
      if (part === 'validation') validation.add(index, origin);
    }
  });
  return { training: training.places(), validation: validation.places() };
}

/** `step`: of the origin, counted from the epoch, as is `newestStep`, from which on all validate. */
function partOf(step: number, horizon: number, newestStep: number): 'training' | 'validation' | 'neither' {
  const length = BLOCK_HORIZONS * horizon;
  const isHeld = (target: number) => target >= newestStep || validates(Math.floor(target / length));
  const first = isHeld(step + 1);
  const last = isHeld(step + horizon);
  if (first && last) return 'validation';
  return first || last ? 'neither' : 'training';
}

function validates(block: number): boolean {
  return block % VALIDATION_EVERY === VALIDATION_EVERY - 1;
}

/** Grows by doubling, as the share that validates is not known beforehand. */
class PlaceList {
  #seriesOf = new Uint32Array(1024);
  #originOf = new Int32Array(1024);
  #count = 0;

  add(series: number, origin: number): void {
    if (this.#count === this.#seriesOf.length) this.#grow();
    this.#seriesOf[this.#count] = series;
    this.#originOf[this.#count] = origin;
    this.#count += 1;
  }

  places(): WindowPlaces {
    return { seriesOf: this.#seriesOf, originOf: this.#originOf, count: this.#count };
  }

  #grow(): void {
    const [seriesOf, originOf] = [this.#seriesOf, this.#originOf];
    this.#seriesOf = new Uint32Array(2 * this.#count);
    this.#originOf = new Int32Array(2 * this.#count);
    this.#seriesOf.set(seriesOf);
    this.#originOf.set(originOf);
  }
}

/** Indices of `count` places at most, evenly spread. */
export function spread(places: WindowPlaces, count: number): Uint32Array {
  const length = Math.min(places.count, count);
  return Uint32Array.from({ length }, (_, i) => Math.floor((i * places.count) / length));
}

/** Indices in a seeded shuffle (Fisher–Yates), and shuffled again when all were drawn. There must be one. */
export class PlaceShuffle {
  readonly #order: Uint32Array;
  readonly #random: Random;
  #next = 0;

  constructor(places: WindowPlaces, random: Random) {
    this.#order = Uint32Array.from({ length: places.count }, (_, i) => i);
    this.#random = random;
  }

  draw(indices: Uint32Array): void {
    for (let i = 0; i < indices.length; i++) indices[i] = this.#drawOne();
  }

  #drawOne(): number {
    const order = this.#order;
    const at = this.#next;
    const other = at + Math.floor(this.#random() * (order.length - at));
    const drawn = order[other]!;
    order[other] = order[at]!;
    order[at] = drawn;
    this.#next = (at + 1) % order.length;
    return drawn;
  }
}
