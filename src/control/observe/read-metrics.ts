import type { TrafficMetrics } from '../../models/metrics.ts';
import type { SeriesChoice, TrafficReader } from '../../models/ports.ts';
import type { Settings } from '../../models/settings.ts';
import type { CapacityBook } from '../books/capacity-book.ts';
import { ownTimes } from './own-times.ts';

/** What observing reads from. */
export interface ObserveSources {
  readonly traffic: TrafficReader;
  readonly settings: Settings;
  readonly capacities: CapacityBook;
}

/**
 * Metrics in own times, whichever times the records tell, over the whole of the last seconds, also where the monitor has
 * watched for less.
 */
export function readMetrics(
  { traffic, settings }: Pick<ObserveSources, 'traffic' | 'settings'>,
  windowSeconds: number,
  atSeconds: number,
  isWanted?: SeriesChoice,
): TrafficMetrics {
  const window = Math.min(windowSeconds, settings.monitoring.windowSize);
  const covered = traffic.getMetrics(window, atSeconds, isWanted);
  const metrics = { ...covered, fromSeconds: Math.min(covered.fromSeconds, atSeconds - window) };
  return settings.monitoring.latencyScope === 'total' ? ownTimes(metrics, settings.topology) : metrics;
}
