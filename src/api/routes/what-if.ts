/** POST /allocations/what-if: the plan for other loads, objectives or bounds. Changes nothing. */
import { type Static, Type } from 'typebox';
import type { Daemon, WhatIfBounds, WhatIfChanges, WhatIfOutcome } from '../../models/daemon.ts';
import type { ServiceSpec, Topology } from '../../models/data-models.ts';
import { type Fault, oneOf, show } from '../faults.ts';
import { ProblemError } from '../problems.ts';
import { workLimit } from '../rate-limit.ts';
import { Allocation, type ApiServer, Figure, figure, ProblemResponse } from '../schemas.ts';
import { BoundPrices, boundPricesView, Cap, capsView, SloPrice, sloPriceView } from '../views/price-view.ts';

const MOST_ENTRIES = 20_000;
const MOST_FAULTS = 20;
/** What all questions together may take of the daemon's time: records and passes come first. */
const WORK = { burstSeconds: 5, share: 0.25 };
const LARGEST_FIGURE = 1e9;
const LARGEST_INSTANCES = 100_000;

const Positive = Type.Number({ exclusiveMinimum: 0, maximum: LARGEST_FIGURE });
const Instances = Type.Integer({ minimum: 1, maximum: LARGEST_INSTANCES });

const Bounds = Type.Object(
  {
    min_cpu: Type.Optional(Positive),
    max_cpu: Type.Optional(Positive),
    min_instances: Type.Optional(Instances),
    max_instances: Type.Optional(Instances),
  },
  { additionalProperties: false },
);

const WhatIfBody = Type.Object(
  {
    loads: Type.Optional(
      Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: LARGEST_FIGURE }), {
        maxProperties: MOST_ENTRIES,
        description: 'Requests/s by chain; the others keep their present planning load.',
      }),
    ),
    slos: Type.Optional(
      Type.Record(Type.String(), Positive, { maxProperties: MOST_ENTRIES, description: 'Seconds by chain.' }),
    ),
    bounds: Type.Optional(
      Type.Record(Type.String(), Bounds, { maxProperties: MOST_ENTRIES, description: 'Bounds by service.' }),
    ),
    caps: Type.Optional(
      Type.Object(
        { max_total_cpu: Type.Optional(Positive), max_total_memory: Type.Optional(Positive) },
        { additionalProperties: false, description: 'In place of those of control, each for itself.' },
      ),
    ),
  },
  { additionalProperties: false },
);
type WhatIfBody = Static<typeof WhatIfBody>;

const WhatIfAnswer = Type.Object({
  loads: Type.Record(Type.String(), Figure, { description: 'What was planned for, requests/s by chain.' }),
  services: Type.Array(
    Type.Object({ id: Type.String(), ...Allocation, utilization: Figure, ...BoundPrices }),
  ),
  chains: Type.Array(
    Type.Object({
      id: Type.String(),
      slo: Type.Number(),
      expected_latency: Figure,
      feasible: Type.Boolean(),
      achievable_latency: Figure,
      binding: Type.Array(Type.String()),
      ...SloPrice,
    }),
  ),
  unplanned: Type.Array(Type.String(), {
    description: 'Services of which too little is known to plan them.',
  }),
  caps: Type.Array(Cap),
  cost: Figure,
  lower_bound: Figure,
  gap: Figure,
});

export function whatIfRoute(server: ApiServer, daemon: Daemon): void {
  const withinLimit = workLimit(daemon.clock, WORK);
  server.post(
    '/allocations/what-if',
    {
      schema: {
        tags: ['allocations'],
        summary: 'The plan for other loads, objectives or bounds; changes nothing',
        body: WhatIfBody,
        response: { 200: WhatIfAnswer, 400: ProblemResponse, 429: ProblemResponse },
      },
    },
    (request) => {
      const faults = faultsOf(daemon, request.body);
      if (faults.length > 0) throw ProblemError.ofFaults('invalid-request', faults.slice(0, MOST_FAULTS));
      const outcome = withinLimit(() => daemon.whatIf(changesOf(request.body)));
      return answerOf(outcome, daemon.settings.topology);
    },
  );
}

