import { type Topology, visitsByService } from '../../models/data-models.ts';
import type { ChainWindow, ServiceWindow } from '../../models/metrics.ts';
import type { NamedState, ProfileLearner } from '../../models/ports.ts';
import type {
  Composition,
  Impact,
  LatencyProfile,
  ProfileNotEnoughData,
  ProfileOutcome,
  SharedServiceImpact,
} from '../../models/profiles.ts';
import type { Caller } from './caller-waits.ts';
import { inOrderOfCalls } from './callers.ts';
import { CommonDrift } from './common-drift.ts';
import { DEFAULT_COMPOSITION } from './composition-fit.ts';
import { agedConfidence } from './confidence.ts';
import { criticalVisits } from './critical-visits.ts';
import { demandDrift } from './demand-drift.ts';
import { describeProfile } from './describe-profile.ts';
import { type ExponentBelief, firstBelief, pooledBelief } from './exponents.ts';
import { impactOf } from './impact.ts';
import { KnownCallers } from './known-callers.ts';
import { EXPONENT, latencyAt } from './latency-curve.ts';
import { pooledLeak } from './leak.ts';
import { Learners, type Restored } from './learners.ts';
import { type QuantifierOptions, type QuantifierSettings, settingsFrom } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import type { ServiceLearner } from './service-learner.ts';
import { latestLoad } from './service-load.ts';
import { type ChainAtService, sharedImpactOf } from './shared-impact.ts';

/**
 * Learns how the latency of every service grows with its load, from closed windows of traffic and the capacity that
 * was in force (DESIGN section 3, "Profile"; docs/latency-profiles.md).
 *
 * Profiles are fitted when they are first read after a new window, or all at once by `refit`, whose time is also the
 * "now" that evidence is aged to; before the first `refit` that is the end of the newest window.
 */
export class PerformanceImpactQuantifier implements ProfileLearner {
  private readonly settings: QuantifierSettings;
  private readonly firstBelief: ExponentBelief;
  private readonly learners: Learners;
  private readonly callers: KnownCallers;
  private readonly drift = new CommonDrift();
  private nowSeconds = 0;
  /** Profiles as they were told last: a pass reads each several times. Empty whenever one may have become another. */
  private readonly described = new Map<PairModel, LatencyProfile>();
  private changes = 0;

  constructor(options: QuantifierOptions = {}) {
    this.settings = settingsFrom(options);
    this.firstBelief = firstBelief(EXPONENT, this.settings.verticalExponentPrior);
    this.learners = new Learners(this.settings, options.topology);
    const readCaller = (service: string, chain: string) => this.readCaller(service, chain);
    this.callers = new KnownCallers(readCaller, options.topology);
  }

  /**
   * Takes another topology: services and chains that it does not have are forgotten, and so are the latencies of
   * chains whose percentile has changed.
   */
  reconfigure(topology: Topology): void {
    this.change();
    this.learners.reconfigure(topology, this.nowSeconds);
    this.callers.reconfigure(topology);
  }

  updateProfile(window: ServiceWindow): void {
    this.change();
    const learner = this.learners.serviceFor(window.service, window.startSeconds);
    const callerWaits = this.callers.waitsOf(window.service);
    learner.add(window, this.learners.parallelismOf(window.service), this.drift, callerWaits);
    this.advance(learner.table.endSeconds);
  }

  updateComposition(window: ChainWindow): void {
    this.change();
    const learner = this.learners.chainFor(window.chain, window.startSeconds);
    learner.add(window, this.learners.topology?.chains.get(window.chain));
  }

  refit(nowSeconds: number): void {
    this.change();
    this.advance(nowSeconds);
    const services = inOrderOfCalls(
      this.learners.services.keys(),
      this.learners.topology?.chains.values() ?? [],
    );
    const models = services.map((service) => this.modelOf(service));
    const exponents = pooledBelief(
      this.firstBelief,
      models.flatMap((model) => model?.scores ?? []),
    );
    const leakScores = models.flatMap((model) => model?.leakScores ?? []);
    this.callers.leak = pooledLeak(leakScores, this.callers.leak);
    for (const service of services) {
      this.learners.services.get(service)!.believe({ exponents, leak: this.callers.leak });
      this.modelOf(service);
    }
    for (const chain of this.learners.chains.keys()) this.composition(chain);
  }

  get revision(): number {
    return this.changes;
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
    return this.learners.chains.get(chain)?.composition(this.nowSeconds) ?? DEFAULT_COMPOSITION;
  }

  /**
   * By how much more CPU than their demands promise all services need around a time, as the windows before and after it
   * say; absent: now. 1 where nothing is measured.
   */
  demandDrift(aroundSeconds = this.nowSeconds): number {
    const witnesses = [...this.learners.services].flatMap(([service, { latest, table }]) =>
      latest === undefined ? [] : { model: latest, table, parallelism: this.learners.usableCoresOf(service) },
    );
    return demandDrift(witnesses, aroundSeconds);
  }

