/** What the plots are given. */
import type { Series } from '../series.ts';

export interface PlottedPolicy {
  readonly name: string;
  readonly series: Series;
  readonly coreHours: number;
  readonly violatingWindowsRatio: number;
}

export interface Figure {
  readonly title: string;
  readonly policies: readonly PlottedPolicy[];
  /** Until then the run is for learning and tuning, and not scored. */
  readonly learningMinutes?: number;
  /** What happens in the run, as a shock. */
  readonly marks?: readonly { readonly minute: number; readonly label: string }[];
}

export type Kind = 'product' | 'ablation' | 'baseline' | 'bound';

export const COLOURS: Readonly<Record<Kind, string>> = {
  product: '#c2410c',
  ablation: '#e59a6f',
  baseline: '#0b6aa8',
  bound: '#4b5563',
};

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  product: 'DTA-SLO',
  ablation: 'DTA-SLO without a part',
  baseline: 'tuned baselines',
  bound: 'bounds that know the future',
};

export function kindOf(name: string): Kind {
  if (name.startsWith('clairvoyant')) return 'bound';
  if (name === 'dta-slo') return 'product';
  return name.startsWith('dta-slo') ? 'ablation' : 'baseline';
}

/** A share as per cent, with as many digits as it needs. */
export function percent(ratio: number): string {
  const value = 100 * ratio;
  return `${value === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(value < 0.95 ? 2 : 1)} %`;
}
