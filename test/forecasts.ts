import type { Forecast } from '../src/models/forecasts.ts';

/** A forecast of one step, with what a test cares for. */
export function forecastWith(changes: Partial<Forecast> & Pick<Forecast, 'chain'>): Forecast {
  return {
    kind: 'forecast',
    model: 'naive',
    reason: 'mostly the last value',
    weights: { naive: 1 },
    upperWeights: { naive: 1 },
    startSeconds: 1000,
    stepSeconds: 60,
    medians: [1],
    quantiles90: [2],
    quantiles95: [3],
    quantiles99: [4],
    maximum95: 3,
    leadSteps: 1,
    maxima95: [3],
    maximumOrigins: 100,
    backtest: { naive: 1 },
    coverage: {},
    ...changes,
  };
}
