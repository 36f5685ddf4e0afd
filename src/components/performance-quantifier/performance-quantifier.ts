import { type Topology, visitsByService } from '../../models/data-models.ts';
import type { ChainWindow, ServiceWindow } from '../../models/metrics.ts';
import type { ProfileLearner } from '../../models/ports.ts';
import type {
  Composition,
  Impact,
  LatencyProfile,
  ProfileNotEnoughData,
  ProfileOutcome,
  SharedServiceImpact,
} from '../../models/profiles.ts';
import { DEFAULT_COMPOSITION } from './composition-fit.ts';
import { CompositionLearner } from './composition-learner.ts';
import { agedConfidence } from './confidence.ts';
import { impactOf } from './impact.ts';
import { type QuantifierOptions, type QuantifierSettings, settingsFrom } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import { decodeState, encodeState } from './saved-state.ts';
import type { ServiceModel } from './service-fit.ts';
import { ServiceLearner } from './service-learner.ts';
import { latestLoad } from './service-load.ts';
import { sharedImpactOf } from './shared-impact.ts';

const DEFAULT_PERCENTILE = 0.95;

/**
 * Learns how the latency of every service grows with its load, from closed windows of traffic and the capacity that
 * was in force (DESIGN section 3, "Profile"; docs/latency-profiles.md).
 *
 * Profiles are fitted when they are first read after a new window, or all at once by `refit`, whose time is also the
 * "now" that evidence is aged to; before the first `refit` that is the end of the newest window.
 */
export class PerformanceImpactQuantifier implements ProfileLearner {
  private readonly settings: QuantifierSettings;
  private topology: Topology | undefined;
  private services = new Map<string, ServiceLearner>();
  private chains = new Map<string, CompositionLearner>();
  private nowSeconds = 0;

  constructor(options: QuantifierOptions = {}) {
    this.settings = settingsFrom(options);
    this.topology = options.topology;
  }

  /**
   * Takes another topology: services and chains that it does not have are forgotten, and so are the latencies of
   * chains whose percentile has changed.
   */
  reconfigure(topology: Topology): void {
    const before = this.percentiles();
    this.topology = topology;
    for (const service of this.services.keys()) {
      if (!topology.services.has(service)) this.services.delete(service);
    }
    for (const chain of before.keys()) if (!topology.chains.has(chain)) this.forgetChain(chain);
    this.forgetOtherPercentiles(before);
    for (const learner of this.services.values()) learner.invalidate();
  }

  updateProfile(window: ServiceWindow): void {
    let learner = this.services.get(window.service);
    if (learner === undefined) {
      learner = new ServiceLearner(this.settings);
      this.services.set(window.service, learner);
    }
    learner.add(window, this.parallelismOf(window.service));
    this.advance(learner.table.endSeconds);
  }

  updateComposition(window: ChainWindow): void {
    let learner = this.chains.get(window.chain);
    if (learner === undefined) {
      learner = new CompositionLearner(this.settings);
      this.chains.set(window.chain, learner);
    }
    learner.add(window, this.topology?.chains.get(window.chain));
  }

  refit(nowSeconds: number): void {
    this.advance(nowSeconds);
    for (const service of this.services.keys()) this.modelOf(service);
    for (const chain of this.chains.keys()) this.composition(chain);
  }

  /** The profiles of all chains of a service that have one; empty for a service without. */
  getLoadLatencyProfile(service: string): readonly LatencyProfile[] {
    const model = this.modelOf(service);
    if (model === undefined) return [];
    return [...model.pairs].map(([chain, pair]) => this.describe(service, chain, model, pair));
  }

  profile(service: string, chain: string): ProfileOutcome {
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (model === undefined || pair === undefined) return this.notEnoughData(service, chain);
    return this.describe(service, chain, model, pair);
  }

  composition(chain: string): Composition {
    return this.chains.get(chain)?.composition(this.nowSeconds) ?? DEFAULT_COMPOSITION;
  }

