import { type ChainSpec, visitsByService } from '../../models/data-models.ts';
import type { SeriesChoice } from '../../models/ports.ts';
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
  const { topology } = sources.settings;
  const trafficOf = (isWanted: SeriesChoice) =>
    trafficByChain(readMetrics(sources, windowSeconds, atSeconds, isWanted), topology);
  const entries = new Map([...topology.chains.values()].map((chain) => [chain.id, entryOf(chain)]));
  const atEntries = trafficOf((service, chain) => service === entries.get(chain));
  // Chains whose first service tells nothing are read at the others.
  const silent = new Set([...atEntries.keys()].filter((id) => atEntries.get(id)?.services.size === 0));
  const elsewhere = silent.size === 0 ? undefined : trafficOf((_service, chain) => silent.has(chain));
  return new Map(
    [...atEntries].map(([id, traffic]) => [id, chainRate(silent.has(id) ? elsewhere?.get(id) : traffic)]),
  );
}

/** The service whose records tell the rate of the chain. */
function entryOf(chain: ChainSpec): string | undefined {
  for (const service of visitsByService(chain).keys()) return service;
  return undefined;
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
