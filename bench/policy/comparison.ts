/** How DTA-SLO stands in a cell: against the best baseline that keeps the objectives, and against the bounds. */
import type { PolicyResult, ScoredPolicy } from './evaluate.ts';
import { kindOf } from './report/figure.ts';
import { type CellReport, isScored } from './report.ts';
import { COMPLIANT_RATIO } from './tune.ts';

const PRODUCT = 'dta-slo';
const BOUND = 'clairvoyant';
const PACED = 'clairvoyant-paced';

interface Standing {
  readonly name: string;
  readonly core_hours: number;
  readonly violating_windows_ratio: number;
}

/** null: what it takes was not run, failed, or there is none. */
export interface Comparison {
  readonly application: string;
  readonly trace: string;
  readonly dta_slo: Standing | null;
  /** The cheapest baseline with at most 1 % of windows violated. */
  readonly best_baseline: Standing | null;
  readonly lower_bound_core_hours: number | null;
  readonly paced_core_hours: number | null;
  /** Core-hours that DTA-SLO saves, of the best baseline's. */
  readonly saved_ratio: number | null;
  /** Share of the best baseline's distance to the bound. */
  readonly closed_ratio: number | null;
  readonly over_paced_ratio: number | null;
  /** Policies that keep the objectives with less than the bound: if there are any, the bound is wrong. */
  readonly below_bound: readonly string[];
}

export interface Means {
  readonly cells: number;
  /** Cells in which DTA-SLO keeps the objectives, and in which it takes no more than the best baseline. */
  readonly compliant_cells: number;
  readonly won_cells: number;
  readonly saved_ratio: number | null;
  readonly closed_ratio: number | null;
  readonly over_paced_ratio: number | null;
}

export function compare(
  { application, trace }: Pick<CellReport, 'application' | 'trace'>,
  results: readonly PolicyResult[],
): Comparison {
  const scored = results.filter(isScored);
  const costOf = (name: string) => scored.find((policy) => policy.name === name)?.core_hours ?? null;
  const product = scored.find(({ name }) => name === PRODUCT);
  // What is saved by missing the objectives is not saved.
  const keeps = product !== undefined && isCompliant(product);
  const best = scored.filter(isBaseline).filter(isCompliant).reduce(cheaper, undefined);
  const [dta, bound, paced] = [product?.core_hours ?? null, costOf(BOUND), costOf(PACED)];
  const saved = best === undefined || dta === null || !keeps ? null : best.core_hours - dta;
  return {
    application,
    trace,
    dta_slo: standingOf(product),
    best_baseline: standingOf(best),
    lower_bound_core_hours: bound,
    paced_core_hours: paced,
    saved_ratio: quotient(saved, best?.core_hours ?? null),
    closed_ratio: quotient(saved, best === undefined || bound === null ? null : best.core_hours - bound),
    over_paced_ratio: quotient(dta, paced),
    below_bound: scored
      .filter((policy) => policy.name !== BOUND && isCompliant(policy))
      .filter((policy) => bound !== null && policy.core_hours < bound)
      .map(({ name }) => name),
  };
}

/** Means are over the cells that have the figure. */
export function meansOf(cells: readonly Comparison[]): Means {
  return {
    cells: cells.length,
    compliant_cells: cells.filter(({ dta_slo: dta }) => dta !== null && isCompliant(dta)).length,
    won_cells: cells.filter(({ saved_ratio: saved }) => saved !== null && saved >= 0).length,
    saved_ratio: mean(cells.map((cell) => cell.saved_ratio)),
    closed_ratio: mean(cells.map((cell) => cell.closed_ratio)),
    over_paced_ratio: mean(cells.map((cell) => cell.over_paced_ratio)),
  };
}

/** One line a cell. */
export function comparisonLine(cell: Comparison): string {
  const { dta_slo: dta, best_baseline: best } = cell;
  return [
    `${cell.application} × ${cell.trace}:`,
    `dta-slo ${standingText(dta)},`,
    `best baseline ${best === null ? 'none' : `${best.name} ${standingText(best)}`},`,
    `saved ${percent(cell.saved_ratio)},`,
    `closed ${percent(cell.closed_ratio)} of the distance to the bound,`,
    `${cell.over_paced_ratio?.toFixed(2) ?? '-'} × paced`,
    ...(cell.below_bound.length > 0 ? [`(below the bound: ${cell.below_bound.join(', ')})`] : []),
  ].join(' ');
}

export function meansLine(means: Means): string {
  return [
    `${means.cells} cells: dta-slo keeps the objectives in ${means.compliant_cells},`,
    `takes no more than the best baseline in ${means.won_cells};`,
    `in the mean saved ${percent(means.saved_ratio)},`,
    `closed ${percent(means.closed_ratio)},`,
    `${means.over_paced_ratio?.toFixed(2) ?? '-'} × paced`,
  ].join(' ');
}

function isBaseline({ name }: ScoredPolicy): boolean {
  return kindOf(name) === 'baseline';
}

function isCompliant(standing: Pick<Standing, 'violating_windows_ratio'>): boolean {
  return standing.violating_windows_ratio <= COMPLIANT_RATIO;
}

function cheaper(best: ScoredPolicy | undefined, policy: ScoredPolicy): ScoredPolicy {
  return best === undefined || policy.core_hours < best.core_hours ? policy : best;
}

function standingOf(policy: ScoredPolicy | undefined): Standing | null {
  if (policy === undefined) return null;
  const { name, core_hours, violating_windows_ratio } = policy;
  return { name, core_hours, violating_windows_ratio };
}

function standingText(standing: Standing | null): string {
  if (standing === null) return 'none';
  return `${standing.core_hours.toFixed(3)} core-hours at ${percent(standing.violating_windows_ratio)}`;
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

function quotient(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
