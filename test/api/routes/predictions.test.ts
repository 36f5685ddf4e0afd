import { expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { forecastWith } from '../../forecasts.ts';
import { testDaemon } from '../test-daemon.ts';

async function predictionsOf(daemon: ReturnType<typeof testDaemon>) {
  const server = await buildServer(daemon, { version: '0.0.0' });
  const answer = await server.inject({ url: '/predictions' });
  await server.close();
  return answer.json();
}

it('GET /predictions tells who speaks for a chain, how good that was, and what it says', async () => {
  const daemon = testDaemon();
  daemon.forecastList.push(
    forecastWith({
      chain: 'order-processing',
      model: 'gru',
      reason: 'mostly the GRU (0.61), with ridge regression (0.39)',
      weights: { gru: 0.61, ridge: 0.39 },
      upperWeights: { ridge: 1 },
      quantiles99: [4.5],
      backtest: { gru: 0.8, ridge: 0.9 },
      errorRatio: 0.07,
      coverage: { '0.95': 0.94, maximum95: 0.96 },
    }),
    { kind: 'not-enough-data', chain: 'user-registration', have: 1, need: 2 },
  );
  const { predictor, predictions } = await predictionsOf(daemon);
  expect(predictor).toEqual({ backend: 'plain', training: false, last_training: null });
  expect(predictions).toEqual([
    {
      chain: 'order-processing',
      status: 'forecast',
      model: 'gru',
      reason: 'mostly the GRU (0.61), with ridge regression (0.39)',
      weights: { gru: 0.61, ridge: 0.39 },
      upper_weights: { ridge: 1 },
      start: 1000,
      step: 60,
      median: [1],
      p90: [2],
      p95: [3],
      p99: [4.5],
      maximum95: 3,
      lead_steps: 1,
      maximum_origins: 100,
      error_ratio: 0.07,
      coverage: { '0.95': 0.94, maximum95: 0.96 },
      backtest: { gru: 0.8, ridge: 0.9 },
    },
    { chain: 'user-registration', status: 'not-enough-data', have: 1, need: 2 },
  ]);
});

it('GET /predictions has no error ratio while no forecast has been scored', async () => {
  const daemon = testDaemon();
  daemon.forecastList.push(forecastWith({ chain: 'order-processing' }));
  expect((await predictionsOf(daemon)).predictions[0].error_ratio).toBeNull();
});
