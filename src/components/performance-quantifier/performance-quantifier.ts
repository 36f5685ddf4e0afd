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
import { CompositionLearner } from './composition-learner.ts';
import { agedConfidence } from './confidence.ts';
import { criticalVisits } from './critical-visits.ts';
import { demandDrift } from './demand-drift.ts';
import { describeProfile } from './describe-profile.ts';
import { type ExponentBelief, firstBelief, pooledBelief } from './exponents.ts';
import { impactOf } from './impact.ts';
import { KnownCallers } from './known-callers.ts';
import { EXPONENT, latencyAt } from './latency-curve.ts';
import { pooledLeak } from './leak.ts';
import { type QuantifierOptions, type QuantifierSettings, settingsFrom } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import { decodeChain, decodeService, encodeChain, encodeService } from './saved-state.ts';
import type { ServiceModel } from './service-fit.ts';
import { ServiceLearner } from './service-learner.ts';
import { latestLoad } from './service-load.ts';
import { type ChainAtService, sharedImpactOf } from './shared-impact.ts';
import { Unsaved } from './unsaved.ts';

const DEFAULT_PERCENTILE = 0.95;

/** Saved states are named after what they are of; an empty one says that it has been forgotten. */
const SERVICE = 'service/';
const CHAIN = 'chain/';
const FORGOTTEN = new Uint8Array();

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
  private topology: Topology | undefined;
  private readonly services = new Map<string, ServiceLearner>();
  private readonly chains = new Map<string, CompositionLearner>();
  private readonly callers: KnownCallers;
  private readonly drift = new CommonDrift();
  private readonly unsaved = new Unsaved();
  private nowSeconds = 0;
  /** Profiles as they were told last: a pass reads each several times. Empty whenever one may have become another. */
  private readonly described = new Map<PairModel, LatencyProfile>();
  private changes = 0;

  constructor(options: QuantifierOptions = {}) {
    this.settings = settingsFrom(options);
    this.firstBelief = firstBelief(EXPONENT, this.settings.verticalExponentPrior);
    this.topology = options.topology;
    this.callers = new KnownCallers((service, chain) => this.readCaller(service, chain), this.topology);
  }

  /**
   * Takes another topology: services and chains that it does not have are forgotten, and so are the latencies of
   * chains whose percentile has changed.
   */
  reconfigure(topology: Topology): void {
    const before = this.percentiles();
    this.topology = topology;
    this.callers.reconfigure(topology);
    this.change();
    for (const service of this.services.keys()) {
      if (!topology.services.has(service)) this.reset(service);
    }
    for (const chain of before.keys()) if (!topology.chains.has(chain)) this.forgetChain(chain);
    this.forgetOtherPercentiles(before);
    for (const learner of this.services.values()) learner.invalidate();
  }

  updateProfile(window: ServiceWindow): void {
    this.change();
    let learner = this.services.get(window.service);
    if (learner === undefined) {
      learner = new ServiceLearner(this.settings, this.services.size);
      this.services.set(window.service, learner);
    }
    const callerWaits = this.callers.waitsOf(window.service);
    learner.add(window, this.parallelismOf(window.service), this.drift, callerWaits);
    this.unsaved.note(SERVICE + window.service, window.startSeconds);
    this.advance(learner.table.endSeconds);
  }

  updateComposition(window: ChainWindow): void {
    this.change();
    let learner = this.chains.get(window.chain);
    if (learner === undefined) {
      learner = new CompositionLearner(this.settings, this.chains.size);
      this.chains.set(window.chain, learner);
    }
    learner.add(window, this.topology?.chains.get(window.chain));
    this.unsaved.note(CHAIN + window.chain, window.startSeconds);
  }

  refit(nowSeconds: number): void {
    this.change();
    this.advance(nowSeconds);
    const services = inOrderOfCalls(this.services.keys(), this.topology?.chains.values() ?? []);
    const models = services.map((service) => this.modelOf(service));
    const exponents = pooledBelief(
      this.firstBelief,
      models.flatMap((model) => model?.scores ?? []),
    );
    this.callers.leak = pooledLeak(models.flatMap((model) => model?.leakScores ?? []));
    for (const service of services) {
      this.services.get(service)!.believe({ exponents, leak: this.callers.leak });
      this.modelOf(service);
    }
    for (const chain of this.chains.keys()) this.composition(chain);
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
    return this.chains.get(chain)?.composition(this.nowSeconds) ?? DEFAULT_COMPOSITION;
  }

  /**
   * By how much more CPU than their demands promise all services need around a time, as the windows before and after it
   * say; absent: now. 1 where nothing is measured.
   */
  demandDrift(aroundSeconds = this.nowSeconds): number {
    const witnesses = [...this.services].flatMap(([service, { latest, table }]) =>
      latest === undefined ? [] : { model: latest, table, parallelism: this.usableCoresOf(service) },
    );
    return demandDrift(witnesses, aroundSeconds);
  }

  /** `load` below 0 or not a number counts as 0. */
  analyzeImpact(service: string, chain: string, load: number): Impact {
    const learner = this.services.get(service);
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined)
      return this.notEnoughData(service, chain);
    const changed = { chain, rate: Math.max(0, Number.isNaN(load) ? 0 : load) };
    const changedLoad = latestLoad(
      model,
      learner.table,
      learner.usableCores(this.parallelismOf(service)),
      changed,
    );
    const { starts, count } = learner.table;
    const leaked = pair.source === 'prior' ? 0 : this.callers.leakedAt(service, chain, starts[count - 1]!);
    return impactOf(pair, changedLoad, leaked, this.confidenceOf(learner, pair));
  }

  /** Undefined as long as the service has no profile. */
  sharedImpact(service: string): SharedServiceImpact | undefined {
    const learner = this.services.get(service);
    const model = this.modelOf(service);
    if (learner === undefined || model === undefined || model.pairs.size === 0) return undefined;
    const load = latestLoad(model, learner.table, learner.usableCores(this.parallelismOf(service)));
    return sharedImpactOf(service, load, (chain) => this.chainAt(chain, service));
  }

  reset(service: string): void {
    this.change();
    this.services.delete(service);
    this.unsaved.note(SERVICE + service, this.nowSeconds);
  }

  get unsavedSinceSeconds(): number {
    return this.unsaved.sinceSeconds;
  }

  drain(most: number): readonly NamedState[] {
    return this.unsaved.take(most).map((name) => ({ name, value: this.stateOf(name) ?? FORGOTTEN }));
  }

  restore(states: Iterable<NamedState>): { readonly restored: number; readonly skipped: number } {
    this.change();
    let restored = 0;
    let skipped = 0;
    for (const { name, value } of states) {
      if (value.length === 0) continue;
      if (this.restoreService(name, value) || this.restoreChain(name, value)) restored++;
      else skipped++;
    }
    return { restored, skipped };
  }

  private stateOf(name: string): Uint8Array | undefined {
    if (name.startsWith(SERVICE)) {
      const learner = this.services.get(name.slice(SERVICE.length));
      return learner && encodeService(learner.table, (chain) => this.percentileOf(chain));
    }
    const chain = name.slice(CHAIN.length);
    const learner = this.chains.get(chain);
    return learner && encodeChain(learner.samples, this.percentileOf(chain));
  }

  private restoreService(name: string, value: Uint8Array): boolean {
    const service = name.slice(SERVICE.length);
    if (!name.startsWith(SERVICE) || this.topology?.services.has(service) === false) return false;
    const saved = decodeService(value, this.settings.maxWindows);
    if (saved === undefined) return false;
    for (const [chain, percentile] of saved.percentiles) {
      if (this.topology?.chains.has(chain) === false) saved.table.chains.delete(chain);
      if (percentile !== this.percentileOf(chain)) saved.table.forgetLatencies(chain);
    }
    this.services.set(service, new ServiceLearner(this.settings, this.services.size, saved.table));
    this.advance(saved.table.endSeconds);
    return true;
  }

  private restoreChain(name: string, value: Uint8Array): boolean {
    const chain = name.slice(CHAIN.length);
    if (!name.startsWith(CHAIN) || this.topology?.chains.has(chain) === false) return false;
    const saved = decodeChain(value, this.settings.maxWindows);
    if (saved === undefined || saved.percentile !== this.percentileOf(chain)) return false;
    this.chains.set(chain, new CompositionLearner(this.settings, this.chains.size, saved.samples));
    return true;
  }

  private modelOf(service: string): ServiceModel | undefined {
    return this.services
      .get(service)
      ?.model(this.parallelismOf(service), this.nowSeconds, this.callers.waitsOf(service));
  }

  private readCaller(service: string, chain: string): Caller | undefined {
    const learner = this.services.get(service);
    const model = learner?.latest;
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined) return undefined;
    return { model, pair, table: learner.table, parallelism: this.usableCoresOf(service) };
  }

  private describe(service: string, chain: string, model: ServiceModel, pair: PairModel): LatencyProfile {
    const known = this.described.get(pair);
    if (known !== undefined) return known;
    const learner = this.services.get(service)!;
    const percentile = this.percentileOf(chain);
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
    const requests = this.services.get(service)?.table.chains.get(chain)?.requests;
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

  private percentileOf(chain: string): number {
    return this.topology?.chains.get(chain)?.slo.percentile ?? DEFAULT_PERCENTILE;
  }

  private usableCoresOf(service: string): number {
    const configured = this.parallelismOf(service);
    return this.services.get(service)?.usableCores(configured) ?? configured;
  }

  private parallelismOf(service: string): number {
    return this.topology?.services.get(service)?.parallelism ?? Number.POSITIVE_INFINITY;
  }

  private chainAt(chain: string, service: string): ChainAtService {
    const { factor } = this.composition(chain);
    const spec = this.topology?.chains.get(chain);
    if (spec === undefined) return { visits: 1, endToEndWeight: factor };
    const visits = visitsByService(spec).get(service) ?? 1;
    const critical = criticalVisits(spec, (name) => this.latestLatency(name, chain));
    return { visits, endToEndWeight: factor * (critical.get(service) ?? 0) };
  }

  /** Latency of a visit at the latest load, s; 0 where nothing is known. */
  private latestLatency(service: string, chain: string): number {
    const learner = this.services.get(service);
    const model = this.modelOf(service);
    const pair = model?.pairs.get(chain);
    if (learner === undefined || model === undefined || pair === undefined) return 0;
    const cores = learner.usableCores(this.parallelismOf(service));
    const { utilization, cpu } = latestLoad(model, learner.table, cores);
    return latencyAt(pair.curve, utilization, cpu);
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
    this.unsaved.note(CHAIN + chain, this.nowSeconds);
    for (const { table } of this.services.values()) table.forgetLatencies(chain);
  }

  private forgetChain(chain: string): void {
    this.chains.delete(chain);
    this.unsaved.note(CHAIN + chain, this.nowSeconds);
    for (const { table } of this.services.values()) table.chains.delete(chain);
  }
}
