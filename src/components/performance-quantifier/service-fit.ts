import { growthWhereServed, withinCapacity } from './capacity-bound.ts';
import { type CpuDemand, demandFromCpu } from './demand-from-cpu.ts';
import { demandFromCurvature } from './demand-from-curvature.ts';
import { scoreExponents, scoreLeaks, type WindowLoads } from './exponent-search.ts';
import { type ExponentBelief, type ExponentScores, likeliest } from './exponents.ts';
import type { FitEvidence } from './fit-evidence.ts';
import { EXPONENT } from './latency-curve.ts';
import type { LeakScores } from './leak.ts';
import { leastCpuFor } from './least-cpu.ts';
import { type LowLoadTimes, lowLoadTimes } from './low-load-times.ts';
import type { QuantifierSettings } from './options.ts';
import { type DemandSource, fitPair, type PairModel } from './pair-fit.ts';
import { observedUtilizations, utilizations } from './utilizations.ts';
import { waitingTerms } from './waiting-terms.ts';

/** What is known of a service after a fit. */
export interface ServiceModel {
  readonly demandSource: DemandSource;
  /** 1.4826 · median relative residual of the CPU regression; NaN without one. */
  readonly cpuSpread: number;
  /** d of every chain, also of one without a latency that could be fitted, core-seconds. */
  readonly demands: ReadonlyMap<string, number>;
  /** Standard errors of measured demands by chain, core-seconds; empty when CPU is not measured. */
  readonly demandErrors: ReadonlyMap<string, number>;
  /** What it uses without any request, cores; 0 where CPU is not measured. */
  readonly baselineCores: number;
  /** Share of the bounding demand that curvature has found; 1 without. */
  readonly curvatureShare: number;
  readonly exponent: number;
  readonly verticalExponent: number;
  /** What the windows say of k and η; undefined where there are too few, or the demand is not measured. */
  readonly scores: ExponentScores | undefined;
  /** What they say of ℓ; undefined without callers, or as above. */
  readonly leakScores: LeakScores | undefined;
  readonly pairs: ReadonlyMap<string, PairModel>;
}

/**
 * b/(a·u^η) of a prior. With the bounding demand it is 1 (processor sharing): that demand is pessimistic enough. With
 * a known demand the ratio has to carry what percentiles, queues and quotas add: see docs/latency-profiles.md.
 */
const QUEUEING_RATIO: Readonly<Record<DemandSource, number>> = { bound: 1, curvature: 3, 'measured-cpu': 3 };

/** What an earlier fit has found: searching is dear, so it is not done at every fit. */
export interface Found {
  /** Share of the bounding demand. */
  readonly share: number | undefined | 'search';
  readonly scores: ExponentScores | undefined | 'search';
  readonly leakScores: LeakScores | undefined;
  /** What the service uses at rest, cores. */
  readonly atRest: number | 'search';
}

/** What all services together speak for. */
export interface Belief {
  readonly exponents: ExponentBelief;
  /** ℓ. */
  readonly leak: number;
}

/** Fits every pair of a service; undefined when no pair has a latency yet. */
export function fitService(
  evidence: FitEvidence,
  settings: QuantifierSettings,
  { exponents, leak }: Belief,
  found: Found,
): ServiceModel | undefined {
  const lowLoad = lowLoadTimes(evidence);
  const lowLoadSeconds = boundingDemands(lowLoad);
  if (lowLoadSeconds === undefined) return undefined;
  const growth = growthWhereServed(evidence, lowLoadSeconds, settings);
  const bound = withinCapacity(evidence, lowLoadSeconds, growth);
  const cpu = demandFromCpu(evidence, bound.demands, found.atRest);
  const share = cpu === undefined ? shareOf(found, evidence, bound.demands) : undefined;
  const chosen = chooseDemand(bound.demands, cpu, share);
  const { demandSource } = chosen;
  const { demands, queueingRatio } =
    demandSource === 'bound' ? bound : withinCapacity(evidence, chosen.demands, growth);
  const cpuSpread = cpu?.spread ?? Number.NaN;
  const baselineCores = cpu?.baselineCores ?? 0;
  const explained = utilizations(evidence, demands, baselineCores);
  const utilization = observedUtilizations(evidence, explained, cpuSpread);
  const loads = { observed: utilization, explained };
  const scores = cpu === undefined ? undefined : scoresOf(found, evidence, loads, leak);
  const { exponent, verticalExponent } =
    scores === undefined ? firstExponents(settings) : likeliest(scores, exponents);
  const leakScores =
    found.scores === 'search' && scores !== undefined
      ? scoreLeaks(evidence, loads, { exponent, verticalExponent })
      : found.leakScores;
  const context = {
    evidence,
    settings,
    utilization,
    terms: waitingTerms(evidence, utilization, exponent, verticalExponent),
    queueingRatio: Math.min(QUEUEING_RATIO[demandSource], queueingRatio),
    exponent,
    verticalExponent,
    leak,
  };
  const pairs = new Map<string, PairModel>();
  for (const [c, pair] of evidence.pairs.entries()) {
    const demandCoreSeconds = demands[c]!;
    const leastCpu = leastCpuFor(demandCoreSeconds, demandSource, lowLoad[c]!);
    const model = fitPair(context, pair, { demandCoreSeconds, leastCpu });
    if (model !== undefined) pairs.set(pair.chain, model);
  }
  return {
    demandSource,
    cpuSpread,
    demands: new Map(evidence.pairs.map(({ chain }, c) => [chain, demands[c]!])),
    demandErrors: new Map(evidence.pairs.map(({ chain }, c) => [chain, cpu?.errors[c] ?? Number.NaN])),
    baselineCores,
    curvatureShare: share ?? 1,
    exponent,
    verticalExponent,
    scores,
    leakScores,
    pairs,
  };
}

/** Without a word of its own about them, a service has the pessimistic k and the η of the settings. */
function firstExponents(settings: QuantifierSettings) {
  return { exponent: EXPONENT, verticalExponent: settings.verticalExponentPrior };
}

function shareOf({ share }: Found, evidence: FitEvidence, bounds: Float64Array): number | undefined {
  return share === 'search' ? demandFromCurvature(evidence, bounds, EXPONENT) : share;
}

function scoresOf(
  { scores }: Found,
  evidence: FitEvidence,
  loads: WindowLoads,
  leak: number,
): ExponentScores | undefined {
  return scores === 'search' ? scoreExponents(evidence, loads, leak) : scores;
}

/** Own times at low load; a chain that only ever failed is taken for the heaviest of the others. */
function boundingDemands(lowLoad: readonly LowLoadTimes[]): Float64Array | undefined {
  const means = Float64Array.from(lowLoad, ({ meanSeconds }) => meanSeconds);
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
