/** The four metrics that the original framework promises, and what belongs to them. */
import type { ChainObjective } from '../../models/daemon.ts';
import { type Family, type Sample, type Scrape, sample } from './family.ts';

function ofChains(scrape: Scrape, value: (chain: ChainObjective) => number | undefined): readonly Sample[] {
  return scrape.objectives.chains.flatMap((chain) => sample({ chain: chain.chain }, value(chain)));
}

export const OBJECTIVE_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_resource_utilization_ratio',
    help: 'Used over allocated, of all services together, over the last 300 s.',
    type: 'gauge',
    labels: ['resource', 'source'],
    samples: ({ objectives }) =>
      objectives.utilization.flatMap(({ resource, source, ratio }) => sample({ resource, source }, ratio)),
  },
  {
    name: 'dta_slo_slo_violation_ratio',
    help: 'Share of the requests of a chain that were over its SLO or failed, over the monitoring window.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.violationRatio),
  },
  {
    name: 'dta_slo_slo_violating_windows_ratio',
    help: 'Share of the 60 s windows whose latency at the SLO percentile was over the SLO, or in which more requests failed than the objective allows, over the monitoring window.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.violatingWindowsRatio),
  },
  {
    name: 'dta_slo_end_to_end_latency_seconds',
    help: 'Average end-to-end latency of a chain over the monitoring window.',
    type: 'gauge',
    labels: ['chain'],
    samples: (scrape) => ofChains(scrape, (chain) => chain.averageSeconds),
  },
  {
    name: 'dta_slo_end_to_end_latency_quantile_seconds',
    help: 'End-to-end latency of a chain at the percentiles 0.5, 0.9, 0.95 and 0.99 over the monitoring window.',
    type: 'gauge',
    // The label `quantile` belongs to summaries.
    labels: ['chain', 'percentile'],
    samples: ({ objectives }) =>
      objectives.chains.flatMap(({ chain, quantiles }) =>
        Object.entries(quantiles).flatMap(([percentile, value]) => sample({ chain, percentile }, value)),
      ),
  },
  {
    name: 'dta_slo_fairness_index',
    help: "Jain's index of SLO/latency over the chains: 1 when all are equally far from their SLO.",
    type: 'gauge',
    labels: [],
    samples: ({ objectives }) => sample({}, objectives.fairness),
  },
  {
    name: 'dta_slo_error_budget_burn_rate',
    help: 'Violation ratio over the error budget of the SLO, over the last 60 s and 300 s; 1 spends just the budget.',
    type: 'gauge',
    labels: ['chain', 'window'],
    samples: ({ objectives }) =>
      objectives.chains.flatMap(({ chain, burnRates }) => [
        ...sample({ chain, window: '60s' }, burnRates.short),
        ...sample({ chain, window: '300s' }, burnRates.long),
      ]),
  },
];
