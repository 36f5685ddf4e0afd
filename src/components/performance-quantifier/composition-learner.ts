import type { ChainSpec } from '../../models/data-models.ts';
import type { ChainWindow } from '../../models/metrics.ts';
import type { Composition } from '../../models/profiles.ts';
import { type CompositionSample, DEFAULT_COMPOSITION, fitComposition } from './composition-fit.ts';
import { criticalPath } from './critical-path.ts';
import { requestWeight } from './fit-evidence.ts';
import { FitTurns } from './fit-turns.ts';
import type { QuantifierSettings } from './options.ts';

/** Learns how the services' latencies of one chain add up to what its users wait for. */
export class CompositionLearner {
  readonly samples: CompositionSample[] = [];
  private readonly settings: QuantifierSettings;
  private fitted = DEFAULT_COMPOSITION;
  private isStale = false;
  private readonly turns: FitTurns;

  /** `ordinal`: see `FitTurns`. */
  constructor(settings: QuantifierSettings, ordinal: number, samples: readonly CompositionSample[] = []) {
    this.settings = settings;
    this.turns = new FitTurns(ordinal);
    this.samples.push(...samples);
    this.isStale = samples.length > 0;
  }

  /** Windows with too few requests, too many errors, or a service without a latency say nothing. */
  add(window: ChainWindow, chain: ChainSpec | undefined): void {
    const { startSeconds, requests, errorRatio, percentileSeconds } = window;
    const pathSeconds = criticalPath(chain, window.serviceSeconds);
    const isSound =
      requests >= this.settings.minRequestsPerWindow && errorRatio <= this.settings.maxErrorRatio;
    if (!isSound || pathSeconds === undefined) return;
    if (!(percentileSeconds > 0) || !Number.isFinite(percentileSeconds) || !Number.isFinite(startSeconds))
      return;
    const before = this.samples.findLastIndex((sample) => sample.startSeconds <= startSeconds);
    const isKnown = this.samples[before]?.startSeconds === startSeconds;
    const sample = { startSeconds, requests, endToEndSeconds: percentileSeconds, pathSeconds };
    this.samples.splice(isKnown ? before : before + 1, isKnown ? 1 : 0, sample);
    if (this.samples.length > this.settings.maxWindows) this.samples.shift();
    this.turns.add();
  }

  composition(nowSeconds: number): Composition {
    if (this.isStale || this.turns.isDue(this.samples.length)) {
      this.turns.fitted();
      const weights = this.samples.map((sample) => this.weightOf(sample, nowSeconds));
      this.fitted = fitComposition(this.samples, weights);
      this.isStale = false;
    }
    return this.fitted;
  }

  private weightOf(sample: CompositionSample, nowSeconds: number): number {
    const age = Math.max(0, nowSeconds - sample.startSeconds);
    return requestWeight(sample.requests) * 0.5 ** (age / this.settings.halfLifeSeconds);
  }
}
