import type { TrafficMetrics } from '../../models/metrics.ts';
import { ownTimes } from './own-times.ts';
import type { ObserveSources } from './read-metrics.ts';

/** The closed windows in [fromSeconds, toSeconds] in own times, whichever times the records tell; oldest first. */
export function* closedWindows(
  { traffic, settings }: Pick<ObserveSources, 'traffic' | 'settings'>,
  fromSeconds: number,
  toSeconds: number,
): Iterable<TrafficMetrics> {
  const isTotal = settings.monitoring.latencyScope === 'total';
  for (const window of traffic.closedWindows(fromSeconds, toSeconds)) {
    yield isTotal ? ownTimes(window, settings.topology) : window;
  }
}
