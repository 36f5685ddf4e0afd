/** What the predictor says about the traffic to come. */

export type ForecastModel = 'gru' | 'naive' | 'ewma' | 'seasonal-naive' | 'ridge';

/** Quantiles of one chain's request rate for the next `medians.length` steps. */
export interface Forecast {
  readonly kind: 'forecast';
  readonly chain: string;
  /** The model that speaks, and why it and not another. */
  readonly model: ForecastModel;
  readonly reason: string;
  /** Start of the first forecast step. */
  readonly startSeconds: number;
  readonly stepSeconds: number;
  /** Requests/s per step, never negative, non-decreasing from quantile to quantile. */
  readonly medians: readonly number[];
  readonly quantiles90: readonly number[];
  readonly quantiles95: readonly number[];
  /** 0.95 quantile of the largest rate over the first `leadSteps` steps; the load that a plan must carry. */
  readonly maximum95: number;
  readonly leadSteps: number;
  /** Past forecasts of that maximum which its quantile rests on; below 19 it is a wide guess. */
  readonly maximumOrigins: number;
  /** Mean absolute error of each model in the rolling backtest over that of naive; absent where it was not scored. */
  readonly backtest: Readonly<Partial<Record<ForecastModel, number>>>;
}

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
  readonly backend: string;
  readonly training: boolean;
  readonly lastTraining?: TrainingOutcome & { readonly atSeconds: number };
}
