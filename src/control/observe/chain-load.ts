import { chainRate, standsOut, trafficByChain } from './chain-traffic.ts';
import { type ObserveSources, readMetrics } from './read-metrics.ts';

/** The load of now is looked for this far back, s. */
const RECENT_SECONDS = 300;

/** A jump of the load within the last minute shows over this long, s. */
export const JUMP_SECONDS = 15;

/**
 * Largest rate of the whole steps of the last 300 s, of the last minute, and of a jump that shows within it beyond
 * chance, requests/s.
 */
export function recentLoad(
  { traffic, settings }: ObserveSources,
  chain: string,
  atSeconds: number,
  lastMinute = Number.NaN,
  jump = Number.NaN,
): number | undefined {
  const steps = Math.max(1, Math.ceil(RECENT_SECONDS / settings.prediction.step));
  const rates = [...traffic.chainSeries(chain, atSeconds, steps).rates, lastMinute].filter(Number.isFinite);
  if (rates.length === 0) return undefined;
  const usual = Math.max(...rates);
  return standsOut(jump, usual, JUMP_SECONDS) ? jump : usual;
}

/** Requests of each chain per second; nothing else of the window is kept. */
export function chainRates(
  sources: ObserveSources,
  windowSeconds: number,
  atSeconds: number,
): ReadonlyMap<string, number | undefined> {
  const metrics = readMetrics(sources, windowSeconds, atSeconds);
  const traffic = trafficByChain(metrics, sources.settings.topology);
  return new Map([...traffic].map(([id, ofChain]) => [id, chainRate(ofChain)]));
}

/** Mean rate over the part of the window in which the chain was heard of: silence must not make itself look usual. */
export function usualRate(
  { traffic, settings }: ObserveSources,
  chain: string,
  rate: number | undefined,
  atSeconds: number,
): number | undefined {
  const last = traffic.lastRecordSeconds(chain);
  if (rate === undefined || last === undefined) return undefined;
  const { windowSize } = settings.monitoring;
  const watched = Math.min(
    windowSize,
    atSeconds - (traffic.stats.firstRecordSeconds ?? atSeconds - windowSize),
  );
  const heard = watched - Math.max(0, atSeconds - last);
  return heard > 0 ? (rate * windowSize) / heard : undefined;
}
