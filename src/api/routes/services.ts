/** GET /services: what is known of each service. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { CapacityInForce, ServiceSpec } from '../../models/data-models.ts';
import type { SeriesMetrics } from '../../models/metrics.ts';
import type { SharedServiceImpact } from '../../models/profiles.ts';
import { Allocation, type ApiServer, Figure, figure, ProblemResponse, UnixSeconds } from '../schemas.ts';
import { allocationView } from '../views/decision-view.ts';
import { Traffic, trafficView, WindowQuery, windowOf } from '../views/traffic-view.ts';

const ServiceChain = Type.Object({
  id: Type.String(),
  traffic: Type.Union([Traffic, Type.Null()], { description: 'Null without a record in the window.' }),
  load_share: Type.Union([Type.Number(), Type.Null()], {
    description: 'Share of the CPU demand of the service.',
  }),
  latency_per_request_per_second: Type.Record(Type.String(), Figure, {
    description: 'Seconds that one more request/s of this chain adds to a visit of each other chain.',
  }),
  end_to_end_per_request_per_second: Type.Record(Type.String(), Figure, {
    description:
      'Seconds that it adds to the end-to-end latency of each other chain through this service; 0 off the critical path.',
  }),
});

const Service = Type.Object({
  id: Type.String(),
  mode: Type.String(),
  bounds: Type.Object({
    min_cpu: Type.Number(),
    max_cpu: Type.Number(),
    min_memory: Type.Number(),
    max_memory: Type.Number(),
    min_instances: Type.Integer(),
    max_instances: Type.Integer(),
  }),
  current: Type.Object({
    ...Allocation,
    source: Type.String(),
    since: Type.Union([UnixSeconds, Type.Null()]),
  }),
  utilization: Type.Union([Type.Number(), Type.Null()], {
    description: 'CPU demand over capacity, as the profiles see it.',
  }),
  usage: Type.Union([
    Type.Object({ at: UnixSeconds, cpu: Figure, memory: Figure, throttled_ratio: Figure }),
    Type.Null(),
  ]),
  chains: Type.Array(ServiceChain),
});

const Services = Type.Object({ window: Type.Number(), services: Type.Array(Service) });

export function servicesRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/services',
    {
      schema: {
        tags: ['services'],
        summary: 'Capacity, use and traffic of every service, and what its chains do to each other',
        querystring: WindowQuery,
        response: { 200: Services, 400: ProblemResponse },
      },
    },
    (request) => servicesView(daemon, windowOf(request.query, daemon.settings)),
  );
}

function servicesView(daemon: Daemon, window: number): Static<typeof Services> {
  const byService = new Map<string, SeriesMetrics[]>();
  for (const series of daemon.traffic.getMetrics(window).services) {
    const name = series.service ?? '';
    const list = byService.get(name);
    if (list === undefined) byService.set(name, [series]);
    else list.push(series);
  }
  const specs = [...daemon.settings.topology.services.values()];
  return { window, services: specs.map((spec) => serviceView(daemon, spec, byService.get(spec.id) ?? [])) };
}

function serviceView(
  daemon: Daemon,
  spec: ServiceSpec,
  seen: readonly SeriesMetrics[],
): Static<typeof Service> {
  const impact = daemon.profiles.sharedImpact(spec.id);
  const usage = daemon.latestUsage(spec.id);
  const names = new Set([...spec.chains, ...seen.map((series) => series.chain)]);
  return {
    id: spec.id,
    mode: spec.mode,
    bounds: {
      min_cpu: spec.minCpu,
      max_cpu: spec.maxCpu,
      min_memory: spec.minMemory,
      max_memory: spec.maxMemory,
      min_instances: spec.minInstances,
      max_instances: spec.maxInstances,
    },
    current: currentOf(daemon, spec),
    utilization: figure(impact?.utilization),
    usage:
      usage === undefined
        ? null
        : {
            at: usage.atSeconds,
            cpu: figure(usage.cpu),
            memory: figure(usage.memory),
            throttled_ratio: figure(usage.throttledRatio),
          },
    chains: [...names].map((chain) => chainView(chain, seen, impact)),
  };
}

function currentOf(daemon: Daemon, spec: ServiceSpec) {
  const capacity = daemon.capacityInForce(spec.id);
  return capacity === undefined
    ? { ...allocationView(spec.initial), source: 'initial', since: null }
    : { ...allocationView(capacity), source: capacity.source, since: sinceOf(capacity) };
}

/** The configured start has no time of its own. */
function sinceOf({ sinceSeconds }: CapacityInForce): number | null {
  return sinceSeconds > 0 ? figure(sinceSeconds) : null;
}

function chainView(
  chain: string,
  seen: readonly SeriesMetrics[],
  impact: SharedServiceImpact | undefined,
): Static<typeof ServiceChain> {
  const series = seen.find((candidate) => candidate.chain === chain);
  const share = impact?.chains.find((entry) => entry.chain === chain);
  return {
    id: chain,
    traffic: series === undefined ? null : trafficView(series),
    load_share: figure(share?.loadShare),
    latency_per_request_per_second: figures(share?.latencyPerRequestPerSecond),
    end_to_end_per_request_per_second: figures(share?.endToEndPerRequestPerSecond),
  };
}

function figures(byName: Readonly<Record<string, number>> = {}) {
  return Object.fromEntries(Object.entries(byName).map(([name, value]) => [name, figure(value)]));
}
