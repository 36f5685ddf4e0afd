/** The registry of one server. Nothing global: two daemons in one process have two. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Daemon } from '../../models/daemon.ts';
import type { SeriesMetrics } from '../../models/metrics.ts';
import type { MalformedCounter } from '../requests/tally.ts';
import { chainRates, DEFAULT_WINDOW_SECONDS } from '../views/traffic-view.ts';
import { CHANGE_FAMILIES } from './change-families.ts';
import { DECISION_FAMILIES } from './decision-families.ts';
import type { Family, Scrape } from './family.ts';
import { HISTORY_FAMILIES } from './history-families.ts';
import { LEARNING_FAMILIES } from './learning-families.ts';
import { OBJECTIVE_FAMILIES } from './objective-families.ts';
import { OPERATION_FAMILIES } from './operation-families.ts';
import { OPERATOR_FAMILIES } from './operator-families.ts';
import { SOURCE_FAMILIES } from './source-families.ts';
import { TRAFFIC_FAMILIES } from './traffic-families.ts';

/** Series with names that are not in the topology (`monitoring.unknown: learn`) beyond these are not shown. */
export const MOST_LEARNED_SERIES = 1000;

export const FAMILIES: readonly Family[] = [
  ...OBJECTIVE_FAMILIES,
  ...TRAFFIC_FAMILIES,
  ...DECISION_FAMILIES,
  ...SOURCE_FAMILIES,
  ...CHANGE_FAMILIES,
  ...LEARNING_FAMILIES,
  ...OPERATOR_FAMILIES,
  ...OPERATION_FAMILIES,
  ...HISTORY_FAMILIES,
];

/** Gauges of the library that are named like counters, which `promtool check metrics` refuses; each is the sum of another. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export interface Exposition {
  readonly contentType: string;
  /** Reads the daemon and writes everything as Prometheus text. */
  text(): Promise<string>;
  /** Every metric that is exposed, process metrics included. */
  readonly metrics: readonly { readonly name: string; readonly help: string }[];
}

export function exposition(daemon: Daemon, version: string, counter: MalformedCounter): Exposition {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const metrics = FAMILIES.map((family) => ({ family, metric: register(registry, family) }));
  return {
    contentType: registry.contentType,
    metrics: registry.getMetricsAsArray(),
    text: () => {
      const scrape = scrapeOf(daemon, version, counter);
      for (const { family, metric } of metrics) fill(metric, family, scrape);
      return registry.metrics();
    },
  };
}

function register(registry: Registry, { type, name, help, labels }: Family): Gauge | Counter {
  const options = { name, help, labelNames: labels, registers: [registry] };
  return type === 'gauge' ? new Gauge(options) : new Counter(options);
}

function fill(metric: Gauge | Counter, family: Family, scrape: Scrape): void {
  metric.reset();
  const samples = family.samples(scrape);
  // Without labels a reset metric is 0; what is not known is not 0.
  if (samples.length === 0) metric.remove({});
  for (const { labels, value } of samples) metric.inc(labels, value);
}

function scrapeOf(daemon: Daemon, version: string, counter: MalformedCounter): Scrape {
  const traffic = daemon.traffic.getMetrics(DEFAULT_WINDOW_SECONDS);
  return {
    daemon,
    version,
    counter,
    traffic,
    objectives: daemon.objectives(),
    chainRates: chainRates(traffic, daemon.settings.topology.chains),
    shownSeries: shownSeries(daemon, traffic.services),
  };
}

function shownSeries(daemon: Daemon, all: readonly SeriesMetrics[]): readonly SeriesMetrics[] {
  const { services } = daemon.settings.topology;
  let learned = 0;
  return all.filter(({ service, chain }) => {
    if (services.get(service ?? '')?.chains.includes(chain) === true) return true;
    learned += 1;
    return learned <= MOST_LEARNED_SERIES;
  });
}
