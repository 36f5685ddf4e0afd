/** What the predictor says about the traffic to come. */

/** Who has a share in a forecast: the network and the simple methods beside it. */
export type ForecastModel = 'gru' | 'naive' | 'moving-median' | 'ewma' | 'holt' | 'seasonal-naive' | 'ridge';

/** Quantiles of one chain's request rate for the next `medians.length` steps. */
export interface Forecast {
  readonly kind: 'forecast';
  readonly chain: string;
  /** The model that has most weight, and in words who speaks and how good that was of late. */
  readonly model: ForecastModel;
  readonly reason: string;
  /** Share of each model in the medians and in the 0.95 quantiles; each sums to 1, models without a share are absent. */
  readonly weights: ModelFigures;
  readonly upperWeights: ModelFigures;
  /** Start of the first forecast step. */
  readonly startSeconds: number;
  readonly stepSeconds: number;
  /** Requests/s per step, never negative, non-decreasing from quantile to quantile. */
  readonly medians: readonly number[];
  readonly quantiles90: readonly number[];
  readonly quantiles95: readonly number[];
  readonly quantiles99: readonly number[];
  /** 0.95 quantile of the largest rate over the first `leadSteps` steps; the load that a plan must carry. */
  readonly maximum95: number;
  readonly leadSteps: number;
  /** The same over the first 1, 2, … steps. */
  readonly maxima95: readonly number[];
  /** Past forecasts of that maximum which its quantile rests on; below 19 it is a wide guess. */
  readonly maximumOrigins: number;
  /** Recent mean absolute error of each model over that of naive; absent where it was not scored. */
  readonly backtest: ModelFigures;
  /** Recent mean absolute error of the medians that were served over the mean rate; absent before there is one. */
  readonly errorRatio?: number;
  /** Recent share of the steps that stayed at or below what was served; absent before there is one. */
  readonly coverage: Readonly<Partial<Record<CoverageLevel, number>>>;
}

export type ModelFigures = Readonly<Partial<Record<ForecastModel, number>>>;

/** Quantiles of single steps, and the 0.95 quantile of the maximum over the horizon. */
export type CoverageLevel = '0.5' | '0.9' | '0.95' | '0.99' | 'maximum95';

export interface ForecastNotEnoughData {
  readonly kind: 'not-enough-data';
  readonly chain: string;
  /** Known steps, and how many the simplest model needs. */
  readonly have: number;
  readonly need: number;
}

export type ForecastOutcome = Forecast | ForecastNotEnoughData;

export type TrainingOutcome =
  | {
      readonly kind: 'trained';
      readonly epochs: number;
      readonly validationLoss: number;
      readonly seconds: number;
    }
  | { readonly kind: 'not-enough-data'; readonly have: number; readonly need: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' };

/** State of the network for the operator. */
export interface PredictorStatus {
  /** What the network runs on: `wasm-simd`, or `plain` where that is missing. */
  readonly backend: string;
  readonly training: boolean;
  readonly lastTraining?: TrainingOutcome & { readonly atSeconds: number };
}
