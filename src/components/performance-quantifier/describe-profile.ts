import type { LatencyProfile } from '../../models/profiles.ts';
import { demandInterval } from './demand-interval.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { upperFactor } from './upper-factor.ts';

type Circumstances = Pick<
  LatencyProfile,
  'service' | 'chain' | 'percentile' | 'confidence' | 'updatedSeconds'
>;

/** The profile of a pair as everyone else sees it. */
export function describeProfile(of: Circumstances, model: ServiceModel, pair: PairModel): LatencyProfile {
  return {
    kind: 'profile',
    service: of.service,
    chain: of.chain,
    percentile: of.percentile,
    confidence: of.confidence,
    updatedSeconds: of.updatedSeconds,
    source: pair.source,
    floorSeconds: pair.curve.floorSeconds,
    queueingSeconds: pair.curve.queueingSeconds,
    exponent: pair.curve.exponent,
    verticalExponent: pair.curve.verticalExponent,
    demandCoreSeconds: pair.demandCoreSeconds,
    demandInterval: demandInterval(model, pair, of.chain),
    baselineCores: model.baselineCores,
    leastCpu: pair.leastCpu,
    demandSource: model.demandSource,
    upperFactor: upperFactor(model, pair),
    residualSpread: pair.spread / 1.4826,
    windows: pair.windows,
    utilizationRange: pair.utilizationRange,
  };
}
