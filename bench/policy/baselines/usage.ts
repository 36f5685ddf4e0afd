/** CPU use as metrics-server derives it: differences of the counters of two scrapes. */
import type { InstanceState } from '../../simulator/system.ts';
import type { MetricsView, Scrape } from '../policy.ts';

/** Window over which metrics-server measures CPU (its `--metric-resolution`), s. */
const RESOLUTION_SECONDS = 15;
/** A node that was not scraped for that long has no metrics any more, s. */
const LIFETIME_SECONDS = 2 * RESOLUTION_SECONDS;
/** Scrapes are not exactly one resolution apart. */
const JITTER_SECONDS = 0.5;

/** The newest scrape and the one a resolution before it. */
export interface ScrapePair {
  readonly older: Scrape;
  readonly newer: Scrape;
}

/** An instance that is not stopping, with its use of CPU in cores: undefined while it is in one scrape only. */
export interface InstanceUsage {
  readonly instance: InstanceState;
  readonly cores: number | undefined;
  /** It took visits during the whole of the window. */
  readonly readyThroughout: boolean;
}

/** What the metrics API has to go on at that time; undefined when it has nothing recent. */
export function scrapePair(metrics: MetricsView, nowSeconds: number): ScrapePair | undefined {
  const pair = scrapesOver(metrics, RESOLUTION_SECONDS);
  return pair && nowSeconds - pair.newer.atSeconds <= LIFETIME_SECONDS ? pair : undefined;
}

/** Oldest instance first. */
export function instanceUsages({ older, newer }: ScrapePair, service: number): InstanceUsage[] {
  const seconds = newer.atSeconds - older.atSeconds;
  const before = new Map(older.services[service]!.instances.map((instance) => [instance.id, instance]));
  return newer.services[service]!.instances.filter(({ state }) => state !== 'stopping')
    .sort((a, b) => a.startedSeconds - b.startedSeconds || a.id - b.id)
    .map((instance) => {
      const then = before.get(instance.id);
      const cores = then && (instance.cpuSeconds - then.cpuSeconds) / seconds;
      return { instance, cores, readyThroughout: instance.state === 'ready' && then?.state === 'ready' };
    });
}

/** Scrapes a longer time apart, whatever their age; undefined as long as there are none. */
export function scrapesOver(metrics: MetricsView, seconds: number): ScrapePair | undefined {
  const newer = metrics.latest();
  const older = newer && metrics.at(newer.atSeconds - seconds + JITTER_SECONDS);
  return newer && older && { older, newer };
}

/** CPU use of all instances of a service together, cores. */
export function serviceCores({ older, newer }: ScrapePair, service: number): number {
  const used = newer.services[service]!.cpuSeconds - older.services[service]!.cpuSeconds;
  return used / (newer.atSeconds - older.atSeconds);
}
