/** What was decided: the latest plan by chain and service, and the passes that made it. */
import type { ResourceAllocation } from '../../models/data-models.ts';
import type { ChainDecision } from '../../models/decisions.ts';
import { BYTES_PER_MEBIBYTE, type Family, type Sample, type Scrape, sample } from './family.ts';

function ofChains(scrape: Scrape, value: (chain: ChainDecision) => number | undefined): readonly Sample[] {
  const decided = scrape.daemon.latestDecision()?.chains ?? [];
  return decided.flatMap((chain) => sample({ chain: chain.id }, value(chain)));
}

/** Recommended by the latest decision, and in force now. */
function ofServices(scrape: Scrape, value: (allocation: ResourceAllocation) => number): readonly Sample[] {
  const { daemon } = scrape;
  const recommended = daemon.latestDecision()?.services ?? [];
  return [
    ...recommended.flatMap((service) =>
      sample({ service: service.id, allocation: 'recommended' }, value(service)),
    ),
    ...[...daemon.settings.topology.services.keys()].flatMap((service) => {
      const capacity = daemon.capacityInForce(service);
      return capacity === undefined ? [] : sample({ service, allocation: 'in-force' }, value(capacity));
    }),
  ];
}

function servicesByReason({ daemon }: Scrape): readonly Sample[] {
  const counts = new Map<string, Sample>();
  for (const { status, reason } of daemon.latestDecision()?.services ?? []) {
    const key = `${status} ${reason}`;
    counts.set(key, { labels: { status, reason }, value: (counts.get(key)?.value ?? 0) + 1 });
  }
  return [...counts.values()];
}

export const DECISION_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_slo_latency_seconds',
    help: 'Latency objective of a chain.',
    type: 'gauge',
    labels: ['chain'],
    samples: ({ daemon }) =>
      [...daemon.settings.topology.chains.values()].flatMap(({ id, slo }) =>
        sample({ chain: id }, slo.latencySeconds),
      ),
  },
  {
    name: 'dta_slo_slo_objective_ratio',
    help: 'Share of the requests of a chain that its SLO wants answered well and in time; the rest is the error budget.',
    type: 'gauge',
    labels: ['chain'],
    samples: ({ daemon }) =>
      [...daemon.settings.topology.chains.values()].flatMap(({ id, slo }) =>
        sample({ chain: id }, slo.objective),
      ),
  },
  {
    name: 'dta_slo_observed_latency_seconds',
    help: 'Latency of a chain at its SLO percentile that the latest decision has seen.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.observedLatency),
  },
  {
    name: 'dta_slo_expected_latency_seconds',
    help: 'Latency of a chain at its SLO percentile that the latest decision expects at the planned load; absent when unknown or infinite.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.expectedLatency),
  },
  {
    name: 'dta_slo_planned_requests_per_second',
    help: 'Load of a chain that the latest decision was made for.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.plannedRate),
  },
  {
    name: 'dta_slo_slo_feasible',
    help: '1 when the SLO of a chain can be met within the bounds of its services, else 0.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => Number(chain.feasible)),
  },
  {
    name: 'dta_slo_shadow_price',
    help: 'Cost that one second more of SLO of a chain would save.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.shadowPrice),
  },
  {
    name: 'dta_slo_allocation_cpu_cores',
    help: 'Cores of one instance of a service: recommended by the latest decision, and in force.',
    type: 'gauge',
    labels: ['service', 'allocation'],
    samples: (scrape) => ofServices(scrape, (allocation) => allocation.cpu),
  },
  {
    name: 'dta_slo_allocation_memory_bytes',
    help: 'Memory of one instance of a service: recommended by the latest decision, and in force.',
    type: 'gauge',
    labels: ['service', 'allocation'],
    samples: (scrape) => ofServices(scrape, (allocation) => allocation.memory * BYTES_PER_MEBIBYTE),
  },
  {
    name: 'dta_slo_allocation_instances',
    help: 'Instances of a service: recommended by the latest decision, and in force.',
    type: 'gauge',
    labels: ['service', 'allocation'],
    samples: (scrape) => ofServices(scrape, (allocation) => allocation.instances),
  },
  {
    name: 'dta_slo_decision_services',
    help: 'Services of the latest decision by status and reason code.',
    type: 'gauge',
    labels: ['status', 'reason'],
    samples: servicesByReason,
  },
  {
    name: 'dta_slo_plan_cost',
    help: 'Cost of the latest decision.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.latestDecision()?.cost),
  },
  {
    name: 'dta_slo_plan_lower_bound',
    help: 'Cost that no allocation can undercut, of the latest decision.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.latestDecision()?.lowerBound),
  },
  {
    name: 'dta_slo_plan_gap_ratio',
    help: 'How far the continuous optimum of the latest decision may be from the lower bound, as a share of its cost.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.latestDecision()?.gap),
  },
  {
    name: 'dta_slo_passes_total',
    help: 'Passes since the start by what brought them about.',
    type: 'counter',
    labels: ['trigger'],
    samples: ({ daemon }) =>
      Object.entries(daemon.passes.completed).flatMap(([trigger, count]) => sample({ trigger }, count)),
  },
  {
    name: 'dta_slo_passes_failed_total',
    help: 'Passes since the start that ended in an error.',
    type: 'counter',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.passes.failed),
  },
  {
    name: 'dta_slo_last_pass_duration_seconds',
    help: 'How long the latest pass took.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.passes.lastDurationSeconds),
  },
  {
    name: 'dta_slo_last_pass_timestamp_seconds',
    help: 'Unix time of the latest pass.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.passes.lastAtSeconds),
  },
];
