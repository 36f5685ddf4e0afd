import { describe, expect, it } from 'vitest';
import {
  instanceUsages,
  scrapePair,
  scrapesOver,
  serviceCores,
} from '../../../../bench/policy/baselines/usage.ts';
import { ScriptedCluster } from '../scripted-context.ts';

/** Scrapes every 15 s while one core is used, up to that time. */
function scraped(untilSeconds: number, scrapeDelay = 2): ScriptedCluster {
  const cluster = new ScriptedCluster({ scrapeDelay });
  for (let seconds = 0; seconds <= untilSeconds; seconds += 15) {
    if (seconds > 0) cluster.service(0).burn(15);
    cluster.scrape(seconds);
  }
  return cluster;
}

describe('the use of CPU between two scrapes', () => {
  it('is that of the last 15 s that can be read', () => {
    const { context } = scraped(60);
    const pair = scrapePair(context.metrics, 60)!;
    expect([pair.older.atSeconds, pair.newer.atSeconds]).toEqual([30, 45]);
    expect(serviceCores(pair, 0)).toBe(1);
    expect(instanceUsages(pair, 0).map(({ cores }) => cores)).toEqual([1]);
  });

  it('is unknown before the second scrape, and when the last one is more than 30 s old', () => {
    expect(scrapePair(scraped(15).context.metrics, 15)).toBeUndefined();
    const outage = scraped(60, 0);
    outage.nowSeconds = 91;
    expect(scrapePair(outage.context.metrics, 90)).toBeDefined();
    expect(scrapePair(outage.context.metrics, 91)).toBeUndefined();
  });

  it('can be had over a longer time', () => {
    const pair = scrapesOver(scraped(300).context.metrics, 60)!;
    expect(pair.newer.atSeconds - pair.older.atSeconds).toBe(60);
    expect(serviceCores(pair, 0)).toBe(1);
  });

  it('is unknown for an instance that is in the newer scrape alone', () => {
    const cluster = scraped(45, 0);
    cluster.service(0).newborn = 'starting';
    cluster.service(0).scale(2, 50);
    cluster.scrape(60);
    const usages = instanceUsages(scrapePair(cluster.context.metrics, 60)!, 0);
    expect(usages.map(({ cores, readyThroughout }) => [cores, readyThroughout])).toEqual([
      [0, true],
      [undefined, false],
    ]);
  });

  it('leaves out instances that are stopping, and names the oldest first', () => {
    const cluster = new ScriptedCluster();
    cluster.service(0).scale(3, 10);
    cluster.service(0).instances[0]!.state = 'stopping';
    cluster.service(0).instances[1]!.startedSeconds = 20;
    cluster.scrape(15);
    cluster.scrape(30);
    const usages = instanceUsages(scrapePair(cluster.context.metrics, 30)!, 0);
    expect(usages.map(({ instance }) => instance.id)).toEqual([2, 1]);
  });
});
