import type { ChainSpec, Topology } from '../../models/data-models.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import type { TrafficForecaster, TrafficReader } from '../../models/ports.ts';

/** What the allocator reads of the monitor. */
export type LoadReader = Pick<TrafficReader, 'getMetrics' | 'chainSeries'>;

/** How much of its past a forecast is given, and how far it must carry, in steps. */
const PAST_STEPS = 600;
const LEAD_STEPS = 5;

/**
 * λ by chain, requests/s: the measured rate of the last 300 s, or the forecast where that is higher. Chains without
 * either have no entry.
 */
export async function plannedLoads(
  topology: Topology,
  monitor: LoadReader,
  predictor: Pick<TrafficForecaster, 'predict'>,
): Promise<Map<string, number>> {
  const metrics = monitor.getMetrics();
  const loads = new Map<string, number>();
  for (const chain of topology.chains.values()) {
    const rate = measuredRate(chain, metrics);
    if (rate !== undefined) loads.set(chain.id, rate);
  }
  const recent = [...topology.chains.keys()].map((id) =>
    monitor.chainSeries(id, metrics.toSeconds, PAST_STEPS),
  );
  for (const outcome of await predictor.predict(recent, LEAD_STEPS)) {
    if (outcome.kind !== 'forecast') continue;
    loads.set(outcome.chain, Math.max(loads.get(outcome.chain) ?? 0, outcome.maximum95));
  }
  return loads;
}

/** Measured at the first stage that has records, its visits divided out, else end to end. */
function measuredRate(chain: ChainSpec, metrics: TrafficMetrics): number | undefined {
  for (const stage of chain.stages) {
    for (const visit of stage.flat()) {
      const series = metrics.services.find((s) => s.service === visit.service && s.chain === chain.id);
      if (series !== undefined && visit.visits > 0) return series.ratePerSecond / visit.visits;
    }
  }
  return metrics.endToEnd.find((series) => series.chain === chain.id)?.ratePerSecond;
}
