/**
 * Histogram in which a sample loses half of its weight with each half-life, in buckets that grow by a constant ratio:
 * what the recommender of the VerticalPodAutoscaler keeps of each container (kubernetes/autoscaler,
 * vertical-pod-autoscaler/pkg/recommender/util: decaying_histogram.go, histogram.go, histogram_options.go).
 */

/** Weights grow by 2^(age/half-life) instead of falling; beyond that power all are scaled down again. */
const MOST_HALF_LIVES = 100;

export interface HistogramOptions {
  /** Width of the first bucket, which begins at 0. */
  readonly firstBucket: number;
  /** Of the width of a bucket to that of the one before. */
  readonly ratio: number;
  /** What is larger is in the last bucket. */
  readonly largest: number;
  readonly halfLifeSeconds: number;
}

export class DecayingHistogram {
  readonly #options: HistogramOptions;
  readonly #weights: Float64Array;
  #total = 0;
  #referenceSeconds = 0;

  constructor(options: HistogramOptions) {
    this.#options = options;
    this.#weights = new Float64Array(Math.ceil(this.#position(options.largest)) + 1);
  }

  add(value: number, weight: number, atSeconds: number): void {
    this.#change(value, weight * this.#growth(atSeconds));
  }

  /** Takes back what was added with the same arguments. */
  subtract(value: number, weight: number, atSeconds: number): void {
    const grown = weight * this.#growth(atSeconds);
    this.#change(value, -Math.min(grown, this.#weights[this.#bucket(value)]!));
  }

  /** End of the bucket in which that part of the weight is reached; start of the last one; 0 when empty. */
  percentile(part: number): number {
    const last = this.#weights.length - 1;
    const highest = this.#weights.findLastIndex((weight) => weight > 0);
    if (highest < 0) return 0;
    let below = 0;
    for (let bucket = 0; bucket < highest; bucket++) {
      below += this.#weights[bucket]!;
      if (this.#weights[bucket]! > 0 && below >= part * this.#total) return this.#start(bucket + 1);
    }
    return this.#start(Math.min(highest + 1, last));
  }

  #change(value: number, weight: number): void {
    this.#weights[this.#bucket(value)]! += weight;
    this.#total += weight;
  }

  #growth(atSeconds: number): number {
    const { halfLifeSeconds } = this.#options;
    const halfLives = (atSeconds - this.#referenceSeconds) / halfLifeSeconds;
    if (halfLives <= MOST_HALF_LIVES) return 2 ** halfLives;
    const shift = Math.round(halfLives);
    this.#referenceSeconds += shift * halfLifeSeconds;
    this.#total *= 2 ** -shift;
    for (let bucket = 0; bucket < this.#weights.length; bucket++) this.#weights[bucket]! *= 2 ** -shift;
    return this.#growth(atSeconds);
  }

  #bucket(value: number): number {
    return Math.min(Math.floor(this.#position(value)), this.#weights.length - 1);
  }

  /** How many buckets end at or below that value, with the part of the next one. */
  #position(value: number): number {
    const { firstBucket, ratio } = this.#options;
    return Math.log((value * (ratio - 1)) / firstBucket + 1) / Math.log(ratio);
  }

  /** first × (1 + ratio + … + ratio^(bucket − 1)). */
  #start(bucket: number): number {
    const { firstBucket, ratio } = this.#options;
    return (firstBucket * (ratio ** bucket - 1)) / (ratio - 1);
  }
}
