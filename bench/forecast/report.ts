import type { QuantileRows } from '../../src/components/traffic-predictor/backtest/quantile-rows.ts';
import { quarterOf } from '../../src/components/traffic-predictor/backtest/quantile-rows.ts';
import { type Scores, scoreRows } from '../../src/components/traffic-predictor/backtest/scores.ts';
import { LEVELS } from '../../src/components/traffic-predictor/mixture/levels.ts';

/** What is told of one model; the first and the last quarter of the test part by themselves too. */
export function modelReport(rates: Float64Array, rows: QuantileRows, scale: number) {
  const all = scoreRows(rates, rows, scale);
  const first = scoreRows(rates, quarterOf(rows, 0), scale);
  const last = scoreRows(rates, quarterOf(rows, 3), scale);
  return {
    mase: all.mase,
    mase_mean: all.maseMean,
    pinball: byLevel(all.pinball),
    coverage: byLevel(all.coverage),
    coverage_ties_half: byLevel(all.coverageTiesHalf),
    coverage_first_quarter: byLevel(first.coverage),
    coverage_last_quarter: byLevel(last.coverage),
    ...(all.maximumCoverage !== undefined && {
      coverage_max: maximum(all),
      coverage_max_first_quarter: maximum(first),
      coverage_max_last_quarter: maximum(last),
    }),
  };
}

export type ModelReport = ReturnType<typeof modelReport>;

function byLevel(figures: readonly number[]): Record<string, number> {
  return Object.fromEntries(LEVELS.map((level, q) => [String(level), figures[q] ?? Number.NaN]));
}

/** Over the whole horizon. */
function maximum({ maximumCoverage }: Scores): Record<string, number> {
  return { '0.95': maximumCoverage?.at(-1) ?? Number.NaN };
}

const COLUMNS = [
  'MASE',
  'pinball 0.5',
  '0.9',
  '0.95',
  '0.99',
  'coverage 0.5',
  '0.9',
  '0.95',
  '0.99',
  'of the maximum, 0.95',
];

/** A table for docs. */
export function printModels(models: Readonly<Record<string, ModelReport>>): void {
  console.log(`| model | ${COLUMNS.join(' | ')} |`);
  console.log(`|---|${COLUMNS.map(() => '---|').join('')}`);
  for (const [name, row] of Object.entries(models)) {
    const figures = [row.mase_mean, ...Object.values(row.pinball), ...Object.values(row.coverage)];
    const last = row.coverage_max?.['0.95']?.toFixed(3) ?? '';
    console.log(`| ${name} | ${figures.map((figure) => figure.toFixed(3)).join(' | ')} | ${last} |`);
  }
}
