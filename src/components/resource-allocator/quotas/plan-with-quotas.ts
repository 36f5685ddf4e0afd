import type { ResourceAllocation } from '../../../models/data-models.ts';
import { withOdds } from '../../../models/odds.ts';
import type { Caps, Plan, PlannedChain, PlanningProblem } from '../../../models/plans.ts';
import { ChainShares } from './chain-shares.ts';
import type { QuotaPlan, QuotaService, Shape } from './quota-problem.ts';
import type { QuotaRequest, ToldChain } from './quota-request.ts';
import { EXPONENT } from './slow-share.ts';

/** The problem in which services that are planned by quotas stay at these. */
export function withShapes(problem: PlanningProblem, { shapes }: QuotaPlan): PlanningProblem {
  return {
    services: problem.services.map((service) => {
      const shape = shapes.get(service.id);
      if (shape === undefined || service.fixed !== undefined) return service;
      return { ...service, fixed: { ...shape, memory: service.memory } };
    }),
    chains: problem.chains,
  };
}

export function keepsCaps({ services }: Plan, { cpu, memory }: Caps): boolean {
  const total = (of: (service: ResourceAllocation) => number) =>
    services.reduce((sum, service) => sum + service.instances * of(service), 0);
  return total((one) => one.cpu) <= (cpu ?? Infinity) && total((one) => one.memory) <= (memory ?? Infinity);
}

/** What a plan says of the chains that were planned by quotas. */
export function plannedChains(
  request: QuotaRequest,
  { shapes, chains }: QuotaPlan,
  pricePerCore: number,
): ReadonlyMap<string, PlannedChain> {
  const expected = expectedLatencies(request, ({ id, present }) => shapes.get(id) ?? present);
  const achievable = expectedLatencies(request, largest);
  return new Map(
    request.chains.map(({ id, slackSeconds, budget }, c): [string, PlannedChain] => {
      const { price, binding } = chains.get(id)!;
      const achievableLatency = achievable.get(id)!;
      const sloSeconds = request.told[c]!.spec.slo.latencySeconds;
      // By the form of the share: with s more it is less by θ·share, θ = κ/slack.
      const coresPerSecond = (price * EXPONENT * budget) / Math.max(slackSeconds, 1e-3);
      return [
        id,
        {
          id,
          sloSeconds,
          expectedLatency: expected.get(id)!,
          feasible: achievableLatency <= sloSeconds,
          achievableLatency,
          binding,
          shadowPrice: coresPerSecond * pricePerCore,
          ...(coresPerSecond > 0 && { coresPer10Ms: 0.01 * coresPerSecond }),
        },
      ];
    }),
  );
}

function largest({ maxCpu, maxInstances, isFixed, present }: QuotaService): Shape {
  return isFixed ? present : { cpu: maxCpu, instances: maxInstances };
}

/** End-to-end latency at each chain's percentile, s. */
export function expectedLatencies(
  { services, chains, told }: QuotaRequest,
  shapeOf: (service: QuotaService) => Shape,
): ReadonlyMap<string, number> {
  const shares = new ChainShares(services, chains, shapeOf);
  const delays = shares.delays(told.map(allowedShare));
  return new Map(told.map(({ spec, baseSeconds }, c) => [spec.id, baseSeconds + delays[c]!]));
}

/** What the model may say is slow where as many are as the objective allows. */
function allowedShare({ spec, factor }: ToldChain): number {
  return withOdds(1 - spec.slo.percentile, 1 / factor);
}
