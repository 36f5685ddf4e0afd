import type { ChainObjective, ObjectiveMetrics } from '../../models/daemon.ts';
import {
  type ChainTraffic,
  latencyAt,
  meanLatency,
  sourceOf,
  trafficByChain,
  violationRatio,
} from '../observe/chain-traffic.ts';
import { readMetrics } from '../observe/read-metrics.ts';
import type { ControlParts } from '../parts.ts';
import { jainIndex } from './jain-index.ts';
import { utilizations } from './utilizations.ts';

const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

type ObjectiveParts = Pick<
  ControlParts,
  'traffic' | 'settings' | 'profiles' | 'capacities' | 'usage' | 'windows' | 'clock'
>;

/** The metrics by which the whole is judged, over the monitoring window: DESIGN section 6. */
export function measureObjectives(parts: ObjectiveParts): ObjectiveMetrics {
  const now = parts.clock.nowSeconds();
  const { topology, monitoring } = parts.settings;
  const whole = readMetrics(parts, monitoring.windowSize, now);
  const over = (seconds: number) => trafficByChain(readMetrics(parts, seconds, now), topology);
  const short = over(BURN_SECONDS.short);
  const long = over(BURN_SECONDS.long);
  const chains = [...trafficByChain(whole, topology).values()].flatMap((traffic) =>
    chainObjective(traffic, parts, burnRatesOf(short.get(traffic.spec.id), long.get(traffic.spec.id))),
  );
  const ratios = chains.flatMap(({ chain, averageSeconds }) =>
    averageSeconds === undefined ? [] : [topology.chains.get(chain)!.slo.latencySeconds / averageSeconds],
  );
  const fairness = jainIndex(ratios.filter((ratio) => Number.isFinite(ratio)));
  return {
    utilization: utilizations(parts, now),
    chains,
    ...(fairness !== undefined && { fairness }),
  };
}

/** Seconds that burn rates are taken over: whether it still goes on, and whether it matters. */
export const BURN_SECONDS = { short: 60, long: 300 } as const;

/** How fast a chain uses up its error budget: violation ratio / (1 − objective); undefined for too few requests. */
export function burnRate(traffic: ChainTraffic): number | undefined {
  const violation = violationRatio(traffic);
  return violation === undefined ? undefined : violation / (1 - traffic.spec.slo.objective);
}

function burnRatesOf(short?: ChainTraffic, long?: ChainTraffic): ChainObjective['burnRates'] {
  const over = long && burnRate(long);
  // A minute with too few requests to tell says the same as the minutes around it.
  return { short: (short && burnRate(short)) ?? over ?? 0, long: over ?? 0 };
}

function chainObjective(
  traffic: ChainTraffic,
  { windows }: ObjectiveParts,
  burnRates: ChainObjective['burnRates'],
): ChainObjective[] {
  const violation = violationRatio(traffic);
  const averageSeconds = meanLatency(traffic);
  const violatingWindowsRatio = windows.violatingRatio(traffic.spec.id);
  if (violation === undefined) return [];
  const quantiles = QUANTILES.flatMap((quantile) => {
    const seconds = latencyAt(traffic, quantile);
    return seconds === undefined ? [] : [[quantile, seconds] as const];
  });
  return [
    {
      chain: traffic.spec.id,
      source: sourceOf(traffic),
      violationRatio: violation,
      ...(violatingWindowsRatio !== undefined && { violatingWindowsRatio }),
      ...(averageSeconds !== undefined && { averageSeconds }),
      quantiles: Object.fromEntries(quantiles),
      burnRates,
    },
  ];
}
