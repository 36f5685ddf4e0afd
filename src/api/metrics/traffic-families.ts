/** What comes in: records, and the traffic of services and chains over the last 300 s. */
import { type Family, type Sample, type Scrape, sample } from './family.ts';

function ofSeries(
  scrape: Scrape,
  value: (series: Scrape['shownSeries'][number]) => number,
): readonly Sample[] {
  return scrape.shownSeries.flatMap((series) =>
    sample({ service: series.service ?? '', chain: series.chain }, value(series)),
  );
}

export const TRAFFIC_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_records_accepted_total',
    help: 'Records that were counted since the start.',
    type: 'counter',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.traffic.stats.accepted),
  },
  {
    name: 'dta_slo_records_rejected_total',
    help: 'Records that were refused since the start, by reason; malformed: the record did not fit the schema.',
    type: 'counter',
    labels: ['reason'],
    samples: ({ daemon, counter }) => [
      ...Object.entries(daemon.traffic.stats.rejected).flatMap(([reason, count]) =>
        sample({ reason }, count),
      ),
      ...sample({ reason: 'malformed' }, counter.malformed),
    ],
  },
  {
    name: 'dta_slo_series',
    help: 'Series that are kept: a chain at a service, or a chain end to end.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.traffic.stats.series),
  },
  {
    name: 'dta_slo_series_limit',
    help: 'Most series that are kept (monitoring.max_series).',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.traffic.stats.maxSeries),
  },
  {
    name: 'dta_slo_service_requests_per_second',
    help: 'Requests of a chain that arrive at a service per second, over the last 300 s.',
    type: 'gauge',
    labels: ['service', 'chain'],
    samples: (scrape) => ofSeries(scrape, (series) => series.ratePerSecond),
  },
  {
    name: 'dta_slo_service_error_ratio',
    help: 'Share of the requests of a chain at a service that failed, over the last 300 s.',
    type: 'gauge',
    labels: ['service', 'chain'],
    samples: (scrape) => ofSeries(scrape, (series) => series.errorRatio),
  },
  {
    name: 'dta_slo_service_latency_p95_seconds',
    help: 'Time spent in a service by a request of a chain at the 95th percentile, over the last 300 s.',
    type: 'gauge',
    labels: ['service', 'chain'],
    samples: (scrape) => ofSeries(scrape, (series) => series.latency.quantile(0.95)),
  },
  {
    name: 'dta_slo_chain_requests_per_second',
    help: 'Requests of a chain per second, over the last 300 s.',
    type: 'gauge',
    labels: ['chain'],
    samples: ({ chainRates }) => [...chainRates].flatMap(([chain, { rate }]) => sample({ chain }, rate)),
  },
  {
    name: 'dta_slo_chain_error_ratio',
    help: 'Share of the requests of a chain that failed, over the last 300 s, where its rate is measured.',
    type: 'gauge',
    labels: ['chain'],
    samples: ({ chainRates }) =>
      [...chainRates].flatMap(([chain, { errorRatio }]) => sample({ chain }, errorRatio)),
  },
];
