import { allowedShare } from '../../models/allowed-share.ts';
import type { Topology } from '../../models/data-models.ts';
import type { ForecastOutcome } from '../../models/forecasts.ts';
import { inPlaceParts } from '../../models/in-place.ts';
import { withOdds } from '../../models/odds.ts';
import type { Plan } from '../../models/plans.ts';
import type { CapacityPlanner, ChainSlowness, PlanRequest } from '../../models/ports.ts';
import { chainRates } from '../observe/chain-load.ts';
import { lateness, sourceDelay } from '../observe/lateness.ts';
import type { Observation } from '../observe/observation.ts';
import type { ObserveSources } from '../observe/read-metrics.ts';
import { LEAST_ORIGINS } from '../plan-request.ts';
import { MISSED, NearLoad, SILENCE_SECONDS } from './near-load.ts';
import { type PileUp, PileUps } from './piled-up.ts';
import { LOAD_FACTORS, ShareCurve } from './share-curve.ts';
import type { NearRates } from './simple-forecasts.ts';
import { SPAN_SECONDS, SpanRates } from './span-rates.ts';
import { bestOfEach } from './spike-schedule.ts';

/** What is known later than this tells nothing of the half minute to come, s: the largest rate of minutes counts then. */
const LATEST_SECONDS = 15;

/** Where no plan tells: all is well up to what was planned for, and nothing from a tenth more on. */
const UNKNOWN_CURVE = new ShareCurve(LOAD_FACTORS.map((factor) => (factor <= 1 ? 0 : 1)));

/** What every chain will carry until the next pass, as far as it must be planned for. */
export class NearLoads {
  readonly spans = new SpanRates();
  readonly #chains = new Map<string, NearLoad>();
  /** When a load changes by the clock, and a pass should not wait for its turn, Unix s; infinite where nothing is due. */
  changesAt = Number.POSITIVE_INFINITY;
  /** Of the latest pass, requests/s. */
  #loads: ReadonlyMap<string, number> = new Map();
  readonly #pileUps = new PileUps();
  /** Of the latest plan, as the model has it. */
  readonly #curves = new Map<string, ShareCurve>();

  /** Reads what has come since the last pass. */
  read(sources: ObserveSources, atSeconds: number): void {
    this.spans.update(sources, atSeconds - lateness(sources.settings));
  }

