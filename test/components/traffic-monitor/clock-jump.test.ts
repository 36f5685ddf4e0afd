import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON } from './fixtures.ts';

const HOUR = 3600;

function watch(monitor: TrafficMonitor, clock: ManualClock, from: number, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    clock.seconds = from + second + 0.5;
    expect(monitor.recordRequest('auth', 'login', 0.1)).toBe('accepted');
  }
  clock.seconds = from + seconds;
}

describe('when the clock jumps', () => {
  it('an hour ahead and back again, what was recorded in the false hour is gone when that hour comes', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    watch(monitor, clock, NOON, 120);
    watch(monitor, clock, NOON + 120 + HOUR, 60);
    watch(monitor, clock, NOON + 120, 60);
    expect(monitor.getMetrics(180).services[0]).toMatchObject({ requests: 180, ratePerSecond: 1 });
    expect(monitor.lastRecordSeconds('login')).toBeLessThanOrEqual(clock.seconds);
    watch(monitor, clock, NOON + 120 + HOUR, 60);
    expect(monitor.getMetrics(60).services[0]).toMatchObject({ requests: 60, ratePerSecond: 1 });
    expect([...monitor.closedWindows(NOON + 120 + HOUR, clock.seconds)][0]?.services[0]?.requests).toBe(60);
  });

  it('an hour back, traffic is watched on from there', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    watch(monitor, clock, NOON, 300);
    watch(monitor, clock, NOON + 300 - HOUR, 300);
    const metrics = monitor.getMetrics(300);
    expect(metrics.services[0]?.requests).toBe(300);
    expect(metrics.services[0]?.ratePerSecond).toBeCloseTo(1, 2);
    expect(metrics.services[0]?.latency.count).toBe(300);
    for (const rate of monitor.chainSeries('login', clock.seconds, 5).rates) expect(rate).toBeCloseTo(1, 1);
  });

  it('back, rows that were stored for the false hour are written over as empty', () => {
    const clock = new ManualClock(NOON + HOUR);
    const monitor = new TrafficMonitor({ clock });
    watch(monitor, clock, NOON + HOUR, 30);
    const stored = monitor.drain();
    watch(monitor, clock, NOON, 30);
    const later = monitor.drain();
    expect(later.map((row) => row.startSeconds)).toContain(stored[0]?.startSeconds);
    clock.seconds = NOON + HOUR + 60;
    const again = new TrafficMonitor({ clock });
    again.restore(later);
    expect(again.getMetrics(120).services).toEqual([]);
  });

  it('to and fro at random, it neither crashes nor answers with anything that is no number', () => {
    const clock = new ManualClock(NOON);
    const monitor = new TrafficMonitor({ clock });
    for (let i = 0; i < 2000; i++) {
      clock.seconds = NOON + ((i * 7919) % 20_000) - 10_000;
      monitor.recordRequest('auth', 'login', 0.1, i % 7 === 0);
      if (i % 50 !== 0) continue;
      monitor.drain();
      for (const series of monitor.getMetrics(1800).services) {
        expect(series.ratePerSecond).toBeGreaterThan(0);
        expect(series.errorRatio).toBeLessThanOrEqual(1);
        expect(series.latency.count).toBeLessThanOrEqual(series.requests);
      }
    }
    expect(monitor.stats.accepted).toBe(2000);
  });
});
