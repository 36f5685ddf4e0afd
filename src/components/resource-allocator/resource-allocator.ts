import type { CapacityInForce, ResourceAllocation, Topology } from '../../models/data-models.ts';
import type {
  CapacityPlanner,
  Logger,
  PlanOutcome,
  PlanRequest,
  TrafficForecaster,
} from '../../models/ports.ts';
import type { AllocationSettings } from '../../models/settings.ts';
import { type BuiltProblem, buildProblem, presentShape } from './build-problem.ts';
import { evaluateChains } from './evaluate.ts';
import { LearnedChains, type ProfileReader } from './learned-chains.ts';
import { type LoadReader, plannedLoads } from './planned-loads.ts';
import { ChainShares } from './quotas/chain-shares.ts';
import { enoughForSurges } from './quotas/enough-for-surges.ts';
import { planQuotas } from './quotas/plan-quotas.ts';
import { expectedLatencies, keepsCaps, plannedChains, withShapes } from './quotas/plan-with-quotas.ts';
import { type QuotaRequest, quotaRequest } from './quotas/quota-request.ts';
import { type ServicesAsked, topologyOf } from './request-topology.ts';
import { solvePlan } from './solve-plan.ts';
import { WarmStart } from './warm-start.ts';

/** Slow shares are asked for over spans of this length, s. */
const SPAN_SECONDS = 5;

export interface AllocatorOptions {
  /** Prices, quantum and margin. Default: 100 per core, 0.1 per MiB, 0 per instance, 0.05 cores, margin 0.1. */
  readonly allocation?: AllocationSettings;
  /** Chains and services that `optimizeResources` knows by name. Default: none. */
  readonly topology?: Topology;
  readonly logger?: Logger;
}

const DEFAULT_ALLOCATION: AllocationSettings = {
  pricePerCore: 100,
  pricePerMebibyte: 0.1,
  instanceCost: 0,
  cpuQuantum: 0.05,
  inPlaceQuantum: 0.01,
  sloMargin: 0.1,
  inPlaceMargin: 0.1,
  inPlacePooling: 0.9,
  maxUtilization: 0.8,
  inPlaceUtilization: 0.95,
  riskFactor: 0.5,
};

/**
 * The cheapest cpu, memory and instances for every service with which each chain keeps its end-to-end SLO at the
 * planned load (DESIGN section 3). `plan` and `evaluate` are what the daemon uses; `optimizeResources` puts the request
 * together itself, from the monitor's metrics and the predictor's forecasts.
 */
export class DynamicResourceAllocator implements CapacityPlanner {
  readonly #monitor: LoadReader;
  readonly #predictor: Pick<TrafficForecaster, 'predict'>;
  readonly #quantifier: ProfileReader;
  readonly #logger: Logger | undefined;
  readonly #warmStart = new WarmStart();
  /** A pass evaluates many allocations under one request. */
  readonly #built = new WeakMap<PlanRequest, Built>();
  readonly #learned = new LearnedChains();
  /** Where the search for quotas ended last, by chain. */
  readonly #sharePrices = new Map<string, number>();
  readonly #inForce = new Map<string, CapacityInForce>();
  #settings: AllocationSettings;
  #topology: Topology;

  constructor(
    monitor: LoadReader,
    predictor: Pick<TrafficForecaster, 'predict'>,
    quantifier: ProfileReader,
    options: AllocatorOptions = {},
  ) {
    this.#monitor = monitor;
    this.#predictor = predictor;
    this.#quantifier = quantifier;
    this.#settings = options.allocation ?? DEFAULT_ALLOCATION;
    this.#topology = options.topology ?? { services: new Map(), chains: new Map() };
    this.#logger = options.logger;
  }

  /** Takes other settings, and another topology if there is one, from the next call on. */
  reconfigure(settings: AllocationSettings, topology: Topology = this.#topology): void {
    this.#settings = settings;
    this.#topology = topology;
  }

  plan(request: PlanRequest): PlanOutcome {
    return this.#plan(request, this.#warmStart, this.#sharePrices);
  }

  /** Starts from the latest plan each time: the same question has the same answer, whatever was asked in between. */
  tryPlan(request: PlanRequest): PlanOutcome {
    return this.#plan(request, this.#warmStart.fork(), new Map(this.#sharePrices));
  }

  /** Judges by the profiles as they were when the request was planned, or first evaluated. */
  evaluate(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
  ): ReadonlyMap<string, number> {
    const { problem, unplanned, quotas } = this.#built.get(request) ?? this.#build(request);
    const latencies = evaluateChains(
      problem,
      (id) => allocations.get(id) ?? presentShape(request, request.topology.services.get(id)!),
    );
    for (const [chain, latency] of expectedLatencies(
      quotas,
      ({ id, present }) => allocations.get(id) ?? present,
    ))
      latencies.set(chain, latency);
    if (unplanned.length === 0) return latencies;
    const unknown = new Set(unplanned);
    for (const chain of request.topology.chains.values()) {
      if (chain.stages.flat(2).some((visit) => unknown.has(visit.service))) latencies.delete(chain.id);
    }
    return latencies;
  }

