import type { Topology } from '../../models/data-models.ts';
import type { NamedState } from '../../models/ports.ts';
import { CompositionLearner } from './composition-learner.ts';
import type { QuantifierSettings } from './options.ts';
import { decodeChain, decodeService, encodeChain, encodeService } from './saved-state.ts';
import { ServiceLearner } from './service-learner.ts';
import { Unsaved } from './unsaved.ts';

const DEFAULT_PERCENTILE = 0.95;

/** Saved states are named after what they are of; an empty one says that it has been forgotten. */
const SERVICE = 'service/';
const CHAIN = 'chain/';
const FORGOTTEN = new Uint8Array();

export interface Restored {
  readonly restored: number;
  readonly skipped: number;
}

/** The learners of all services and chains: made when they are first needed, forgotten with the topology, kept on disk. */
export class Learners {
  readonly services = new Map<string, ServiceLearner>();
  readonly chains = new Map<string, CompositionLearner>();
  topology: Topology | undefined;
  private readonly settings: QuantifierSettings;
  private readonly unsaved = new Unsaved();

  constructor(settings: QuantifierSettings, topology: Topology | undefined) {
    this.settings = settings;
    this.topology = topology;
  }

  /** Forgets what the topology does not have, and the latencies of chains whose percentile it has changed. */
  reconfigure(topology: Topology, nowSeconds: number): void {
    const before = this.percentiles();
    this.topology = topology;
    for (const service of this.services.keys()) {
      if (!topology.services.has(service)) this.forgetService(service, nowSeconds);
    }
    for (const [chain, percentile] of before) {
      if (!topology.chains.has(chain)) this.forgetChain(chain, nowSeconds);
      else if (percentile !== this.percentileOf(chain)) this.forgetLatencies(chain, nowSeconds);
    }
    for (const learner of this.services.values()) learner.invalidate();
  }

  /** The learner of a service that is about to take a window which starts then, Unix s. */
  serviceFor(service: string, startSeconds: number): ServiceLearner {
    this.unsaved.note(SERVICE + service, startSeconds);
    let learner = this.services.get(service);
    if (learner === undefined) {
      learner = new ServiceLearner(this.settings, this.services.size);
      this.services.set(service, learner);
    }
    return learner;
  }

  /** The same of a chain. */
  chainFor(chain: string, startSeconds: number): CompositionLearner {
    this.unsaved.note(CHAIN + chain, startSeconds);
    let learner = this.chains.get(chain);
    if (learner === undefined) {
      learner = new CompositionLearner(this.settings, this.chains.size);
      this.chains.set(chain, learner);
    }
    return learner;
  }

  forgetService(service: string, nowSeconds: number): void {
    this.services.delete(service);
    this.unsaved.note(SERVICE + service, nowSeconds);
  }

  percentileOf(chain: string): number {
    return this.topology?.chains.get(chain)?.slo.percentile ?? DEFAULT_PERCENTILE;
  }

  /** As it is configured: cores that one instance can use. */
  parallelismOf(service: string): number {
    return this.topology?.services.get(service)?.parallelism ?? Number.POSITIVE_INFINITY;
  }

  /** Those, or fewer where its windows show it. */
  usableCoresOf(service: string): number {
    const configured = this.parallelismOf(service);
    return this.services.get(service)?.usableCores(configured) ?? configured;
  }

  get unsavedSinceSeconds(): number {
    return this.unsaved.sinceSeconds;
  }

  drain(most: number): readonly NamedState[] {
    return this.unsaved.take(most).map((name) => ({ name, value: this.stateOf(name) ?? FORGOTTEN }));
  }

  restore(states: Iterable<NamedState>): Restored {
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

  private percentiles(): Map<string, number> {
    const chains = new Set(this.chains.keys());
    for (const { table } of this.services.values())
      for (const chain of table.chains.keys()) chains.add(chain);
    return new Map([...chains].map((chain) => [chain, this.percentileOf(chain)]));
  }

  private forgetLatencies(chain: string, nowSeconds: number): void {
    this.chains.delete(chain);
    this.unsaved.note(CHAIN + chain, nowSeconds);
    for (const { table } of this.services.values()) table.forgetLatencies(chain);
  }

  private forgetChain(chain: string, nowSeconds: number): void {
    this.chains.delete(chain);
    this.unsaved.note(CHAIN + chain, nowSeconds);
    for (const { table } of this.services.values()) table.chains.delete(chain);
  }
}
