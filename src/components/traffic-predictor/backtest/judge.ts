import type { ForecastModel } from '../../../models/forecasts.ts';
import type { Baseline } from '../baselines/baselines.ts';
import { BASELINES, baselineForecasts, seasonPeriods } from '../baselines/baselines.ts';
import { calibrate } from './calibrate.ts';
import { relativeError } from './errors.ts';
import { backtestOrigins } from './origins.ts';
import type { GruBacktest, Verdict, Voice } from './verdict.ts';

/** Pairs of origin and step ahead that a score must rest on. */
const LEAST_PAIRS = 20;
/** Origins that the network must have been watched at, none of them in its training. */
const LEAST_GRU_ORIGINS = 20;
/** The network must be better than this share of the best baseline's error: a lead within chance does not count. */
const NEEDED_RATIO = 0.97;

/**
 * The rolling-origin backtest of one chain: which baseline has the least absolute error over the last part of the
 * series, whether the network beats it where both can be compared, and how far off each was.
 * Strictly causal: a forecast at an origin rests on nothing after it; the seasons are found before the first origin.
 */
export function judge(
  values: Float64Array,
  horizon: number,
  stepSeconds: number,
  atSeconds: number,
  gru: GruBacktest | undefined,
): Verdict {
  const origins = backtestOrigins(values);
  const periods = seasonPeriods(values.subarray(0, (origins[0] ?? 0) + 1), stepSeconds);
  const byModel = BASELINES.map((model) => ({
    model,
    forecasts: baselineForecasts(model, values, origins, horizon, periods),
  }));
  const naive = byModel[0]!.forecasts;
  const scores: Partial<Record<ForecastModel, number>> = {};
  let best = { model: 'naive' as Baseline, forecasts: naive, score: 1 };
  for (const { model, forecasts } of byModel) {
    const { ratio, pairs } = relativeError(values, origins, forecasts, naive, horizon);
    if (pairs < LEAST_PAIRS || !Number.isFinite(ratio)) continue;
    scores[model] = ratio;
    if (ratio < best.score) best = { model, forecasts, score: ratio };
  }
  const baseline = baselineVoice(best.model, best.score, scores, values, origins, best.forecasts, horizon);
  const verdict = { baseline, scores, periods, atSeconds };
  if (gru === undefined || gru.origins.length === 0) return verdict;
  return withGru(verdict, gru, values, horizon);
}

function baselineVoice(
  model: Baseline,
  score: number,
  scores: Verdict['scores'],
  values: Float64Array,
  origins: Int32Array,
  medians: Float64Array,
  horizon: number,
): Voice<Baseline> {
  const forecasts = { medians, quantiles90: medians, quantiles95: medians };
  return {
    model,
    reason: baselineReason(model, score, scores, origins.length),
    ...calibrate(values, origins, forecasts, horizon),
  };
}

function baselineReason(model: Baseline, score: number, scores: Verdict['scores'], origins: number): string {
  const others = Object.keys(scores).length - 1;
  if (others < 1) return `too few steps for a backtest, so the last value stands (${origins} origins)`;
  if (model === 'naive') return `no other baseline beats the last value over the last ${origins} origins`;
  return `${model} has the least error of the baselines, ${score.toFixed(2)} of naive's, over the last ${origins} origins`;
}

function withGru(verdict: Verdict, gru: GruBacktest, values: Float64Array, horizon: number): Verdict {
  const { origins } = gru;
  const against = (model: Baseline) =>
    relativeError(
      values,
      origins,
      gru.medians,
      baselineForecasts(model, values, origins, horizon, verdict.periods),
      horizon,
    );
  const toNaive = against('naive');
  const scores = Number.isFinite(toNaive.ratio) ? { ...verdict.scores, gru: toNaive.ratio } : verdict.scores;
  const best = verdict.baseline.model;
  const toBest = best === 'naive' ? toNaive : against(best);
  const comparison = `the GRU's error is ${toBest.ratio.toFixed(2)} of the best baseline's (${best}) over ${origins.length} origins after its training`;
  if (origins.length < LEAST_GRU_ORIGINS || toBest.pairs < LEAST_PAIRS || !(toBest.ratio < NEEDED_RATIO)) {
    const reason = `${verdict.baseline.reason}; ${comparison}`;
    return { ...verdict, scores, baseline: { ...verdict.baseline, reason } };
  }
  return {
    ...verdict,
    scores,
    gru: { model: 'gru', reason: comparison, ...calibrate(values, origins, gru, horizon) },
  };
}
