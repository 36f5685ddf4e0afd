import { isDeepStrictEqual } from 'node:util';
import type { ChainSpec, ResourceAllocation, Topology } from '../../models/data-models.ts';
import { inPlaceParts } from '../../models/in-place.ts';
import type { ChainSlowness, PlanRequest } from '../../models/ports.ts';
import {
  type ChainTraffic,
  chainRate,
  errorRatio,
  LEAST_REQUESTS,
  latencyAt,
  trafficByChain,
  violationRatio,
} from '../observe/chain-traffic.ts';
import { lateness } from '../observe/lateness.ts';
import { readMetrics } from '../observe/read-metrics.ts';
import type { ControlParts } from '../parts.ts';
import { SlownessEstimate } from './chain-slowness.ts';
import { SPAN_SECONDS } from './span-rates.ts';

const MINUTE = 60;
const SPANS = MINUTE / SPAN_SECONDS;

/** Requests that a percentile of a minute needs to be believed. */
const ENOUGH_REQUESTS = 2 * LEAST_REQUESTS;

/** Where more was expected to be slow in a span, work was piling up, which no share of single visits tells. */
const PILING_UP = 0.3;

type Parts = Pick<ControlParts, 'traffic' | 'settings' | 'capacities' | 'planner' | 'nearLoads'>;

interface ExpectedSpan {
  readonly span: number;
  readonly requests: number;
  readonly share: number;
}

/** Of every chain whose services are all resized in place, how its slow requests stand to what was expected. */
export class SlownessBook {
  readonly #chains = new Map<string, SlownessEstimate>();
  /** What the chains were when they were measured. */
  readonly #measured = new Map<
    string,
    { readonly stages: ChainSpec['stages']; readonly percentile: number }
  >();
  /** By chain: what the capacity of the latest spans made of their load by the model. */
  readonly #spans = new Map<string, ExpectedSpan[]>();
  /** By chain: whether the last minute was over the objective, where it tells. */
  readonly #missed = new Map<string, boolean>();
  #read = Number.NEGATIVE_INFINITY;
  #notedSeconds: number | undefined;

  /** Compares the last minute with what was expected of its load and capacity. To be called after the spans were read. */
  update(parts: Parts, request: PlanRequest, atSeconds: number): ReadonlyMap<string, ChainSlowness> {
    const { topology } = parts.settings;
    const chains = [...topology.chains.values()].filter(({ id }) => inPlaceParts(topology).chains.has(id));
    this.#forgetOthers(topology);
    if (chains.length === 0) return new Map();
    this.#expect(parts, { ...request, slowness: this.#present(chains) }, chains);
    this.#compare(parts, chains, atSeconds);
    return this.#present(chains);
  }

  #present(chains: readonly ChainSpec[]): ReadonlyMap<string, ChainSlowness> {
    return new Map(
      chains.map(({ id }): [string, ChainSlowness] => {
        const { factor = 1, baseSeconds } = this.#chains.get(id) ?? {};
        const isMissed = this.#missed.get(id);
        const base = baseSeconds === undefined ? {} : { baseSeconds };
        return [id, { factor, ...base, ...(isMissed !== undefined && { isMissed }) }];
      }),
    );
  }

  /** What the model makes of the load and the capacity of the spans that are new. */
  #expect(parts: Parts, request: PlanRequest, chains: readonly ChainSpec[]): void {
    const { newest, shared } = parts.nearLoads.spans;
    if (newest === undefined) return;
    if (newest < this.#read) this.#spans.clear();
    const first = Math.max(newest - SPANS + 1, newest < this.#read ? newest : this.#read + 1);
    for (let span = first; span <= newest; span++) {
      const rates = chains.flatMap(({ id }): [string, number][] => {
        const rate = shared.rate(id, span);
        return Number.isNaN(rate) ? [] : [[id, rate]];
      });
      const capacities = meanCapacities(parts, span * SPAN_SECONDS, (span + 1) * SPAN_SECONDS);
      const shares = parts.planner.slowShares(request, capacities, new Map(rates));
      for (const [id, rate] of rates) {
        const share = shares.get(id);
        if (share !== undefined) this.#add(id, { span, requests: rate * SPAN_SECONDS, share });
      }
    }
    this.#read = newest;
  }

  #add(chain: string, expected: ExpectedSpan): void {
    const known = this.#spans.get(chain) ?? [];
    this.#spans.set(chain, known);
    known.push(expected);
    if (known.length > SPANS) known.shift();
  }

  #compare(parts: Parts, chains: readonly ChainSpec[], atSeconds: number): void {
    const { settings } = parts;
    const newest = parts.nearLoads.spans.newest ?? 0;
    // The same stretch as that of the spans.
    const untilSeconds = Math.min((newest + 1) * SPAN_SECONDS, atSeconds - lateness(settings));
    const traffic = trafficByChain(readMetrics(parts, MINUTE, untilSeconds), settings.topology);
    const sinceLast = Math.max(0, atSeconds - (this.#notedSeconds ?? atSeconds - MINUTE));
    this.#notedSeconds = atSeconds;
    this.#missed.clear();
    for (const { id, slo } of chains) {
      const of = traffic.get(id);
      if (of === undefined || (errorRatio(of) ?? 0) > settings.control.maxErrorRatio) continue;
      this.#note(id, of, slo.percentile, atSeconds, Math.min(1, sinceLast / MINUTE));
    }
  }

  /** `weight`: the part of the minute that is new. */
  #note(id: string, traffic: ChainTraffic, percentile: number, atSeconds: number, weight: number): void {
    const requests = MINUTE * (chainRate(traffic) ?? 0);
    const measured = violationRatio(traffic);
    if (measured === undefined || requests < ENOUGH_REQUESTS) return;
    this.#missed.set(id, measured > 1 - percentile);
    const latency = latencyAt(traffic, percentile);
    if (latency !== undefined) this.#of(id).noteLatency(atSeconds, latency);
    const spans = this.#spans.get(id) ?? [];
    const isWhole = spans.length === SPANS && spans[0]!.span === this.#read - SPANS + 1;
    if (!isWhole || spans.some(({ share }) => share > PILING_UP)) return;
    const all = spans.reduce((sum, span) => sum + span.requests, 0);
    const slow = spans.reduce((sum, span) => sum + span.requests * span.share, 0);
    if (all > 0) this.#of(id).note(atSeconds, weight * requests, measured, slow / all);
  }

  #of(chain: string): SlownessEstimate {
    const known = this.#chains.get(chain) ?? new SlownessEstimate();
    this.#chains.set(chain, known);
    return known;
  }

  /** What is not configured any more, or is another chain now. */
  #forgetOthers({ chains }: Topology): void {
    for (const [id, { stages, percentile }] of this.#measured) {
      const spec = chains.get(id);
      const isSame = spec?.stages === stages || isDeepStrictEqual(spec?.stages, stages);
      if (isSame && spec?.slo.percentile === percentile) continue;
      this.#measured.delete(id);
      this.#chains.delete(id);
      this.#spans.delete(id);
    }
    for (const [id, { stages, slo }] of chains)
      this.#measured.set(id, { stages, percentile: slo.percentile });
  }
}

function meanCapacities(
  { capacities, settings }: Parts,
  fromSeconds: number,
  toSeconds: number,
): ReadonlyMap<string, ResourceAllocation> {
  return new Map(
    [...settings.topology.services.keys()].flatMap((service) => {
      const capacity = capacities.meanOver(service, fromSeconds, toSeconds);
      if (capacity === undefined) return [];
      return [[service, capacity] as const];
    }),
  );
}
