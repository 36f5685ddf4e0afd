/** GET /profiles: how latency grows with load, for every chain at every service. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ProfileOutcome } from '../../models/profiles.ts';
import { type ApiServer, Figure, figure, UnixSeconds } from '../schemas.ts';

const Profile = Type.Union([
  Type.Object({
    service: Type.String(),
    chain: Type.String(),
    status: Type.Literal('profile'),
    source: Type.String({ description: 'prior: the cold-start curve; fitted: from measured windows.' }),
    percentile: Type.Number(),
    floor: Type.Number({ description: 'Seconds at no load.' }),
    queueing: Type.Number({ description: 'Seconds; the scale of waiting.' }),
    exponent: Type.Number(),
    vertical_exponent: Type.Number(),
    demand: Type.Number({ description: 'CPU core-seconds of a visit.' }),
    demand_interval: Type.Array(Figure, {
      description: '95 % confidence interval of the demand; null: no bound.',
    }),
    baseline_cores: Type.Number({ description: 'What the service uses without any request, cores.' }),
    demand_source: Type.String(),
    confidence: Type.Number(),
    upper_factor: Type.Number({
      description: 'From the curve to its upper 95 % confidence limit: allocation.risk_factor.',
    }),
    least_cpu: Type.Optional(
      Type.Number({
        description:
          'Cores of an instance below which a visit does not fit into one CPU period of 100 ms; 0: unknown.',
      }),
    ),
    upstream: Type.Optional(
      Type.Array(
        Type.Object({
          service: Type.String(),
          queueing: Type.Number({
            description: "Seconds; the scale of that service's waiting that is measured here.",
          }),
        }),
        { description: 'Waits of the callers that leak into what is measured at this service.' },
      ),
    ),
    parallelism: Type.Optional(
      Type.Number({
        description: 'Cores that one instance can use, where its windows show fewer than configured.',
      }),
    ),
    throttled_utilization: Type.Optional(
      Type.Number({ description: 'Utilisation from which on half of the CPU periods were throttled.' }),
    ),
    residual_spread: Figure,
    windows: Type.Integer(),
    utilization_range: Type.Array(Figure),
    updated_at: UnixSeconds,
  }),
  Type.Object({
    service: Type.String(),
    chain: Type.String(),
    status: Type.Literal('not-enough-data'),
    have: Type.Number(),
    need: Type.Number(),
  }),
]);

const Profiles = Type.Object({ profiles: Type.Array(Profile) });

export function profilesRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/profiles',
    {
      schema: {
        tags: ['services'],
        summary: 'How the latency of each chain at each service grows with load, and how sure that is',
        response: { 200: Profiles },
      },
    },
    () => ({ profiles: outcomesOf(daemon).map(profileView) }),
  );
}

function outcomesOf(daemon: Daemon): readonly ProfileOutcome[] {
  return [...daemon.settings.topology.services.values()].flatMap((spec) =>
    spec.chains.map((chain) => daemon.profiles.profile(spec.id, chain)),
  );
}

function profileView(outcome: ProfileOutcome): Static<typeof Profile> {
  const { service, chain } = outcome;
  if (outcome.kind === 'not-enough-data') {
    return { service, chain, status: 'not-enough-data', have: outcome.have, need: outcome.need };
  }
  return {
    service,
    chain,
    status: 'profile',
    source: outcome.source,
    percentile: outcome.percentile,
    floor: outcome.floorSeconds,
    queueing: outcome.queueingSeconds,
    exponent: outcome.exponent,
    vertical_exponent: outcome.verticalExponent,
    demand: outcome.demandCoreSeconds,
    demand_interval: outcome.demandInterval.map(figure),
    baseline_cores: outcome.baselineCores ?? 0,
    demand_source: outcome.demandSource,
    confidence: outcome.confidence,
    upper_factor: outcome.upperFactor,
    ...(outcome.leastCpu !== undefined && { least_cpu: outcome.leastCpu }),
    ...(outcome.upstream !== undefined && {
      upstream: outcome.upstream.map(({ service: caller, queueingSeconds }) => ({
        service: caller,
        queueing: queueingSeconds,
      })),
    }),
    ...(outcome.parallelism !== undefined && { parallelism: outcome.parallelism }),
    ...(outcome.throttledUtilization !== undefined && {
      throttled_utilization: outcome.throttledUtilization,
    }),
    residual_spread: figure(outcome.residualSpread),
    windows: outcome.windows,
    utilization_range: outcome.utilizationRange.map(figure),
    updated_at: outcome.updatedSeconds,
  };
}
