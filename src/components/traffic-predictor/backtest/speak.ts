import type { Forecast, ForecastModel } from '../../../models/forecasts.ts';
import type { ChainSeries } from '../../../models/metrics.ts';
import { baselineForecasts } from '../baselines/baselines.ts';
import { naiveForecasts } from '../baselines/naive.ts';
import { endSeconds } from '../chain-memory.ts';
import type { GruForecaster } from '../gru/gru-forecaster.ts';
import type { QuantileForecasts, Verdict, Voice } from './verdict.ts';

/**
 * The forecast of one chain as the plan gets it: the voice's own quantiles plus its calibration, cut at zero, in
 * order. The maximum's quantile is never below that of any of its steps.
 */
export function speak(
  series: ChainSeries,
  verdict: Verdict,
  voice: Voice<ForecastModel>,
  raw: QuantileForecasts,
  leadSteps: number,
): Forecast {
  const medians = Array.from(raw.medians, atLeastZero);
  const quantiles90 = medians.map((median, i) => Math.max(median, raw.quantiles90[i]! + voice.offsets90[i]!));
  const quantiles95 = quantiles90.map((lower, i) =>
    Math.max(lower, raw.quantiles95[i]! + voice.offsets95[i]!),
  );
  const largestMedian = Math.max(...medians.slice(0, leadSteps));
  return {
    kind: 'forecast',
    chain: series.chain,
    model: voice.model,
    reason: voice.reason,
    startSeconds: endSeconds(series),
    stepSeconds: series.stepSeconds,
    medians,
    quantiles90,
    quantiles95,
    maximum95: Math.max(
      largestMedian + voice.maximumOffsets[leadSteps - 1]!,
      ...quantiles95.slice(0, leadSteps),
    ),
    leadSteps,
    maximumOrigins: voice.maximumCounts[leadSteps - 1]!,
    backtest: verdict.scores,
  };
}

function atLeastZero(value: number): number {
  return Math.max(0, value);
}

/** The best baseline's forecast from the end of the series. */
export function speakBaseline(
  series: ChainSeries,
  verdict: Verdict,
  horizon: number,
  leadSteps: number,
): Forecast {
  const { rates } = series;
  const origins = Int32Array.of(rates.length - 1);
  const wanted = baselineForecasts(verdict.baseline.model, rates, origins, horizon, verdict.periods);
  const medians = wanted.some(Number.isNaN) ? naiveForecasts(rates, origins, horizon) : wanted;
  const { baseline, gru } = verdict;
  const silent = 'the GRU would lead but gave no forecast';
  const voice = gru === undefined ? baseline : { ...baseline, reason: `${baseline.reason}; ${silent}` };
  return speak(series, verdict, voice, { medians, quantiles90: medians, quantiles95: medians }, leadSteps);
}

/** Forecasts of the chains for which the network speaks, in one batch; those that it fails on are left out. */
export async function speakGru(
  gru: GruForecaster,
  verdicts: ReadonlyMap<string, Verdict>,
  all: readonly ChainSeries[],
  leadSteps: number,
): Promise<Map<string, Forecast>> {
  const places = all
    .filter(({ chain }) => verdicts.get(chain)?.gru !== undefined)
    .map((series) => ({ series, origins: Int32Array.of(series.rates.length - 1) }));
  const forecasts = new Map<string, Forecast>();
  if (places.length === 0) return forecasts;
  const raw = await gru.forecast(places);
  places.forEach(({ series }, i) => {
    const verdict = verdicts.get(series.chain);
    const quantiles = raw?.[i];
    if (verdict?.gru === undefined || quantiles === undefined || Number.isNaN(quantiles.medians[0])) return;
    forecasts.set(series.chain, speak(series, verdict, verdict.gru, quantiles, leadSteps));
  });
  return forecasts;
}