function faultsOf(daemon: Daemon, { loads = {}, slos = {}, bounds = {} }: WhatIfBody): readonly Fault[] {
  const { services, chains } = daemon.settings.topology;
  return [
    ...unknownNames('loads', loads, chains),
    ...unknownNames('slos', slos, chains),
    ...unknownNames('bounds', bounds, services),
    ...Object.entries(bounds).flatMap(([name, entry]) =>
      crossedBounds(name, boundsOf(entry), services.get(name)),
    ),
  ];
}

function unknownNames(where: string, entries: object, known: ReadonlyMap<string, unknown>): readonly Fault[] {
  return Object.keys(entries)
    .filter((name) => !known.has(name))
    .slice(0, MOST_FAULTS)
    .map((name) => ({
      where: `body.${where}`,
      found: `the unknown name ${show(name)}`,
      allowed: oneOf(known.keys(), name),
    }));
}

/** A new bound on one side meets the configured one on the other. */
function crossedBounds(name: string, bounds: Partial<WhatIfBounds>, spec: ServiceSpec | undefined): Fault[] {
  if (spec === undefined) return [];
  const { minCpu, maxCpu, minInstances, maxInstances } = { ...spec, ...bounds };
  const crossed = (key: string, least: number, most: number): Fault[] =>
    least <= most
      ? []
      : [
          {
            where: `body.bounds.${name}`,
            found: `min_${key} ${least} with max_${key} ${most}`,
            allowed: 'min ≤ max',
          },
        ];
  return [...crossed('cpu', minCpu, maxCpu), ...crossed('instances', minInstances, maxInstances)];
}

function changesOf({ loads = {}, slos = {}, bounds = {}, caps }: WhatIfBody): WhatIfChanges {
  const named = Object.entries(bounds).map(([name, entry]) => [name, boundsOf(entry)] as const);
  return {
    loads,
    slos,
    bounds: Object.fromEntries(named),
    ...(caps !== undefined && {
      caps: {
        ...(caps.max_total_cpu !== undefined && { cpu: caps.max_total_cpu }),
        ...(caps.max_total_memory !== undefined && { memory: caps.max_total_memory }),
      },
    }),
  };
}

function boundsOf(entry: Static<typeof Bounds>): Partial<WhatIfBounds> {
  return {
    ...(entry.min_cpu === undefined ? {} : { minCpu: entry.min_cpu }),
    ...(entry.max_cpu === undefined ? {} : { maxCpu: entry.max_cpu }),
    ...(entry.min_instances === undefined ? {} : { minInstances: entry.min_instances }),
    ...(entry.max_instances === undefined ? {} : { maxInstances: entry.max_instances }),
  };
}

/** Of unplanned services, and of chains through one, only a part is known: their figures are null. */
function answerOf(
  { plan, unplanned, loads, explanations, caps }: WhatIfOutcome,
  { chains }: Topology,
): Static<typeof WhatIfAnswer> {
  const unknown = new Set(unplanned);
  const isKnown = (chain: string) =>
    unknown.size === 0 ||
    chains
      .get(chain)
      ?.stages.flat(2)
      .some(({ service }) => unknown.has(service)) !== true;
  return {
    loads: { ...loads },
    services: plan.services.map(({ id, cpu, memory, instances, utilization, ...prices }) => ({
      ...boundPricesView(prices),
      id,
      cpu,
      memory,
      instances,
      utilization: unknown.has(id) ? null : figure(utilization),
    })),
    chains: plan.chains.map((chain) => ({
      id: chain.id,
      slo: chain.sloSeconds,
      expected_latency: isKnown(chain.id) ? figure(chain.expectedLatency) : null,
      feasible: chain.feasible,
      achievable_latency: isKnown(chain.id) ? figure(chain.achievableLatency) : null,
      binding: [...chain.binding],
      ...sloPriceView({ ...chain, explanation: explanations.get(chain.id) }),
    })),
    unplanned: [...unplanned],
    caps: capsView(caps),
    cost: figure(plan.cost),
    lower_bound: figure(plan.lowerBound),
    gap: figure(plan.gap),
  };
}