  slowShares(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
    loads: ReadonlyMap<string, number> = request.loads,
  ): ReadonlyMap<string, number> {
    const { quotas } = this.#built.get(request) ?? this.#build(request);
    const { services } = quotas;
    const chains = quotas.chains.map((chain) => ({ ...chain, rate: loads.get(chain.id) ?? 0 }));
    const shapeOf = ({ id, present }: (typeof services)[number]) => allocations.get(id) ?? present;
    const shares = new ChainShares(services, chains, shapeOf, SPAN_SECONDS).shares();
    return new Map(chains.map(({ id }, c) => [id, shares[c]!]));
  }

  /**
   * Allocations for the services, given as names known to the topology or as specifications, so that each chain of
   * `slos` (chain → seconds) keeps its latency at the larger of its measured and its forecast load. Rejects with a
   * TypeError for a service that is not known or a latency that is not positive.
   */
  async optimizeResources(
    services: ServicesAsked,
    slos: Readonly<Record<string, number>>,
  ): Promise<Record<string, ResourceAllocation>> {
    const topology = topologyOf(services, slos, this.#topology);
    const loads = await plannedLoads(topology, this.#monitor, this.#predictor);
    const { plan } = this.plan({ topology, loads, capacities: this.#inForce, workingSets: new Map() });
    return Object.fromEntries(
      plan.services.map(({ id, cpu, memory, instances }) => [id, { cpu, memory, instances }]),
    );
  }

  /** Records allocations as what the services run with from now on. */
  applyAllocations(allocations: Readonly<Record<string, ResourceAllocation>>): void {
    const sinceSeconds = this.#monitor.getMetrics().toSeconds;
    for (const [service, { cpu, memory, instances }] of Object.entries(allocations)) {
      this.#inForce.set(service, { cpu, memory, instances, source: 'applied', sinceSeconds });
    }
  }

  /** What a service runs with: what was applied, else its configured start; undefined for an unknown service. */
  getCurrentAllocation(service: string): ResourceAllocation | undefined {
    const { cpu, memory, instances } =
      this.#inForce.get(service) ?? this.#topology.services.get(service)?.initial ?? {};
    if (cpu === undefined || memory === undefined || instances === undefined) return undefined;
    return { cpu, memory, instances };
  }

  #plan(request: PlanRequest, warmStart: WarmStart, sharePrices: Map<string, number>): PlanOutcome {
    const { problem, unplanned, quotas } = this.#build(request);
    const { maxUtilization, inPlaceUtilization: highest, pricePerCore } = this.#settings;
    const { caps } = problem;
    const byQuotas = (services: QuotaRequest['services']) => {
      const quotaPlan = planQuotas(services, quotas.chains, { highest, prices: sharePrices });
      const free = withShapes(problem, quotaPlan);
      return { quotaPlan, free, plan: solvePlan(free, { maxUtilization, warmStart }).plan };
    };
    let planned = byQuotas(enoughForSurges(quotas, request.surges, highest));
    // What may come is no reason for less than there is need of now.
    const isTooMuch = caps !== undefined && !keepsCaps(planned.plan, caps);
    if (isTooMuch && (request.surges?.size ?? 0) > 0) planned = byQuotas(quotas.services);
    const { quotaPlan, free } = planned;
    let { plan } = planned;
    if (caps === undefined || keepsCaps(plan, caps)) {
      if (caps !== undefined) plan = solvePlan({ ...free, caps }, { maxUtilization, warmStart }).plan;
      const byQuota = plannedChains(quotas, quotaPlan, pricePerCore);
      plan = { ...plan, chains: plan.chains.map((chain) => byQuota.get(chain.id) ?? chain) };
    } else {
      // There is not enough for all: what does least harm is told by the curves of all services together.
      plan = solvePlan(problem, { maxUtilization, warmStart }).plan;
    }
    const { cost, gap, iterations, solveMs } = plan;
    this.#logger?.debug({ cost, gap, iterations, solveMs, unplanned: unplanned.length }, 'planned');
    return { plan, unplanned };
  }

  #build(request: PlanRequest): Built {
    const built = buildProblem(request, this.#quantifier, this.#settings, this.#learned);
    const withQuotas = { ...built, quotas: quotaRequest(request, built, this.#settings) };
    this.#built.set(request, withQuotas);
    return withQuotas;
  }
}

interface Built extends BuiltProblem {
  /** What of it is planned by quotas. */
  readonly quotas: QuotaRequest;
}
