/** GET /chains: objective, way and measurements of every chain. */
import { type Static, Type } from 'typebox';
import type { ChainObjective, Daemon } from '../../models/daemon.ts';
import type { ChainSpec } from '../../models/data-models.ts';
import type { SeriesMetrics } from '../../models/metrics.ts';
import { type ApiServer, Figure, figure, ProblemResponse, UnixSeconds } from '../schemas.ts';
import { ChainAllocation } from '../views/decision-view.ts';
import { presentAllocations } from '../views/present-view.ts';
import { chainRates, Traffic, trafficView, WindowQuery, windowOf } from '../views/traffic-view.ts';

const Measured = Type.Object(
  {
    source: Type.String({
      description: 'end-to-end: from samples; composed: from the times of the services.',
    }),
    violation_ratio: Figure,
    violating_windows_ratio: Figure,
    average_latency: Figure,
    quantiles: Type.Record(Type.String(), Figure),
    burn_rates: Type.Object({ '60s': Figure, '300s': Figure }),
  },
  { description: 'Over the monitoring window.' },
);

const Visit = Type.Object({
  service: Type.String(),
  visits: Type.Number(),
  again: Type.Optional(
    Type.Literal(true, { description: 'These visits stand in a branch before, and are paid once.' }),
  ),
});

const Chain = Type.Object({
  id: Type.String(),
  slo: Type.Object({
    latency: Type.Number(),
    percentile: Type.Number(),
    objective: Type.Number(),
    priority: Type.Number(),
  }),
  stages: Type.Array(Type.Array(Type.Array(Visit)), {
    description:
      'Stages in sequence, branches in parallel, services in sequence. A branch with a stage in it is there once for each way through.',
  }),
  rate: Type.Union([Type.Number(), Type.Null()], {
    description: 'Requests/s at the first stage that has records.',
  }),
  error_ratio: Figure,
  end_to_end: Type.Union([Traffic, Type.Null()], { description: 'The end-to-end samples in the window.' }),
  measured: Type.Union([Measured, Type.Null()]),
  composition: Type.Object({ factor: Type.Number(), overhead: Type.Number(), windows: Type.Integer() }),
  last_record_at: Type.Union([UnixSeconds, Type.Null()]),
  decision: ChainAllocation,
});

const Chains = Type.Object({ window: Type.Number(), chains: Type.Array(Chain) });

export function chainsRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/chains',
    {
      schema: {
        tags: ['chains'],
        summary: 'Objective, way and measurements of every chain',
        querystring: WindowQuery,
        response: { 200: Chains, 400: ProblemResponse },
      },
    },
    (request) => chainsView(daemon, windowOf(request.query, daemon.settings)),
  );
}

function chainsView(daemon: Daemon, window: number): Static<typeof Chains> {
  const { chains } = daemon.settings.topology;
  const metrics = daemon.traffic.getMetrics(window);
  const rates = chainRates(metrics, chains);
  const samples = new Map(metrics.endToEnd.map((series) => [series.chain, series]));
  const objectives = new Map(daemon.objectives().chains.map((chain) => [chain.chain, chain]));
  const decisions = new Map(presentAllocations(daemon).chains.map((chain) => [chain.id, chain]));
  const views: Static<typeof Chain>[] = [];
  for (const spec of chains.values()) {
    const decision = decisions.get(spec.id);
    if (decision === undefined) continue;
    const rate = rates.get(spec.id);
    views.push({
      ...specView(spec),
      rate: figure(rate?.rate),
      error_ratio: figure(rate?.errorRatio),
      end_to_end: sampleView(samples.get(spec.id)),
      measured: measuredView(objectives.get(spec.id)),
      ...learnedView(daemon, spec.id),
      decision,
    });
  }
  return { window, chains: views };
}

function specView({ id, slo, stages }: ChainSpec) {
  const { latencySeconds, percentile, objective, priority } = slo;
  return {
    id,
    slo: { latency: latencySeconds, percentile, objective, priority },
    stages: stages.map((stage) => stage.map((branch) => branch.map((visit) => ({ ...visit })))),
  };
}

function sampleView(series: SeriesMetrics | undefined): Static<typeof Traffic> | null {
  return series === undefined ? null : trafficView(series);
}

function learnedView(daemon: Daemon, chain: string) {
  const { factor, overheadSeconds, windows } = daemon.profiles.composition(chain);
  return {
    composition: { factor, overhead: overheadSeconds, windows },
    last_record_at: figure(daemon.traffic.lastRecordSeconds(chain)),
  };
}

function measuredView(objective: ChainObjective | undefined): Static<typeof Measured> | null {
  if (objective === undefined) return null;
  const quantiles = Object.entries(objective.quantiles).map(([q, value]) => [q, figure(value)] as const);
  return {
    source: objective.source,
    violation_ratio: figure(objective.violationRatio),
    violating_windows_ratio: figure(objective.violatingWindowsRatio),
    average_latency: figure(objective.averageSeconds),
    quantiles: Object.fromEntries(quantiles),
    burn_rates: { '60s': figure(objective.burnRates.short), '300s': figure(objective.burnRates.long) },
  };
}