  /** `load` below 0 or not a number counts as 0. */
  analyzeImpact(service: string, chain: string, load: number): Impact {
    const learner = this.learners.services.get(service);
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined)
      return this.notEnoughData(service, chain);
    const changed = { chain, rate: Math.max(0, Number.isNaN(load) ? 0 : load) };
    const changedLoad = latestLoad(model, learner.table, this.learners.usableCoresOf(service), changed);
    const { starts, count } = learner.table;
    const leaked = pair.source === 'prior' ? 0 : this.callers.leakedAt(service, chain, starts[count - 1]!);
    return impactOf(pair, changedLoad, leaked, this.confidenceOf(learner, pair));
  }

  /** Undefined as long as the service has no profile. */
  sharedImpact(service: string): SharedServiceImpact | undefined {
    const learner = this.learners.services.get(service);
    const model = this.modelOf(service);
    if (learner === undefined || model === undefined || model.pairs.size === 0) return undefined;
    const load = latestLoad(model, learner.table, this.learners.usableCoresOf(service));
    return sharedImpactOf(service, load, (chain) => this.chainAt(chain, service));
  }

  reset(service: string): void {
    this.change();
    this.learners.forgetService(service, this.nowSeconds);
  }

  get unsavedSinceSeconds(): number {
    return this.learners.unsavedSinceSeconds;
  }

  drain(most: number): readonly NamedState[] {
    return this.learners.drain(most);
  }

  restore(states: Iterable<NamedState>): Restored {
    this.change();
    const result = this.learners.restore(states);
    for (const { table } of this.learners.services.values()) this.advance(table.endSeconds);
    return result;
  }

  private modelOf(service: string): ServiceModel | undefined {
    return this.learners.services
      .get(service)
      ?.model(this.learners.parallelismOf(service), this.nowSeconds, this.callers.waitsOf(service));
  }

  private readCaller(service: string, chain: string): Caller | undefined {
    const learner = this.learners.services.get(service);
    const model = learner?.latest;
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined) return undefined;
    return { model, pair, table: learner.table, parallelism: this.learners.usableCoresOf(service) };
  }

  private describe(service: string, chain: string, model: ServiceModel, pair: PairModel): LatencyProfile {
    const known = this.described.get(pair);
    if (known !== undefined) return known;
    const learner = this.learners.services.get(service)!;
    const percentile = this.learners.percentileOf(chain);
    const confidence = this.confidenceOf(learner, pair);
    const updatedSeconds = learner.table.endSeconds;
    const described = describeProfile(
      { service, chain, percentile, confidence, updatedSeconds },
      model,
      pair,
    );
    const profile = {
      ...described,
      windows: Math.min(described.windows, learner.windowsSinceChange),
      ...learner.learnedLimits,
      ...this.callers.upstreamOf(service, chain, pair),
    };
    this.described.set(pair, profile);
    return profile;
  }

  private confidenceOf(learner: ServiceLearner, pair: PairModel): number {
    const age = this.nowSeconds - learner.table.endSeconds;
    return learner.trust * agedConfidence(pair.confidence, age, this.settings.halfLifeSeconds);
  }

  private notEnoughData(service: string, chain: string): ProfileNotEnoughData {
    const requests = this.learners.services.get(service)?.table.chains.get(chain)?.requests;
    const have = requests?.reduce((sum, count) => sum + count, 0) ?? 0;
    return { kind: 'not-enough-data', service, chain, have, need: this.settings.minRequests };
  }

  private change(): void {
    this.changes++;
    this.described.clear();
  }

  private advance(nowSeconds: number): void {
    if (!(Number.isFinite(nowSeconds) && nowSeconds > this.nowSeconds)) return;
    this.nowSeconds = nowSeconds;
    this.change();
  }

  private chainAt(chain: string, service: string): ChainAtService {
    const { factor } = this.composition(chain);
    const spec = this.learners.topology?.chains.get(chain);
    if (spec === undefined) return { visits: 1, endToEndWeight: factor };
    const visits = visitsByService(spec).get(service) ?? 1;
    const critical = criticalVisits(spec, (name) => this.latestLatency(name, chain));
    return { visits, endToEndWeight: factor * (critical.get(service) ?? 0) };
  }

  /** Latency of a visit at the latest load, s; 0 where nothing is known. */
  private latestLatency(service: string, chain: string): number {
    const learner = this.learners.services.get(service);
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined) return 0;
    const cores = this.learners.usableCoresOf(service);
    const { utilization, cpu } = latestLoad(model, learner.table, cores);
    return latencyAt(pair.curve, utilization, cpu);
  }
}
