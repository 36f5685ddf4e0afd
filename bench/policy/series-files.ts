import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluatedCell } from './evaluate-cell.ts';
import { type Figure, kindOf, type PlottedPolicy } from './report/figure.ts';
import { timeSeriesSvg } from './report/time-series.ts';
import { tradeOffSvg } from './report/trade-off.ts';
import { isScored } from './report.ts';
import { COMPLIANT_RATIO } from './tune.ts';

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
  writeFileSync(file('-time.svg'), timeSeriesSvg({ ...figure, policies: shownOverTime(figure.policies) }));
  writeFileSync(file('-trade-off.svg'), tradeOffSvg(figure));
}

/** Baselines whose course is shown. */
const MOST_BASELINES = 2;

/** Small multiples of all policies would be a wall: DTA-SLO, the bound, and the baselines that violate least, cheapest first. */
export function shownOverTime(policies: readonly PlottedPolicy[]): readonly PlottedPolicy[] {
  const baselines = policies
    .filter(({ name }) => kindOf(name) === 'baseline')
    .sort(
      (left, right) =>
        Math.max(COMPLIANT_RATIO, left.violatingWindowsRatio) -
          Math.max(COMPLIANT_RATIO, right.violatingWindowsRatio) || left.coreHours - right.coreHours,
    )
    .slice(0, MOST_BASELINES);
  return policies.filter(
    (policy) =>
      policy.name === 'clairvoyant' || kindOf(policy.name) === 'product' || baselines.includes(policy),
  );
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
