/** GET /predictions: the forecasts of the latest pass and the state of the predictor. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ForecastOutcome } from '../../models/forecasts.ts';
import { type ApiServer, Figure, figure, UnixSeconds } from '../schemas.ts';

const Rates = Type.Array(Figure, { description: 'Requests/s a step.' });

const Prediction = Type.Union([
  Type.Object({
    chain: Type.String(),
    status: Type.Literal('forecast'),
    model: Type.String({ description: 'gru, naive, ewma, seasonal-naive or ridge: the one that speaks.' }),
    reason: Type.String({ description: 'Why this model and not another.' }),
    start: UnixSeconds,
    step: Type.Number({ description: 'Seconds.' }),
    median: Rates,
    p90: Rates,
    p95: Rates,
    maximum95: Figure,
    lead_steps: Type.Integer(),
    backtest: Type.Record(Type.String(), Figure, { description: 'Error of each model over that of naive.' }),
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
  const backtest = Object.entries(outcome.backtest).map(([model, score]) => [model, figure(score)] as const);
  return {
    chain,
    status: 'forecast',
    model: outcome.model,
    reason: outcome.reason,
    start: outcome.startSeconds,
    step: outcome.stepSeconds,
    median: outcome.medians.map(figure),
    p90: outcome.quantiles90.map(figure),
    p95: outcome.quantiles95.map(figure),
    maximum95: figure(outcome.maximum95),
    lead_steps: outcome.leadSteps,
    backtest: Object.fromEntries(backtest),
  };
}
