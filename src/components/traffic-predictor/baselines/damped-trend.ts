import type { PointForecaster } from './point-forecaster.ts';

export interface DampedTrendSettings {
  /** Weight of the newest value in the level. */
  readonly level: number;
  /** Weight of the newest slope in the trend. */
  readonly trend: number;
  /** What is left of the trend after each step, below 1. */
  readonly damping: number;
}

/**
 * Holt's linear trend with damping (Gardner & McKenzie 1985, equations 1–3):
 * level = α·value + (1−α)·(level + φ·trend), trend = β·Δlevel + (1−β)·φ·trend, forecast h ahead = level + Σφ^i·trend.
 * Never below zero. A gap ends the trend.
 */
export class DampedTrend implements PointForecaster {
  readonly #horizon: number;
  readonly #settings: DampedTrendSettings;
  #level = Number.NaN;
  #trend = 0;
  #kept = 1;
  #afterGap = false;

  constructor(horizon: number, settings: DampedTrendSettings) {
    this.#horizon = horizon;
    this.#settings = settings;
  }

  advance(value: number): void {
    const { level: alpha, trend: beta, damping } = this.#settings;
    this.#kept *= 1 - alpha;
    if (Number.isNaN(value)) {
      this.#trend = 0;
      this.#afterGap = true;
      return;
    }
    const before = this.#level;
    const expected = before + damping * this.#trend;
    this.#level = Number.isNaN(before) ? value : expected + (1 - this.#kept) * (value - expected);
    const slope = this.#afterGap || Number.isNaN(before) ? 0 : this.#level - before;
    this.#trend = beta * slope + (1 - beta) * damping * this.#trend;
    this.#kept = 1;
    this.#afterGap = false;
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    let ahead = this.#level;
    let step = this.#trend;
    for (let h = 0; h < this.#horizon; h++) {
      step *= this.#settings.damping;
      ahead += step;
      out[at + h] = Math.max(ahead, 0);
    }
  }
}
