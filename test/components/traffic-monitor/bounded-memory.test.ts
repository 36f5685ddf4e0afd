import { describe, expect, it } from 'vitest';
import { BucketSlab } from '../../../src/components/traffic-monitor/bucket-slab.ts';
import { Series } from '../../../src/components/traffic-monitor/series.ts';
import { TimeGrid } from '../../../src/components/traffic-monitor/time-grid.ts';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON, topologyOf } from './fixtures.ts';

function retainedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('memory', () => {
  it('does not grow with the number of records once the series exist', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    const feed = (from: number, records: number) => {
      for (let i = 0; i < records; i++) {
        clock.seconds = NOON + (from + i) / 2000;
        monitor.recordRequest(`s${i % 5}`, `c${i % 3}`, 0.01 + (i % 1000) / 5000, i % 50 === 0);
      }
    };
    feed(0, 200_000);
    const before = retainedBytes();
    feed(200_000, 1_000_000);
    // A million kept records would be at least 50 MB. What is here is garbage of calls and the buckets of slots.
    expect(retainedBytes() - before).toBeLessThan(40 * 2 ** 20);
    expect(monitor.stats).toMatchObject({ accepted: 1_200_000, series: 15 });
  });

  it('of names that are not let in is not kept', () => {
    const monitor = new TrafficMonitor({ clock: new ManualClock(NOON), maxSeries: 10 });
    for (let i = 0; i < 20_000; i++) monitor.recordRequest(`service-${i}`, `chain-${i}`, 0.1);
    expect(monitor.stats.series).toBe(10);
    expect(monitor.stats.rejected['too-many-series']).toBe(19_990);
    expect(monitor.getMetrics().services).toHaveLength(10);
  });

  describe('with a topology and names that are learned', () => {
    const topology = topologyOf({ auth: ['login'], shop: ['login', 'order'] }, { login: [], order: [] });
    const options = { topology, unknown: 'learn', maxSeries: 8 } as const;
    const configured = (monitor: TrafficMonitor) => [
      monitor.recordRequest('auth', 'login', 0.1),
      monitor.recordRequest('shop', 'login', 0.1),
      monitor.recordRequest('shop', 'order', 0.1),
      monitor.recordEndToEnd('login', 0.1),
      monitor.recordEndToEnd('order', 0.1),
    ];
    const learned = (monitor: TrafficMonitor) =>
      Array.from({ length: 10 }, (_, i) => monitor.recordRequest('auth', `learned-${i}`, 0.1));
    const accepted = Array.from({ length: 5 }, () => 'accepted');

    it('keeps room for every configured pair, whoever comes first', () => {
      const monitor = new TrafficMonitor({ clock: new ManualClock(NOON), ...options });
      expect(learned(monitor).filter((outcome) => outcome === 'accepted')).toHaveLength(3);
      expect(configured(monitor)).toEqual(accepted);
      expect(monitor.stats.series).toBe(8);
    });

    it('keeps it after a restart too, and after a reload that configures more', () => {
      const clock = new ManualClock(NOON);
      const before = new TrafficMonitor({ clock, unknown: 'learn' });
      learned(before);
      const monitor = new TrafficMonitor({ clock, ...options });
      expect(monitor.restore(before.drain())).toEqual({ restored: 3, skipped: 7 });
      expect(configured(monitor)).toEqual(accepted);
      const more = topologyOf(
        { auth: ['login', 'search'], shop: ['login', 'order'] },
        { login: [], order: [], search: [] },
      );
      monitor.reconfigure({ ...options, topology: more });
      expect(monitor.stats.series).toBe(6);
      expect(configured(monitor)).toEqual(accepted);
      expect(monitor.recordRequest('auth', 'search', 0.1)).toBe('accepted');
      expect(monitor.recordEndToEnd('search', 0.1)).toBe('accepted');
      expect(monitor.recordRequest('auth', 'one-more', 0.1)).toBe('too-many-series');
    });
  });

  it('of sketches stays within its limit while counts and means stay exact', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock, maxSketchBytes: 100 * 72 });
    let total = 0;
    for (let i = 0; i < 3600; i++) {
      clock.seconds = NOON + i;
      const latency = 1e-5 * 1.2 ** (i % 100);
      total += latency;
      expect(monitor.recordRequest('shop', 'order', latency)).toBe('accepted');
    }
    const [series] = monitor.getMetrics(3600).services;
    expect(series?.requests).toBe(3600);
    expect(series?.latency.meanSeconds).toBeCloseTo(total / 3600, 9);
    expect(series?.latency.quantile(0.5)).toBeGreaterThan(0);
  });

  it('of sketches is given back as slots leave their span, also by series that fell silent', () => {
    const grid = new TimeGrid(1, 3600, 60);
    const slab = new BucketSlab(1_000_000);
    const silent = new Series('shop', 'order', grid, slab);
    const start = NOON;
    for (let second = 0; second < 3600; second += 5) {
      silent.record(
        start + second,
        grid.fineOf(start + second),
        true,
        0.1 + second / 1e4,
        false,
        1,
        Number.NaN,
      );
    }
    silent.expire(grid.coarseOf(grid.fineOf(start + 3600)));
    const busy = slab.usedChunks;
    // 36 sketches of ten seconds and 60 of a minute, of a few chunks each.
    expect(busy).toBeGreaterThan(60);
    expect(busy).toBeLessThan(96 * 3);
    silent.expire(grid.coarseOf(grid.fineOf(start + 3600 + 400)));
    expect(slab.usedChunks).toBeLessThan(busy);
    silent.expire(grid.coarseOf(grid.fineOf(start + 2 * 3600 + 120)));
    expect(slab.usedChunks).toBe(0);
  });

  it('of series that a new configuration drops is given back', () => {
    const grid = new TimeGrid(1, 3600, 60);
    const slab = new BucketSlab(1000);
    const series = new Series(undefined, 'order', grid, slab);
    series.record(NOON, grid.fineOf(NOON), true, 0.1, false, 1, Number.NaN);
    series.settle();
    expect(slab.usedChunks).toBe(2);
    series.release();
    expect(slab.usedChunks).toBe(0);
  });
});
