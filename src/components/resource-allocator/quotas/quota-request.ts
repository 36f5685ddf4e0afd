import { allowedShare } from '../../../models/allowed-share.ts';
import type { ChainSpec } from '../../../models/data-models.ts';
import { inPlaceParts } from '../../../models/in-place.ts';
import { withOdds } from '../../../models/odds.ts';
import type { PlanningProblem } from '../../../models/plans.ts';
import type { PlanRequest } from '../../../models/ports.ts';
import type { AllocationSettings } from '../../../models/settings.ts';
import type { LearnedChain } from '../learned-chains.ts';
import type { QuotaChain, QuotaService, QuotaVisit } from './quota-problem.ts';
import { delayWeights } from './slow-share.ts';

/** What a chain takes of its objective when nobody waits, as long as it was not seen. */
const UNSEEN_BASE = 0.4;
/** Where less than this of the objective is left when nobody waits, quotas are planned as if it were so much. */
const LEAST_SLACK = 0.2;

/** Share of the allowed slow requests that throttling may take at the planned load; bursts within seconds take the rest. */
const THROTTLING = 0.75;

/** Of the rarest requests some may be slow. */
const LEAST_BUDGET = 1e-3;

/** The part of a request that is planned by quotas. */
export interface QuotaRequest {
  readonly services: readonly QuotaService[];
  readonly chains: readonly QuotaChain[];
  /** By place of the chain. */
  readonly told: readonly ToldChain[];
}

export interface ToldChain {
  readonly spec: ChainSpec;
  /** Latency when nobody waits, s. */
  readonly baseSeconds: number;
  /** What slow shares are multiplied by, in their odds. */
  readonly factor: number;
}

interface Built {
  readonly problem: PlanningProblem;
  readonly unplanned: readonly string[];
  readonly learned: ReadonlyMap<string, LearnedChain>;
}

export function quotaRequest(
  request: PlanRequest,
  { problem, unplanned, learned }: Built,
  settings: AllocationSettings,
): QuotaRequest {
  const parts = inPlaceParts(request.topology);
  const unknown = new Set(unplanned);
  const told = [...request.topology.chains.values()]
    .filter(({ id }) => parts.chains.has(id) && request.loads.has(id))
    .map((spec) => toldChain(spec, request));
  return {
    services: problem.services
      .filter(({ id }) => parts.services.has(id))
      .map((service) => {
        const inForce = request.capacities.get(service.id);
        const { cpu, instances } = inForce ?? request.topology.services.get(service.id)!.initial;
        const { pricePerCore, pricePerMebibyte, instanceCost } = settings;
        // Memory that was not measured for long enough is as much as was configured to begin with, and will not stay so.
        const isMeasured = request.workingSets.has(service.id);
        const memory = isMeasured ? service.memory : request.topology.services.get(service.id)!.minMemory;
        const perInstance = pricePerMebibyte * memory + instanceCost;
        return {
          ...service,
          baselineCores: service.baselineCores ?? 0,
          pooling: settings.inPlacePooling,
          instancePrice: pricePerCore > 0 ? perInstance / pricePerCore : 0,
          present: service.fixed ?? { cpu, instances },
          isFixed: unknown.has(service.id),
        };
      }),
    chains: told.map((chain) => ({
      id: chain.spec.id,
      rate: request.loads.get(chain.spec.id)!,
      ...slackOf(chain),
      budget: budgetOf(chain, request.loads.get(chain.spec.id)!, settings),
      visits: visitsOf(learned.get(chain.spec.id)!, request.demandFactors),
    })),
    told,
  };
}

function toldChain(spec: ChainSpec, { slowness }: PlanRequest): ToldChain {
  const { baseSeconds, factor = 1 } = slowness?.get(spec.id) ?? {};
  const { latencySeconds } = spec.slo;
  const base = baseSeconds ?? UNSEEN_BASE * latencySeconds;
  return { spec, baseSeconds: base, factor };
}

function slackOf({ spec, baseSeconds }: ToldChain): Pick<QuotaChain, 'slackSeconds' | 'weights'> {
  const { latencySeconds } = spec.slo;
  const slackSeconds = Math.max(latencySeconds - baseSeconds, LEAST_SLACK * latencySeconds);
  return { slackSeconds, weights: delayWeights(slackSeconds) };
}

function budgetOf({ spec, factor }: ToldChain, rate: number, { inPlaceMargin }: AllocationSettings): number {
  const allowed =
    Math.max(LEAST_BUDGET, allowedShare(spec.slo.percentile, rate)) * (1 - inPlaceMargin) * THROTTLING;
  return withOdds(allowed, 1 / factor);
}

/** All visits of a request to each service, wherever they stand: throttling does not care for parallel branches. */
function visitsOf(
  { stages }: LearnedChain,
  factors: ReadonlyMap<string, number> = new Map(),
): readonly QuotaVisit[] {
  const found = new Map<string, { visits: number; demand: number }>();
  for (const { service, visits, demand, again } of stages.flat(2)) {
    // What leaks from a service to its callers, and another way over a visit, bring no work.
    if (again === true || !(demand > 0) || visits === 0) continue;
    const before = found.get(service) ?? { visits: 0, demand: 0 };
    found.set(service, { visits: before.visits + visits, demand: demand * (factors.get(service) ?? 1) });
  }
  return [...found].map(([service, { visits, demand }]) => ({ service, visits, demand }));
}
