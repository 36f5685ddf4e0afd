/** What a metric of /metrics is: a name, a text and where its samples come from at scrape time. */
import type { Daemon, ObjectiveMetrics } from '../../models/daemon.ts';
import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import type { MalformedCounter } from '../requests/tally.ts';
import type { ChainRate } from '../views/traffic-view.ts';

/** One reading of the daemon that all families of a scrape share. */
export interface Scrape {
  readonly daemon: Daemon;
  readonly version: string;
  readonly counter: MalformedCounter;
  readonly traffic: TrafficMetrics;
  readonly objectives: ObjectiveMetrics;
  readonly chainRates: ReadonlyMap<string, ChainRate>;
  /** The series of services that are shown: those of the topology, and learned ones up to a bound. */
  readonly shownSeries: readonly SeriesMetrics[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly labels: readonly string[];
  /** What is not known is left out: no sample is ever NaN or infinite. */
  readonly samples: (scrape: Scrape) => readonly Sample[];
}

/** A sample where the value is known. */
export function sample(
  labels: Readonly<Record<string, string>>,
  value: number | undefined,
): readonly Sample[] {
  return value !== undefined && Number.isFinite(value) ? [{ labels, value }] : [];
}

export const BYTES_PER_MEBIBYTE = 1_048_576;
