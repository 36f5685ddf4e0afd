import type { CoverageLevel, Forecast, ForecastModel, ModelFigures } from '../../models/forecasts.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import { endSeconds } from './chain-memory.ts';
import { LEVELS } from './mixture/levels.ts';
import type { ChainReport, ExpertReport, ServedForecast } from './mixture/served.ts';

/** Shares below this are not worth a word. */
const LEAST_TOLD_SHARE = 0.1;

const COVERAGE_LEVELS = ['0.5', '0.9', '0.95', '0.99'] as const;

/**
 * What is served in the form that plans and people take, from the end of the series on. Its newest steps may not be known
 * yet: then a forecast from further back is used, and for steps beyond its horizon what it says of its last.
 *
 * @param untilSeconds end of the last step that what is served rests on
 */
export function forecastOf(
  series: ChainSeries,
  untilSeconds: number,
  { quantiles, maximum95, maximumCounts }: ServedForecast,
  report: ChainReport,
  leadSteps: number,
): Forecast {
  const horizon = maximum95.length;
  const ago = Math.round((endSeconds(series) - untilSeconds) / series.stepSeconds);
  const rows = Array.from({ length: horizon }, (_, i) => Math.min(i + ago, horizon - 1));
  const column = (quantile: number) => rows.map((row) => quantiles[row * LEVELS.length + quantile]!);
  const bySharesDown = [...report.experts].sort((left, right) => right.medianWeight - left.medianWeight);
  return {
    kind: 'forecast',
    chain: series.chain,
    model: bySharesDown[0]?.name ?? 'naive',
    reason: reasonOf(bySharesDown, report),
    weights: figures(report.experts, ({ medianWeight }) => medianWeight || undefined),
    upperWeights: figures(report.experts, ({ upperWeight }) => upperWeight || undefined),
    startSeconds: endSeconds(series),
    stepSeconds: series.stepSeconds,
    medians: column(0),
    quantiles90: column(1),
    quantiles95: column(2),
    quantiles99: column(3),
    maximum95: maximum95[rows[leadSteps - 1]!]!,
    leadSteps,
    maxima95: rows.map((row) => maximum95[row]!),
    maximumOrigins: maximumCounts[rows[leadSteps - 1]!]!,
    backtest: figures(report.experts, ({ errorToNaive }) => errorToNaive),
    ...(isFigure(report.errorToRate) && { errorRatio: report.errorToRate }),
    coverage: coverageOf(report),
  };
}

function figures(
  experts: readonly ExpertReport[],
  of: (expert: ExpertReport) => number | undefined,
): ModelFigures {
  const known: Partial<Record<ForecastModel, number>> = {};
  for (const expert of experts) {
    const figure = of(expert);
    if (isFigure(figure)) known[expert.name] = figure;
  }
  return known;
}

function coverageOf({ coverage, maximumCoverage }: ChainReport): Forecast['coverage'] {
  const known: Partial<Record<CoverageLevel, number>> = {};
  for (const [i, level] of COVERAGE_LEVELS.entries()) {
    const share = coverage[i];
    if (isFigure(share)) known[level] = share;
  }
  if (isFigure(maximumCoverage)) known.maximum95 = maximumCoverage;
  return known;
}

function isFigure(figure: number | undefined): figure is number {
  return figure !== undefined && Number.isFinite(figure);
}

/** "mostly ridge (0.61), with the GRU (0.25); the recent error is 0.82 of the last value's". */
function reasonOf(bySharesDown: readonly ExpertReport[], { errorToNaive }: ChainReport): string {
  const [first, ...others] = bySharesDown;
  if (first === undefined) return 'nothing has been scored yet';
  const told = others.filter(({ medianWeight }) => medianWeight >= LEAST_TOLD_SHARE).map(wordsOf);
  const who = first.medianWeight > 0.5 ? `mostly ${wordsOf(first)}` : `most of all ${wordsOf(first)}`;
  const withWhom = told.length === 0 ? '' : `, with ${told.join(', ')}`;
  const error = isFigure(errorToNaive)
    ? `the recent error is ${errorToNaive.toFixed(2)} of the last value's`
    : 'no forecast has been scored yet';
  return `${who}${withWhom}; ${error}`;
}

function wordsOf({ name, medianWeight }: ExpertReport): string {
  return `${NAMES[name]} (${medianWeight.toFixed(2)})`;
}

const NAMES: Readonly<Record<ForecastModel, string>> = {
  gru: 'the GRU',
  naive: 'the last value',
  'moving-median': 'a moving median',
  ewma: 'an exponential mean',
  holt: "Holt's damped trend",
  'seasonal-naive': 'the season before',
  ridge: 'ridge regression',
};
