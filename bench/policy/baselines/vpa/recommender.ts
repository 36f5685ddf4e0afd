/**
 * What the VerticalPodAutoscaler recommends to one service: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/
 * recommender (logic/recommender.go, logic/estimator.go, model/aggregate_container_state.go,
 * model/aggregations_config.go). Out-of-memory events are not known here, so memory follows its peaks alone.
 */
import type { KnownService } from '../../policy.ts';
import type { InstanceUsage } from '../usage.ts';
import { DecayingHistogram } from './decaying-histogram.ts';

const PERCENTILES = { lower: 0.5, target: 0.9, upper: 0.95 };
/** Least weight of a CPU sample; else it weighs as much as the request was, cores. */
const LEAST_WEIGHT = 0.1;
/** Nothing smaller is recommended to a pod, cores and MiB. */
const LEAST_CPU = 0.025;
const LEAST_MEMORY = 250;
const BUCKET_RATIO = 1.05;
/** First and last bucket, cores and MiB (10 MB and 1 TB there). */
const CPU_BUCKETS = { firstBucket: 0.01, largest: 1000, ratio: BUCKET_RATIO };
const MEMORY_BUCKETS = { firstBucket: 10, largest: 1e6, ratio: BUCKET_RATIO };
/** Samples at one a minute are taken for the full confidence of the time between the first and the last. */
const SAMPLE_SECONDS = 60;

export interface RecommenderOptions {
  /**
   * Whatever takes a day in the original: half-life of the samples, window of a memory peak, and the time after which
   * the upper bound is twice the percentile.
   */
  readonly daySeconds: number;
  /** Part of the percentile that is added (`--recommendation-margin-fraction`, 0.15). */
  readonly margin: number;
}

export interface Resources {
  readonly cpu: number;
  readonly memory: number;
}

export interface Recommendation {
  readonly target: Resources;
  readonly lower: Resources;
  readonly upper: Resources;
}

interface PeakWindow {
  endSeconds: number;
  peak: number;
}

export class Recommender {
  readonly #known: KnownService;
  readonly #options: RecommenderOptions;
  readonly #cpu: DecayingHistogram;
  readonly #memory: DecayingHistogram;
  readonly #peaks = new Map<number, PeakWindow>();
  #samples = 0;
  #firstSeconds = Infinity;
  #lastSeconds = -Infinity;

  constructor(known: KnownService, options: RecommenderOptions) {
    const halfLifeSeconds = options.daySeconds;
    this.#known = known;
    this.#options = options;
    this.#cpu = new DecayingHistogram({ ...CPU_BUCKETS, halfLifeSeconds });
    this.#memory = new DecayingHistogram({ ...MEMORY_BUCKETS, halfLifeSeconds });
  }

  /** Takes in what one instance uses at that time. */
  add({ instance, cores }: InstanceUsage, atSeconds: number): void {
    if (cores === undefined) return;
    this.#cpu.add(cores, Math.max(instance.cpu, LEAST_WEIGHT), atSeconds);
    this.#samples++;
    this.#firstSeconds = Math.min(this.#firstSeconds, atSeconds);
    this.#lastSeconds = Math.max(this.#lastSeconds, atSeconds);
    this.#addMemory(instance.id, instance.workingSet, atSeconds);
  }

  /** Within the bounds of the service (`minAllowed`, `maxAllowed`); undefined before the first sample. */
  recommend(): Recommendation | undefined {
    if (this.#samples === 0) return undefined;
    const confidence = this.#confidenceDays();
    return {
      target: this.#estimate(PERCENTILES.target, 1),
      lower: this.#estimate(PERCENTILES.lower, (1 + 0.001 / confidence) ** -2),
      upper: this.#estimate(PERCENTILES.upper, 1 + 1 / confidence),
    };
  }

  #estimate(part: number, multiplier: number): Resources {
    const { minCpu, maxCpu, minMemory, maxMemory } = this.#known;
    const factor = (1 + this.#options.margin) * multiplier;
    const cpu = Math.max(factor * this.#cpu.percentile(part), LEAST_CPU);
    const memory = Math.max(factor * this.#memory.percentile(part), LEAST_MEMORY);
    return { cpu: clamp(cpu, minCpu, maxCpu), memory: clamp(memory, minMemory, maxMemory) };
  }

  /** Days between first and last sample, or those that as many samples make, whichever is less. */
  #confidenceDays(): number {
    const { daySeconds } = this.#options;
    const lifespan = this.#lastSeconds - this.#firstSeconds;
    return Math.min(lifespan, this.#samples * SAMPLE_SECONDS) / daySeconds;
  }

  /** One sample for each instance and day: its largest working set so far, counted at the end of the day. */
  #addMemory(instance: number, workingSet: number, atSeconds: number): void {
    const window = this.#windowOf(instance, atSeconds);
    if (workingSet <= window.peak) return;
    if (window.peak > 0) this.#memory.subtract(window.peak, 1, window.endSeconds);
    this.#memory.add(workingSet, 1, window.endSeconds);
    window.peak = workingSet;
  }

  #windowOf(instance: number, atSeconds: number): PeakWindow {
    const { daySeconds } = this.#options;
    const known = this.#peaks.get(instance);
    if (known !== undefined && atSeconds < known.endSeconds) return known;
    const begun = known === undefined ? 0 : Math.floor((atSeconds - known.endSeconds) / daySeconds);
    const endSeconds = (known?.endSeconds ?? atSeconds) + (begun + 1) * daySeconds;
    const window = { endSeconds, peak: 0 };
    this.#peaks.set(instance, window);
    return window;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
