import type { Forecast, ForecastModel } from '../../../models/forecasts.ts';
import type { Baseline } from '../baselines/baselines.ts';

/** Forecasts of three quantiles, each in the form of `naiveForecasts`. */
export interface QuantileForecasts {
  readonly medians: Float64Array;
  readonly quantiles90: Float64Array;
  readonly quantiles95: Float64Array;
}

/** The network's forecasts at origins after its training. */
export interface GruBacktest extends QuantileForecasts {
  readonly origins: Int32Array;
}

/** What is added to a model's forecasts so that they cover as they say, requests/s. */
export interface Calibration {
  /** By step ahead. */
  readonly offsets90: Float64Array;
  readonly offsets95: Float64Array;
  /** By lead: element L−1 is added to the largest median of the first L steps. */
  readonly maximumOffsets: Float64Array;
  /** By lead: how many past forecasts of the maximum that offset rests on. */
  readonly maximumCounts: Float64Array;
}

/** A model that may speak for a chain, and why it. */
export interface Voice<M extends ForecastModel> extends Calibration {
  readonly model: M;
  readonly reason: string;
}

/** What the backtest of one chain says. */
export interface Verdict {
  readonly baseline: Voice<Baseline>;
  /** Only when it beats the best baseline. */
  readonly gru?: Voice<'gru'>;
  readonly scores: Forecast['backtest'];
  /** The seasons that baselines may use, steps. */
  readonly periods: readonly number[];
  /** End of the last step that went into it. */
  readonly atSeconds: number;
}
