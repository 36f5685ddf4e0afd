import { growthWhereServed, withinCapacity } from './capacity-bound.ts';
import { type CpuDemand, demandFromCpu } from './demand-from-cpu.ts';
import { demandFromCurvature } from './demand-from-curvature.ts';
import type { FitEvidence } from './fit-evidence.ts';
import { EXPONENT } from './latency-curve.ts';
import { lowLoadMeans } from './low-load-means.ts';
import type { QuantifierSettings } from './options.ts';
import { type DemandSource, fitPair, type PairModel } from './pair-fit.ts';
import { observedUtilizations } from './utilizations.ts';

/** What is known of a service after a fit. */
export interface ServiceModel {
  readonly demandSource: DemandSource;
  /** 1.4826 · median relative residual of the CPU regression; NaN without one. */
  readonly cpuSpread: number;
  /** Standard errors of measured demands by chain, core-seconds; empty when CPU is not measured. */
  readonly demandErrors: ReadonlyMap<string, number>;
  /** Share of the bounding demand that curvature has found; 1 without. */
  readonly curvatureShare: number;
  readonly exponent: number;
  readonly verticalExponent: number;
  readonly pairs: ReadonlyMap<string, PairModel>;
}

/**
 * b/(a·u^η) of a prior. With the bounding demand it is 1 (processor sharing): that demand is pessimistic enough. With
 * a known demand the ratio has to carry what percentiles, queues and quotas add: see docs/latency-profiles.md.
 */
const QUEUEING_RATIO: Readonly<Record<DemandSource, number>> = { bound: 1, curvature: 3, 'measured-cpu': 3 };

/** A share of the bound that an earlier fit has found: searching is dear, so it is not done at every fit. */
export interface KnownShare {
  readonly share: number | undefined;
}

/** Fits every pair of a service; undefined when no pair has a latency yet. */
export function fitService(
  evidence: FitEvidence,
  settings: QuantifierSettings,
  known?: KnownShare,
): ServiceModel | undefined {
  const lowLoadSeconds = boundingDemands(evidence);
  if (lowLoadSeconds === undefined) return undefined;
  const growth = growthWhereServed(evidence, lowLoadSeconds, settings);
  const bound = withinCapacity(evidence, lowLoadSeconds, growth);
  const verticalExponent = settings.verticalExponentPrior;
  const cpu = demandFromCpu(evidence, bound.demands);
  const share = cpu === undefined ? (known ?? searchShare(evidence, bound.demands)).share : undefined;
  const chosen = chooseDemand(bound.demands, cpu, share);
  const { demandSource } = chosen;
  const { demands, queueingRatio } =
    demandSource === 'bound' ? bound : withinCapacity(evidence, chosen.demands, growth);
  const cpuSpread = cpu?.spread ?? Number.NaN;
  const context = {
    evidence,
    settings,
    utilization: observedUtilizations(evidence, demands, cpuSpread),
    queueingRatio: Math.min(QUEUEING_RATIO[demandSource], queueingRatio),
    verticalExponent,
  };
  const pairs = new Map<string, PairModel>();
  for (const [c, pair] of evidence.pairs.entries()) {
    const model = fitPair(context, pair, demands[c]!);
    if (model !== undefined) pairs.set(pair.chain, model);
  }
  return {
    demandSource,
    cpuSpread,
    demandErrors: new Map(evidence.pairs.map(({ chain }, c) => [chain, cpu?.errors[c] ?? Number.NaN])),
    curvatureShare: share ?? 1,
    exponent: EXPONENT,
    verticalExponent,
    pairs,
  };
}

function searchShare(evidence: FitEvidence, bounds: Float64Array): KnownShare {
  return { share: demandFromCurvature(evidence, bounds, EXPONENT) };
}

/** Own times at low load; a chain that only ever failed is taken for the heaviest of the others. */
function boundingDemands(evidence: FitEvidence): Float64Array | undefined {
  const means = lowLoadMeans(evidence);
  const heaviest = Math.max(0, ...means.filter((mean) => mean > 0));
  return heaviest > 0 ? means.map((mean) => (mean > 0 ? mean : heaviest)) : undefined;
}

function chooseDemand(
  bounds: Float64Array,
  cpu: CpuDemand | undefined,
  share: number | undefined,
): { demands: Float64Array; demandSource: DemandSource } {
  if (cpu !== undefined) return { demands: cpu.demands, demandSource: 'measured-cpu' };
  if (share !== undefined) {
    return { demands: bounds.map((bound) => bound * share), demandSource: 'curvature' };
  }
  return { demands: bounds, demandSource: 'bound' };
}
