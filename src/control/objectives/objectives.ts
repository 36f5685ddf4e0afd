import type { ChainObjective, ObjectiveMetrics } from '../../models/daemon.ts';
import {
  type ChainTraffic,
  latencyAt,
  meanLatency,
  sourceOf,
  trafficByChain,
  violationRatio,
} from '../observe/chain-traffic.ts';
import { type ObserveSources, readMetrics } from '../observe/observation.ts';
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
  const short = burnRates(parts, BURN_SECONDS.short, now);
  const long = burnRates(parts, BURN_SECONDS.long, now);
  const chains = [...trafficByChain(whole, topology).values()].flatMap((traffic) =>
    chainObjective(traffic, parts, {
      // A minute with too few requests to tell says the same as the minutes around it.
      short: short.get(traffic.spec.id) ?? long.get(traffic.spec.id) ?? 0,
      long: long.get(traffic.spec.id) ?? 0,
    }),
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

/**
 * How fast each chain uses up its error budget over the last seconds: violation ratio / (1 − objective). Chains with too
 * few requests to tell are left out.
 */
export function burnRates(
  parts: Pick<ObserveSources, 'traffic' | 'settings'>,
  seconds: number,
  now: number,
): ReadonlyMap<string, number> {
  const traffic = trafficByChain(readMetrics(parts, seconds, now), parts.settings.topology);
  return new Map(
    [...traffic].flatMap(([id, of]) => {
      const violation = violationRatio(of);
      return violation === undefined ? [] : [[id, violation / (1 - of.spec.slo.objective)] as const];
    }),
  );
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
