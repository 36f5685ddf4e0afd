import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluatedCell } from './evaluate-cell.ts';
import type { Figure } from './report/figure.ts';
import { timeSeriesSvg } from './report/time-series.ts';
import { tradeOffSvg } from './report/trade-off.ts';
import { isScored } from './report.ts';

/** Load, cores and latency of every policy by the minute, as JSON. */
export function seriesText({ report: { application, trace }, results }: EvaluatedCell): string {
  const policies = results.filter(isScored).map(({ name, series }) => ({ name, series }));
  return `${JSON.stringify({ application, trace, policies })}\n`;
}

/** The same and plots of it, in a folder that is made if need be. */
export function writeSeries(folder: string, evaluated: EvaluatedCell, learningSeconds: number): void {
  const { application, trace } = evaluated.report;
  const file = (suffix: string) => join(folder, `${application}-${trace}${suffix}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file('.json'), seriesText(evaluated));
  const figure = figureOf(evaluated, learningSeconds);
  writeFileSync(file('-time.svg'), timeSeriesSvg(figure));
  writeFileSync(file('-trade-off.svg'), tradeOffSvg(figure));
}

function figureOf({ report, results }: EvaluatedCell, learningSeconds: number): Figure {
  return {
    title: `${report.application} under ${report.trace}`,
    learningMinutes: learningSeconds / 60,
    policies: results.filter(isScored).map(({ name, series, core_hours, violating_windows_ratio }) => ({
      name,
      series,
      coreHours: core_hours,
      violatingWindowsRatio: violating_windows_ratio,
    })),
  };
}
