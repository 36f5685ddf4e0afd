import type { QuantileRows } from '../../src/components/traffic-predictor/backtest/quantile-rows.ts';
import { GruForecaster } from '../../src/components/traffic-predictor/gru/gru-forecaster.ts';
import { neededSteps } from '../../src/components/traffic-predictor/gru/select-history.ts';
import { LEVELS } from '../../src/components/traffic-predictor/mixture/levels.ts';
import {
  networkShape,
  type TrafficPredictorOptions,
  trainingSettings,
} from '../../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../../src/components/traffic-predictor/traffic-predictor.ts';
import type { Forecast, TrainingOutcome } from '../../src/models/forecasts.ts';
import type { ChainSeries } from '../../src/models/metrics.ts';
import { part } from './trace.ts';

export interface DriveOptions {
  readonly predictor: TrafficPredictorOptions;
  readonly horizon: number;
  /** Row of the first origin that is judged; every row from there on is one, but the last, after which nothing is known. */
  readonly firstOrigin: number;
  /** Least time between two trainings, s. */
  readonly retrainSeconds: number;
  /** And the history has grown by this share since: bounds the number of trainings. */
  readonly retrainGrowth: number;
}

export interface Driven {
  readonly served: Required<QuantileRows>;
  /** The network alone, without mixture and calibration. */
  readonly gru: QuantileRows;
  readonly trainings: readonly TrainingOutcome[];
  readonly trainSeconds: number;
  readonly backend: string;
  /** Mean share of each model in the medians. */
  readonly weights: Readonly<Record<string, number>>;
}

/**
 * Leads the real predictor along a series as the daemon does, from its first step on: a forecast at every step, a
 * training whenever it is due. Nothing depends on where the series ends or on how long anything takes.
 */
export async function drive(series: ChainSeries, options: DriveOptions): Promise<Driven> {
  const shape = networkShape(options.predictor);
  const gru = new GruForecaster(shape, trainingSettings(options.predictor));
  const predictor = new TrafficPredictor(options.predictor, gru);
  const spoken = new Transcript(originsOf(series, options.firstOrigin), options.horizon);
  const trainings: TrainingOutcome[] = [];
  let trainSeconds = 0;
  let trainedSteps = 0;
  try {
    for (let steps = 1; steps < series.rates.length; steps++) {
      if (isTrainingDue(steps, trainedSteps, neededSteps(shape), series.stepSeconds, options)) {
        const startedMs = performance.now();
        trainings.push(await predictor.train([part(series, 0, steps)]));
        trainSeconds += (performance.now() - startedMs) / 1000;
        trainedSteps = steps;
      }
      const [outcome] = await predictor.predict([part(series, steps - 1, steps)], options.horizon);
      const origin = steps - 1 - options.firstOrigin;
      if (origin < 0) continue;
      if (outcome?.kind === 'forecast') spoken.noteServed(origin, outcome);
      else spoken.noteSilence(origin, lastKnown(series.rates, steps - 1));
      const blocks = await gru.forecast([
        { series: part(series, 0, steps), origins: Int32Array.of(steps - 1) },
      ]);
      spoken.noteGru(origin, blocks?.[0], lastKnown(series.rates, steps - 1));
    }
  } finally {
    await predictor.close();
  }
  const { backend } = predictor.status;
  return { ...spoken.all(), trainings, trainSeconds, backend };
}

export function originsOf({ rates }: ChainSeries, firstOrigin: number): Int32Array {
  const count = Math.max(0, rates.length - 1 - firstOrigin);
  return Int32Array.from({ length: count }, (_, i) => firstOrigin + i);
}

function lastKnown(rates: Float64Array, from: number): number {
  let row = from;
  while (row > 0 && Number.isNaN(rates[row])) row -= 1;
  return rates[row] ?? Number.NaN;
}

function isTrainingDue(
  steps: number,
  trainedSteps: number,
  needed: number,
  stepSeconds: number,
  { retrainSeconds, retrainGrowth }: DriveOptions,
): boolean {
  if (trainedSteps === 0) return steps >= needed;
  const since = steps - trainedSteps;
  return since * stepSeconds >= retrainSeconds && since >= retrainGrowth * trainedSteps;
}

/** All that was said, origin by origin. */
class Transcript {
  readonly #origins: Int32Array;
  readonly #horizon: number;
  readonly #served: Float64Array;
  readonly #maxima: Float64Array;
  readonly #gru: Float64Array;
  readonly #weights = new Map<string, number>();
  #forecasts = 0;

  constructor(origins: Int32Array, horizon: number) {
    const unsaid = (length: number) => new Float64Array(length).fill(Number.NaN);
    this.#origins = origins;
    this.#horizon = horizon;
    this.#served = unsaid(origins.length * horizon * LEVELS.length);
    this.#maxima = unsaid(origins.length * horizon);
    this.#gru = unsaid(origins.length * horizon * LEVELS.length);
  }

  /** Without a forecast the daemon plans for the present load: for what it saw last. */
  noteSilence(origin: number, last: number): void {
    this.#served.fill(last, ...this.#range(origin, this.#horizon * LEVELS.length));
    this.#maxima.fill(last, ...this.#range(origin, this.#horizon));
  }

  #range(origin: number, length: number): [number, number] {
    return [origin * length, (origin + 1) * length];
  }

  noteServed(
    origin: number,
    { medians, quantiles90, quantiles95, quantiles99, maxima95, weights }: Forecast,
  ): void {
    const columns = [medians, quantiles90, quantiles95, quantiles99];
    for (const [q, column] of columns.entries()) {
      for (let h = 0; h < this.#horizon; h++) {
        this.#served[(origin * this.#horizon + h) * LEVELS.length + q] = column[h]!;
      }
    }
    this.#maxima.set(maxima95, origin * this.#horizon);
    this.#forecasts += 1;
    for (const [model, weight] of Object.entries(weights)) {
      this.#weights.set(model, (this.#weights.get(model) ?? 0) + weight);
    }
  }

  /** Where it is silent, before its first training and in windows that cannot be normalised, the last value stands in. */
  noteGru(origin: number, block: Float64Array | undefined, lastValue: number): void {
    const length = this.#horizon * LEVELS.length;
    const speaks = block?.every(Number.isFinite) === true;
    if (speaks) this.#gru.set(block, origin * length);
    else this.#gru.fill(lastValue, origin * length, (origin + 1) * length);
  }

  all(): Pick<Driven, 'served' | 'gru' | 'weights'> {
    const weights = [...this.#weights].map(([model, sum]) => [model, sum / this.#forecasts] as const);
    const of = { horizon: this.#horizon, origins: this.#origins };
    return {
      served: { ...of, quantiles: this.#served, maximum95: this.#maxima },
      gru: { ...of, quantiles: this.#gru },
      weights: Object.fromEntries(weights),
    };
  }
}
