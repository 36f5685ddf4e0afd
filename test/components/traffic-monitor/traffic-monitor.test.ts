import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON } from './fixtures.ts';

function recordAt(monitor: TrafficMonitor, clock: ManualClock, seconds: number, latency = 0.1): void {
  clock.seconds = seconds;
  expect(monitor.recordRequest('shop', 'order', latency)).toBe('accepted');
}

describe('TrafficMonitor', () => {
  it('answers for a first record with nothing but the original options', () => {
    const monitor = new TrafficMonitor({ samplingInterval: 1.0 });
    expect(monitor.recordRequest('svc', 'chain', 0.03)).toBe('accepted');
    const [series] = monitor.getMetrics(300).services;
    expect(series).toMatchObject({ service: 'svc', chain: 'chain', requests: 1, errorRatio: 0 });
    expect(series?.latency.quantile(0.95)).toBeCloseTo(0.03, 3);
    expect(series?.latency.meanSeconds).toBeCloseTo(0.03, 12);
  });

  it('divides the arrivals by the window that was asked for', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    for (let second = 0; second < 300; second++) recordAt(monitor, clock, NOON + second + 0.5);
    clock.seconds = NOON + 300;
    expect(monitor.getMetrics(300).services[0]?.ratePerSecond).toBe(1);
    clock.seconds = NOON + 450;
    expect(monitor.getMetrics(300).services[0]?.ratePerSecond).toBe(0.5);
  });

  it('divides by the time since its start while that is shorter than the window', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    for (let second = 0; second < 20; second++) recordAt(monitor, clock, NOON + second + 0.5);
    clock.seconds = NOON + 20;
    const metrics = monitor.getMetrics(300);
    expect(metrics).toMatchObject({ fromSeconds: NOON, toSeconds: NOON + 20 });
    expect(metrics.services[0]?.ratePerSecond).toBe(1);
  });

  it('counts a record of many requests with all its weight', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    monitor.recordRequest('shop', 'order', 0.1, false, NOON, 99);
    monitor.recordRequest('shop', 'order', 5, false, NOON, 1);
    clock.seconds = NOON + 10;
    const [series] = monitor.getMetrics(300).services;
    expect(series).toMatchObject({ requests: 100, ratePerSecond: 10 });
    expect(series?.latency.count).toBe(100);
    expect(series?.latency.quantile(0.95)).toBeCloseTo(0.1, 2);
    expect(series?.latency.meanSeconds).toBeCloseTo(0.149, 9);
  });

  it('keeps failed requests in rate and error ratio and out of the latency', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    monitor.recordRequest('shop', 'order', 0.1, false, NOON, 3);
    monitor.recordRequest('shop', 'order', 60, true, NOON);
    const [series] = monitor.getMetrics().services;
    expect(series).toMatchObject({ requests: 4, errorRatio: 0.25 });
    expect(series?.latency.count).toBe(3);
    expect(series?.latency.quantile(1)).toBeCloseTo(0.1, 2);
  });

  it('has no latency to tell of a series in which everything failed', () => {
    const monitor = new TrafficMonitor({ clock: new ManualClock(NOON) });
    monitor.recordRequest('shop', 'order', 0.1, true);
    const [series] = monitor.getMetrics().services;
    expect(series?.errorRatio).toBe(1);
    expect(series?.latency.quantile(0.5)).toBeNaN();
  });

  it('averages CPU seconds over the requests that told them', () => {
    const monitor = new TrafficMonitor({ clock: new ManualClock(NOON) });
    monitor.recordRequest('shop', 'order', 0.1, false, NOON, 2, 0.05);
    monitor.recordRequest('shop', 'order', 0.1, false, NOON, 8);
    monitor.recordRequest('shop', 'search', 0.1);
    const [order, search] = monitor.getMetrics().services;
    expect(order?.cpuSecondsPerRequest).toBeCloseTo(0.05, 12);
    expect(search).not.toHaveProperty('cpuSecondsPerRequest');
  });

  it('keeps end-to-end samples apart from services', () => {
    const monitor = new TrafficMonitor({ clock: new ManualClock(NOON) });
    monitor.recordRequest('shop', 'order', 0.1);
    monitor.recordEndToEnd('order', 0.4, false, NOON, 2);
    const metrics = monitor.getMetrics();
    expect(metrics.services).toHaveLength(1);
    expect(metrics.endToEnd).toHaveLength(1);
    expect(metrics.endToEnd[0]).toMatchObject({ chain: 'order', requests: 2 });
    expect(metrics.endToEnd[0]).not.toHaveProperty('service');
  });

  it('puts late records where they belong', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    recordAt(monitor, clock, NOON + 3000);
    monitor.recordRequest('shop', 'order', 0.2, false, NOON + 2990);
    monitor.recordRequest('shop', 'order', 0.3, false, NOON + 61, 6);
    expect(monitor.getMetrics(300).services[0]?.requests).toBe(2);
    expect(monitor.getMetrics(5).services[0]?.requests).toBe(1);
    expect(monitor.getMetrics(60, NOON + 120).services[0]).toMatchObject({ requests: 6 });
    expect([...monitor.closedWindows(NOON, NOON + 600)].map((w) => w.fromSeconds)).toEqual([NOON + 60]);
  });

  it('does not let a late record disturb what is kept of the recent past', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    recordAt(monitor, clock, NOON + 3000.5, 0.2);
    recordAt(monitor, clock, NOON + 3031.5);
    for (let age = 361; age < 3000; age++) {
      monitor.recordRequest('shop', 'order', 9, false, NOON + 3031.5 - age);
    }
    const [series] = monitor.getMetrics(50).services;
    expect(series?.requests).toBe(2);
    expect(series?.latency.quantile(0)).toBeCloseTo(0.1, 2);
    expect(series?.latency.quantile(1)).toBeCloseTo(0.2, 2);
  });

  it('counts a record that is a little ahead of the clock as now', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    expect(monitor.recordRequest('shop', 'order', 0.1, false, NOON + 4.9)).toBe('accepted');
    expect(monitor.getMetrics(60).services[0]?.requests).toBe(1);
    expect(monitor.lastRecordSeconds('order')).toBe(NOON);
  });

  it('leaves out series without a request in the window', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    recordAt(monitor, clock, NOON);
    clock.seconds = NOON + 400;
    expect(monitor.getMetrics(300)).toMatchObject({ services: [], endToEnd: [] });
    expect(monitor.getMetrics(3600).services).toHaveLength(1);
  });

  it('forgets what has left the window', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    recordAt(monitor, clock, NOON);
    recordAt(monitor, clock, NOON + 4000);
    expect(monitor.getMetrics(3600).services[0]?.requests).toBe(1);
    expect(monitor.getMetrics(1e9).services[0]?.requests).toBe(1);
  });

  it('knows the newest record of a chain whichever service sent it', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    expect(monitor.lastRecordSeconds('order')).toBeUndefined();
    monitor.recordRequest('shop', 'order', 0.1, false, NOON - 10);
    monitor.recordEndToEnd('order', 0.1, false, NOON - 2);
    monitor.recordRequest('cart', 'order', 0.1, false, NOON - 5);
    expect(monitor.lastRecordSeconds('order')).toBe(NOON - 2);
    expect(monitor.stats).toMatchObject({ accepted: 3, series: 3, firstRecordSeconds: NOON - 10 });
  });

  it('counts latencies longer than its buckets as the longest, so that sums stay finite', () => {
    const monitor = new TrafficMonitor({ clock: new ManualClock(NOON) });
    monitor.recordRequest('shop', 'order', Number.MAX_VALUE, false, NOON, Number.MAX_SAFE_INTEGER);
    const [series] = monitor.getMetrics().services;
    expect(series?.latency.meanSeconds).toBeCloseTo(1e4, 6);
    expect(series?.latency.quantile(0.5)).toBeCloseTo(1e4, -3);
  });

  it('refuses options it cannot work with, by name', () => {
    expect(() => new TrafficMonitor({ samplingInterval: 0 })).toThrow(/samplingInterval: found 0/);
    expect(() => new TrafficMonitor({ windowSize: Number.NaN })).toThrow(/windowSize/);
    expect(() => new TrafficMonitor({ windowSize: 60, step: 61 })).toThrow(/step/);
    expect(() => new TrafficMonitor({ maxSeries: -1 })).toThrow(/maxSeries/);
  });

  it('divides what a chain had by the time since its own first record, at least one counting slot', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    for (let second = 0; second < 300; second++) {
      clock.seconds = NOON + second;
      monitor.recordRequest('auth', 'old', 0.1);
      if (second >= 280) monitor.recordRequest('auth', 'new', 0.1, false, clock.seconds, 3);
    }
    monitor.recordEndToEnd('newest', 0.1, false, clock.seconds, 7);
    clock.seconds = NOON + 300;
    const rates = (window: number) => {
      const { services, endToEnd } = monitor.getMetrics(window);
      return Object.fromEntries([...services, ...endToEnd].map((s) => [s.chain, s.ratePerSecond]));
    };
    expect(rates(60)).toEqual({ old: 1, new: 3, newest: 7 });
    expect(rates(10)).toEqual({ old: 1, new: 3, newest: 7 });
    clock.seconds = NOON + 400;
    expect(rates(200)).toMatchObject({ old: 0.5, new: 60 / 120 });
  });
});
