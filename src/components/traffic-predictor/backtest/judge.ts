import type { ForecastModel } from '../../../models/forecasts.ts';
import type { Baseline } from '../baselines/baselines.ts';
import { BASELINES, baselineForecasts, seasonPeriods } from '../baselines/baselines.ts';
import { calibrate } from './calibrate.ts';
import { dieboldMariano } from './diebold-mariano.ts';
import { lossDifferences, relativeError } from './errors.ts';
import { backtestOrigins } from './origins.ts';
import type { GruBacktest, Verdict, Voice } from './verdict.ts';

/** Pairs of origin and step ahead that a score must rest on. */
const LEAST_PAIRS = 20;
/** Origins that the network must have been watched at, none of them in its training. */
const LEAST_GRU_ORIGINS = 20;
/** Diebold–Mariano statistic that its lead must reach: one standard error, or it may be chance. */
const NEEDED_LEAD = -1;

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
  const spoken = relativeError(values, origins, naive, naive, horizon).pairs;
  for (const { model, forecasts } of byModel) {
    const error = relativeError(values, origins, forecasts, naive, horizon);
    // A model that is silent at most origins is not compared with those that speak at all.
    if (!scored(error) || error.pairs < spoken / 2) continue;
    scores[model] = error.ratio;
    if (error.ratio < best.score) best = { model, forecasts, score: error.ratio };
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
  const { origins, medians } = gru;
  const rival = verdict.baseline.model;
  const forecastsOf = (model: Baseline) =>
    baselineForecasts(model, values, origins, horizon, verdict.periods);
  const best = forecastsOf(rival);
  const toBest = relativeError(values, origins, medians, best, horizon);
  const toNaive =
    rival === 'naive' ? toBest : relativeError(values, origins, medians, forecastsOf('naive'), horizon);
  const lead = dieboldMariano(lossDifferences(values, origins, medians, best, horizon), origins, horizon);
  const scores = scored(toNaive) ? { ...verdict.scores, gru: toNaive.ratio } : verdict.scores;
  const comparison = compareWords(toBest.ratio, rival, origins.length);
  const enough = origins.length >= LEAST_GRU_ORIGINS && scored(toBest);
  if (enough && toBest.ratio < 1 && lead <= NEEDED_LEAD) {
    const gruVoice = {
      model: 'gru' as const,
      reason: comparison,
      ...calibrate(values, origins, gru, horizon),
    };
    return { ...verdict, scores, gru: gruVoice };
  }
  const doubt = enough ? (toBest.ratio < 1 ? ', which may be chance' : '') : ', too few to judge it';
  const reason = `${verdict.baseline.reason}; ${comparison}${doubt}`;
  return { ...verdict, scores, baseline: { ...verdict.baseline, reason } };
}

function compareWords(ratio: number, rival: Baseline, origins: number): string {
  const over = `over ${origins} origins after its training`;
  if (!Number.isFinite(ratio)) return `the best baseline (${rival}) is exact and the GRU is not ${over}`;
  return `the GRU's error is ${ratio.toFixed(2)} of the best baseline's (${rival}) ${over}`;
}

function scored({ ratio, pairs }: { readonly ratio: number; readonly pairs: number }): boolean {
  return pairs >= LEAST_PAIRS && Number.isFinite(ratio);
}