  /** `load` below 0 or not a number counts as 0. */
  analyzeImpact(service: string, chain: string, load: number): Impact {
    const learner = this.services.get(service);
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined)
      return this.notEnoughData(service, chain);
    const changed = { chain, rate: Math.max(0, Number.isNaN(load) ? 0 : load) };
    const changedLoad = latestLoad(model, learner.table, this.parallelismOf(service), changed);
    return impactOf(pair, changedLoad, this.confidenceOf(learner, pair));
  }

  /** Undefined as long as the service has no profile. */
  sharedImpact(service: string): SharedServiceImpact | undefined {
    const learner = this.services.get(service);
    const model = this.modelOf(service);
    if (learner === undefined || model === undefined || model.pairs.size === 0) return undefined;
    const load = latestLoad(model, learner.table, this.parallelismOf(service));
    return sharedImpactOf(service, load, (chain) => this.visitsOf(chain, service));
  }

  reset(service: string): void {
    this.services.delete(service);
  }

  save(): unknown {
    const services = new Map([...this.services].map(([service, learner]) => [service, learner.table]));
    const chains = new Map([...this.chains].map(([chain, learner]) => [chain, learner.samples]));
    return encodeState({ percentiles: this.percentiles(), services, chains });
  }

  load(saved: unknown): boolean {
    const state = decodeState(saved, this.settings.maxWindows);
    if (state === undefined) return false;
    this.services = new Map(
      [...state.services].map(([service, table]) => [service, new ServiceLearner(this.settings, table)]),
    );
    this.chains = new Map(
      [...state.chains].map(([chain, samples]) => [chain, new CompositionLearner(this.settings, samples)]),
    );
    this.nowSeconds = Math.max(0, ...[...state.services.values()].map((table) => table.endSeconds));
    this.forgetOtherPercentiles(state.percentiles);
    return true;
  }

  private modelOf(service: string): ServiceModel | undefined {
    return this.services.get(service)?.model(this.parallelismOf(service), this.nowSeconds);
  }

  private describe(service: string, chain: string, model: ServiceModel, pair: PairModel): LatencyProfile {
    const learner = this.services.get(service)!;
    return {
      kind: 'profile',
      service,
      chain,
      percentile: this.percentileOf(chain),
      source: pair.source,
      floorSeconds: pair.curve.floorSeconds,
      queueingSeconds: pair.curve.queueingSeconds,
      exponent: pair.curve.exponent,
      verticalExponent: pair.curve.verticalExponent,
      demandCoreSeconds: pair.demandCoreSeconds,
      demandSource: model.demandSource,
      confidence: this.confidenceOf(learner, pair),
      residualSpread: pair.spread / 1.4826,
      windows: pair.windows,
      utilizationRange: pair.utilizationRange,
      updatedSeconds: learner.table.endSeconds,
    };
  }

  private confidenceOf(learner: ServiceLearner, pair: PairModel): number {
    const age = this.nowSeconds - learner.table.endSeconds;
    return learner.trust * agedConfidence(pair.confidence, age, this.settings.halfLifeSeconds);
  }

  private notEnoughData(service: string, chain: string): ProfileNotEnoughData {
    const requests = this.services.get(service)?.table.chains.get(chain)?.requests;
    const have = requests?.reduce((sum, count) => sum + count, 0) ?? 0;
    return { kind: 'not-enough-data', service, chain, have, need: this.settings.minRequests };
  }

  private advance(nowSeconds: number): void {
    if (Number.isFinite(nowSeconds)) this.nowSeconds = Math.max(this.nowSeconds, nowSeconds);
  }

  private percentileOf(chain: string): number {
    return this.topology?.chains.get(chain)?.slo.percentile ?? DEFAULT_PERCENTILE;
  }

  private parallelismOf(service: string): number {
    return this.topology?.services.get(service)?.parallelism ?? Number.POSITIVE_INFINITY;
  }

  private visitsOf(chain: string, service: string): number {
    const spec = this.topology?.chains.get(chain);
    return spec === undefined ? 1 : (visitsByService(spec).get(service) ?? 1);
  }

  private percentiles(): Map<string, number> {
    const chains = new Set(this.chains.keys());
    for (const { table } of this.services.values())
      for (const chain of table.chains.keys()) chains.add(chain);
    return new Map([...chains].map((chain) => [chain, this.percentileOf(chain)]));
  }

  private forgetOtherPercentiles(measuredAt: ReadonlyMap<string, number>): void {
    for (const [chain, percentile] of measuredAt) {
      if (percentile !== this.percentileOf(chain)) this.forgetLatencies(chain);
    }
  }

  private forgetLatencies(chain: string): void {
    this.chains.delete(chain);
    for (const { table } of this.services.values()) table.chains.get(chain)?.percentiles.fill(0);
  }

  private forgetChain(chain: string): void {
    this.chains.delete(chain);
    for (const { table } of this.services.values()) table.chains.delete(chain);
  }
}
