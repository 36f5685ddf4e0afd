import type { WhatIfChanges, WhatIfOutcome } from '../models/daemon.ts';
import type { CapacityInForce, ChainSpec, ServiceSpec } from '../models/data-models.ts';
import type { Caps, Plan } from '../models/plans.ts';
import type { PlanOutcome, PlanRequest } from '../models/ports.ts';
import { chainsGivenUp } from './caps.ts';
import { explainCaps, explainChain } from './explain-plan.ts';
import { observe } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';
import { planRequest } from './plan-request.ts';
import { withinBounds } from './shapes.ts';

/** Plans once more with changed loads, SLOs and bounds, from where the latest pass stood. Changes nothing. */
export function whatIf(parts: ControlParts, changes: WhatIfChanges): WhatIfOutcome {
  const request = changed(presentRequest(parts), changes);
  const outcome = parts.planner.tryPlan(request);
  const { plan } = outcome;
  const givenUp = chainsGivenUp(plan);
  return {
    ...outcome,
    loads: Object.fromEntries(request.loads),
    explanations: new Map(
      plan.chains
        .filter(({ id }) => isKnown(request.topology.chains.get(id)!, outcome))
        .map((chain) => [chain.id, explainChain(chain, givenUp)]),
    ),
    ...(plan.caps !== undefined && { caps: explainCaps(plan, givenUp, usedBy(plan)) }),
  };
}

/** Of a chain through a service that cannot be planned only a part is known, which no sentence is to be made of. */
function isKnown({ stages }: ChainSpec, { unplanned }: PlanOutcome): boolean {
  return !stages.flat(2).some(({ service }) => unplanned.includes(service));
}

function usedBy({ caps }: Plan): Required<Caps> {
  return { cpu: caps?.cpu?.used ?? 0, memory: caps?.memory?.used ?? 0 };
}

function presentRequest(parts: ControlParts): PlanRequest {
  const { memory, clock, settings } = parts;
  const latest = memory.request;
  return latest?.topology === settings.topology
    ? latest
    : planRequest(parts, observe(parts, clock.nowSeconds()), memory.forecasts);
}

function changed(request: PlanRequest, { loads, slos, bounds, caps }: WhatIfChanges): PlanRequest {
  const services = [...request.topology.services.values()].map((service) =>
    withBounds(service, bounds[service.id]),
  );
  const chains = [...request.topology.chains.values()].map((chain) => withSlo(chain, slos[chain.id]));
  const capacities = services.map((service): [string, CapacityInForce] => {
    const present = request.capacities.get(service.id)!;
    return [service.id, { ...present, ...withinBounds(service, present) }];
  });
  return {
    ...request,
    ...(caps !== undefined && { caps: { ...request.caps, ...caps } }),
    capacities: new Map(capacities),
    topology: {
      services: new Map(services.map((service) => [service.id, service])),
      chains: new Map(chains.map((chain) => [chain.id, chain])),
    },
    loads: new Map([...request.loads, ...Object.entries(loads)]),
  };
}

function withBounds(service: ServiceSpec, bounds: WhatIfChanges['bounds'][string] | undefined): ServiceSpec {
  if (bounds === undefined) return service;
  // More cores in one instance are of use only if the service is not known to stop at fewer.
  const unlimited = service.parallelism === service.maxCpu;
  const parallelism = unlimited ? (bounds.maxCpu ?? service.parallelism) : service.parallelism;
  return { ...service, ...bounds, parallelism };
}

function withSlo(chain: ChainSpec, latencySeconds: number | undefined): ChainSpec {
  return latencySeconds === undefined ? chain : { ...chain, slo: { ...chain.slo, latencySeconds } };
}
