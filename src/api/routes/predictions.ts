/** GET /predictions: the forecasts of the latest pass and the state of the predictor. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ForecastOutcome } from '../../models/forecasts.ts';
import { type ApiServer, Figure, figure, UnixSeconds } from '../schemas.ts';

const Rates = Type.Array(Figure, { description: 'Requests/s a step.' });

const byModel = (description: string) => Type.Record(Type.String(), Figure, { description });

const Prediction = Type.Union([
  Type.Object({
    chain: Type.String(),
    status: Type.Literal('forecast'),
    model: Type.String({
      description:
        'gru, naive, moving-median, ewma, holt, seasonal-naive or ridge: the one with most weight in the median.',
    }),
    reason: Type.String({ description: 'Who speaks, and how good that was of late.' }),
    weights: byModel('Share of each model in the median; they sum to 1.'),
    upper_weights: byModel('The same in the 0.95 quantile, which plans carry.'),
    start: UnixSeconds,
    step: Type.Number({ description: 'Seconds.' }),
    median: Rates,
    p90: Rates,
    p95: Rates,
    p99: Rates,
    maximum95: Figure,
    lead_steps: Type.Integer(),
    maximum_origins: Type.Integer({
      description: 'Past forecasts that `maximum95` rests on; a plan carries it from 19 on.',
    }),
    error_ratio: Type.Union([Type.Number(), Type.Null()], {
      description: 'Recent mean absolute error of the median that was served, over the mean rate.',
    }),
    coverage: Type.Record(Type.String(), Figure, {
      description: 'Recent share of the steps that stayed at or below each quantile, and below `maximum95`.',
    }),
    backtest: byModel('Recent error of each model over that of naive.'),
  }),
  Type.Object({
    chain: Type.String(),
    status: Type.Literal('not-enough-data'),
    have: Type.Integer({ description: 'Steps that are known.' }),
    need: Type.Integer(),
  }),
]);

const Predictions = Type.Object({
  predictor: Type.Object({
    backend: Type.String(),
    training: Type.Boolean(),
    last_training: Type.Union([
      Type.Object({
        at: UnixSeconds,
        outcome: Type.String({ description: 'trained, not-enough-data, failed or cancelled.' }),
        epochs: Figure,
        validation_loss: Figure,
        seconds: Figure,
        have: Figure,
        need: Figure,
        reason: Type.Union([Type.String(), Type.Null()]),
      }),
      Type.Null(),
    ]),
  }),
  predictions: Type.Array(Prediction),
});

export function predictionsRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/predictions',
    {
      schema: {
        tags: ['chains'],
        summary: 'The forecasts of the latest pass, and how the predictor does',
        response: { 200: Predictions },
      },
    },
    () => ({
      predictor: predictorView(daemon),
      predictions: [...daemon.forecasts().values()].map(predictionView),
    }),
  );
}

function predictorView({ predictor }: Daemon): Static<typeof Predictions>['predictor'] {
  const { backend, training, lastTraining: last } = predictor;
  if (last === undefined) return { backend, training, last_training: null };
  const trained = last.kind === 'trained' ? last : undefined;
  const lacking = last.kind === 'not-enough-data' ? last : undefined;
  const last_training = {
    at: last.atSeconds,
    outcome: last.kind,
    epochs: figure(trained?.epochs),
    validation_loss: figure(trained?.validationLoss),
    seconds: figure(trained?.seconds),
    have: figure(lacking?.have),
    need: figure(lacking?.need),
    reason: last.kind === 'failed' ? last.reason : null,
  };
  return { backend, training, last_training };
}

function predictionView(outcome: ForecastOutcome): Static<typeof Prediction> {
  const { chain } = outcome;
  if (outcome.kind === 'not-enough-data') {
    return { chain, status: 'not-enough-data', have: outcome.have, need: outcome.need };
  }
  return {
    chain,
    status: 'forecast',
    model: outcome.model,
    reason: outcome.reason,
    weights: figures(outcome.weights),
    upper_weights: figures(outcome.upperWeights),
    start: outcome.startSeconds,
    step: outcome.stepSeconds,
    median: outcome.medians.map(figure),
    p90: outcome.quantiles90.map(figure),
    p95: outcome.quantiles95.map(figure),
    p99: outcome.quantiles99.map(figure),
    maximum95: figure(outcome.maximum95),
    lead_steps: outcome.leadSteps,
    maximum_origins: outcome.maximumOrigins,
    error_ratio: figure(outcome.errorRatio),
    coverage: figures(outcome.coverage),
    backtest: figures(outcome.backtest),
  };
}

function figures(byName: Readonly<Record<string, number>>): Record<string, ReturnType<typeof figure>> {
  return Object.fromEntries(Object.entries(byName).map(([name, value]) => [name, figure(value)]));
}