  /** Requests/s to plan for by chain; chains of which nothing is known now are absent. */
  update(
    sources: ObserveSources,
    { atSeconds, chains }: Observation,
    forecasts: ReadonlyMap<string, ForecastOutcome>,
    slowness: ReadonlyMap<string, ChainSlowness>,
  ): ReadonlyMap<string, number> {
    const { settings } = sources;
    const late = lateness(settings);
    this.#forgetOthers(chains);
    const pileUps = this.#noteWaits(settings.topology, chains, slowness, atSeconds);
    const loads = new Map<string, number>();
    const schedules = bestOfEach([...this.#chains.values()].map(({ schedule }) => schedule));
    const ratesOver = lookUp(sources);
    for (const [id, { load }] of chains) {
      if (load === undefined) continue;
      const { slo } = settings.topology.chains.get(id)!;
      const { isPilingUp, isStuck, hidden } = pileUps.get(id)!;
      const rates = this.#ratesOf(id);
      const soon = this.#of(id).update(
        atSeconds,
        rates,
        {
          rateAt: (seconds) => this.#rateAt(id, seconds / SPAN_SECONDS),
          ...(ratesOver && { secondAt: (seconds) => this.#secondAt(id, seconds, ratesOver) }),
        },
        this.#curveOf(id, settings.topology)?.times(slowness.get(id)?.factor ?? 1),
        {
          isPilingUp,
          isMissed: slowness.get(id)?.isMissed,
          intervalSeconds: settings.control.inPlace.interval,
          lateSeconds: late,
          ...(ratesOver && { rateOver: (from, to) => ratesOver(from, to).get(id) ?? Number.NaN }),
          schedules,
          allowed: allowedShare(slo.percentile, rates.last60) * (1 - settings.allocation.inPlaceMargin),
        },
      );
      // A few requests in a span are no more than chance, and so is none.
      const isCoarse = settings.monitoring.samplingInterval > SPAN_SECONDS;
      const floor = late > LATEST_SECONDS || isCoarse || soon * SILENCE_SECONDS < MISSED ? load : 0;
      // Of a minute with a spike the trained forecast knows the mean, the schedule when.
      const later = this.#of(id).isBySchedule ? 0 : foreseen(forecasts.get(id));
      const comes = hidden * Math.max(soon, floor, later);
      loads.set(id, isStuck ? Math.max(comes, this.#loads.get(id) ?? 0) : comes);
    }
    this.#loads = loads;
    this.changesAt = Math.min(...[...loads.keys()].map((id) => this.#of(id).changesAt));
    return loads;
  }

  #noteWaits(
    topology: Topology,
    chains: Observation['chains'],
    slowness: ReadonlyMap<string, ChainSlowness>,
    atSeconds: number,
  ): ReadonlyMap<string, PileUp> {
    const pileUps = new Map<string, PileUp>();
    for (const [id, { load, latest }] of chains) {
      if (load === undefined) continue;
      const { latencySeconds } = topology.chains.get(id)!.slo;
      const usualSeconds = Math.max(latencySeconds, slowness.get(id)?.baseSeconds ?? 0);
      const seen = { atSeconds, latencySeconds: latest?.latency, usualSeconds };
      pileUps.set(id, this.#pileUps.note(id, seen, this.spans));
    }
    return pileUps;
  }

  #ratesOf(chain: string): NearRates {
    const { own, shared, newest = -1 } = this.spans;
    const mean = (seconds: number) => shared.mean(chain, seconds / SPAN_SECONDS) || 0;
    const most = (seconds: number) => shared.most(chain, seconds / SPAN_SECONDS);
    return {
      ...{ last15: mean(15), last30: mean(30), last60: mean(60), last120: mean(120) },
      ...{ last300: mean(300), last600: mean(600) },
      ...{ most60: most(60), most120: most(120), most300: most(300), most1200: most(1200) },
      counted15: own.mean(chain, 15 / SPAN_SECONDS) || 0,
      untilSeconds: (newest + 1) * SPAN_SECONDS,
      knownSeconds: own.known(chain) * SPAN_SECONDS,
    };
  }

  /** Loads that spikes may bring before long, of chains where they have a schedule, requests/s. */
  surges(): ReadonlyMap<string, number> {
    const surges = [...this.#chains].flatMap(([id, { surge }]): [string, number][] =>
      surge === undefined ? [] : [[id, surge]],
    );
    return new Map(surges);
  }

  /** Keeps what other loads than the planned ones would make of the plan. */
  keepCurves(planner: CapacityPlanner, request: PlanRequest, { services }: Pick<Plan, 'services'>): void {
    const planned = new Map(services.map((service) => [service.id, service]));
    const shares = LOAD_FACTORS.map((factor) =>
      planner.slowShares(
        request,
        planned,
        new Map([...request.loads].map(([id, load]) => [id, factor * load])),
      ),
    );
    for (const id of shares[0]!.keys()) {
      const allowed = 1 - request.topology.chains.get(id)!.slo.percentile;
      const ofChain = shares.map((at) => at.get(id)!);
      // A plan that is cut off by bounds, or cannot be kept, says of no load that it would be carried: no raise would help.
      const isKept = withOdds(ofChain[LOAD_FACTORS.indexOf(1)]!, slownessOf(request, id)) <= allowed;
      this.#curves.set(id, isKept ? new ShareCurve(ofChain) : UNKNOWN_CURVE);
    }
  }

  /** Chains through rolling services are not planned by quotas. */
  #curveOf(chain: string, topology: Topology): ShareCurve | undefined {
    return inPlaceParts(topology).chains.has(chain) ? this.#curves.get(chain) : UNKNOWN_CURVE;
  }

  /** As far as it can be learned from. */
  #rateAt(chain: string, span: number): number {
    return this.#pileUps.isUnclear(chain, span) ? Number.NaN : this.spans.shared.rate(chain, span);
  }

  /** As it was counted; NaN where that was when requests were answered, and not when they came. */
  #secondAt(chain: string, seconds: number, ratesOver: RatesOver): number {
    if (this.spans.isLevelled(chain, Math.floor(seconds / SPAN_SECONDS))) return Number.NaN;
    return ratesOver(seconds, seconds + 1).get(chain) ?? 0;
  }

  /** Of chains that are not configured any more nothing is kept. */
  #forgetOthers(chains: Observation['chains']): void {
    for (const of of [this.#chains, this.#curves])
      for (const id of of.keys()) if (!chains.has(id)) of.delete(id);
    this.spans.keepOnly(chains);
    this.#pileUps.keepOnly(chains);
  }

  #of(chain: string): NearLoad {
    const known = this.#chains.get(chain) ?? new NearLoad();
    this.#chains.set(chain, known);
    return known;
  }
}

/** Rates over whole seconds, read once for each. */
type RatesOver = (from: number, to: number) => ReadonlyMap<string, number | undefined>;

/** Of all chains; undefined where single seconds are not told, or not by now: in longer slots, or by a source that tells late. */
function lookUp(sources: ObserveSources): RatesOver | undefined {
  const { settings } = sources;
  if (settings.monitoring.samplingInterval > 1 || sourceDelay(settings) > 0) return undefined;
  const known = new Map<string, ReadonlyMap<string, number | undefined>>();
  return (from, to) => {
    const key = `${from} ${to}`;
    const rates = known.get(key) ?? chainRates(sources, to - from, to);
    known.set(key, rates);
    return rates;
  };
}

function slownessOf({ slowness }: PlanRequest, chain: string): number {
  return slowness?.get(chain)?.factor ?? 1;
}

/** What is more likely than not to come with the next step; what is only possible can be answered when it comes. */
function foreseen(forecast: ForecastOutcome | undefined): number {
  return forecast?.kind === 'forecast' && forecast.maximumOrigins >= LEAST_ORIGINS
    ? (forecast.medians[0] ?? 0)
    : 0;
}
