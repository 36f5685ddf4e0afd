import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import type { TrafficStep } from '../../../src/models/sources.ts';
import { ManualClock, NOON, stage, topologyOf } from './fixtures.ts';

const topology = topologyOf({ auth: ['login'], mail: ['login'] }, { login: [stage('auth'), stage('mail')] });

function fedMonitor(): { clock: ManualClock; monitor: TrafficMonitor } {
  const clock = new ManualClock(NOON);
  const monitor = new TrafficMonitor({ clock, topology, isFed: (service) => service === 'auth' });
  return { clock, monitor };
}

function stepOf(fromSeconds: number, toSeconds: number, more: Partial<TrafficStep> = {}): TrafficStep {
  const idle = { errors: 0, latencies: [], counts: [], latencySum: 0, isLate: false };
  return { service: 'auth', chain: 'login', fromSeconds, toSeconds, ...idle, ...more };
}

const busy = { latencies: [0.1, 0.3], counts: [90, 10], latencySum: 12, errors: 5 };

describe('a monitor that is told of steps', () => {
  it('answers as if their requests had been recorded one by one', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 60;
    expect(monitor.recordStep(stepOf(NOON, NOON + 30, busy))).toBe('accepted');
    expect(monitor.recordStep(stepOf(NOON + 30, NOON + 60, busy))).toBe('accepted');
    const [auth] = monitor.getMetrics(60).services;
    expect(auth).toMatchObject({ service: 'auth', chain: 'login', requests: 210 });
    expect(auth?.ratePerSecond).toBeCloseTo(3.5, 6);
    expect(auth?.errorRatio).toBeCloseTo(10 / 210, 6);
    expect(auth?.latency.count).toBeCloseTo(200, 6);
    expect(auth?.latency.meanSeconds).toBeCloseTo(0.12, 6);
    expect(Math.abs(auth!.latency.quantile(0.5) / 0.1 - 1)).toBeLessThan(0.01);
    expect(Math.abs(auth!.latency.quantile(0.99) / 0.3 - 1)).toBeLessThan(0.01);
  });

  it('counts every request once, however steps lie across slots', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(cuts, counts, fc.integer({ min: 0, max: 9 }), (lengths, each, errors) => {
        const { clock, monitor } = fedMonitor();
        clock.seconds = NOON + 1830;
        let at = NOON + 30;
        let answered = 0;
        for (const length of lengths) {
          const told = { errors, latencies: [0.1, 0.2, 0.4], counts: each, latencySum: 1 };
          expect(monitor.recordStep(stepOf(at, at + length, told))).toBe('accepted');
          answered += each.reduce((sum, count) => sum + count, 0);
          at += length;
        }
        const series = monitor.getMetrics(3600).services[0];
        expect(series?.requests ?? 0).toBeCloseTo(answered + lengths.length * errors, 6);
        if (answered > 0)
          expect(series!.latency.meanSeconds * answered).toBeCloseTo(
            lengths.length * (sum(each) > 0 ? 1 : 0),
            6,
          );
      }),
    );
  });

  it('knows a told silence from a gap', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 240;
    monitor.recordStep(stepOf(NOON, NOON + 60, busy));
    monitor.recordStep(stepOf(NOON + 60, NOON + 120));
    monitor.recordStep(stepOf(NOON + 180, NOON + 240, busy));
    const { rates } = monitor.chainSeries('login', clock.seconds, 5);
    expect([...rates]).toEqual([Number.NaN, 105 / 60, 0, Number.NaN, 105 / 60]);
  });

  it('takes a silent series that is told of as heard of', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 60;
    monitor.recordStep(stepOf(NOON, NOON + 60));
    expect(monitor.lastRecordSeconds('login')).toBe(NOON + 60);
    expect(monitor.toldUntilSeconds('auth', 'login')).toBe(NOON + 60);
    expect(monitor.toldUntilSeconds('mail', 'login')).toBeUndefined();
  });

  it('leaves a series out of a closed window of which a part is missing, and keeps the others', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 120;
    monitor.recordStep(stepOf(NOON, NOON + 60, busy));
    monitor.recordStep(stepOf(NOON + 60, NOON + 90, busy));
    monitor.recordRequest('mail', 'login', 0.1, false, NOON + 70);
    const windows = [...monitor.closedWindows(NOON, NOON + 120)];
    const names = windows.map(({ services }) => services.map(({ service }) => service));
    expect(names).toEqual([['auth'], ['mail']]);
    monitor.recordStep(stepOf(NOON + 90, NOON + 120));
    const [, second] = [...monitor.closedWindows(NOON, NOON + 120)];
    expect(second?.services.map(({ service }) => service).sort()).toEqual(['auth', 'mail']);
  });

  it('answers for the latest seconds that it was told of while they are not old', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 90;
    monitor.recordStep(stepOf(NOON, NOON + 30, busy));
    monitor.recordStep(stepOf(NOON + 30, NOON + 60, busy));
    expect(monitor.getMetrics(30).services[0]?.requests).toBeCloseTo(105, 6);
    clock.seconds = NOON + 181;
    expect(monitor.getMetrics(30).services).toEqual([]);
  });

  it('says nothing of those who post records', () => {
    const { clock, monitor } = fedMonitor();
    const posting = new TrafficMonitor({ clock, topology, isFed: (service) => service === 'mail' });
    for (const each of [monitor, posting]) each.recordRequest('auth', 'login', 0.1, false, NOON);
    clock.seconds = NOON + 120;
    posting.recordStep(stepOf(NOON, NOON + 120, { service: 'mail' }));
    // Nobody posted in the second minute: whether there was traffic is not known, though another service was scraped.
    expect([...posting.chainSeries('login', clock.seconds, 1).rates]).toEqual([Number.NaN]);
  });

  it('refuses records of a series that it is told of in steps, so that nothing counts twice', () => {
    const { monitor } = fedMonitor();
    expect(monitor.recordRequest('auth', 'login', 0.1)).toBe('fed-by-source');
    expect(monitor.recordRequest('mail', 'login', 0.1)).toBe('accepted');
    monitor.reconfigure({ topology });
    expect(monitor.recordRequest('auth', 'login', 0.1)).toBe('accepted');
  });

  it('adds late requests without telling of the time again', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 60;
    monitor.recordStep(stepOf(NOON, NOON + 60, busy));
    monitor.recordStep(stepOf(NOON, NOON + 60, { ...busy, errors: 0, isLate: true }));
    expect([...monitor.chainSeries('login', clock.seconds, 1).rates]).toEqual([205 / 60]);
  });

  it('refuses what is no step', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 4000;
    const now = clock.seconds;
    const bad: [Partial<TrafficStep>, string][] = [
      [{ service: 'nobody' }, 'unknown-service'],
      [{ fromSeconds: now }, 'invalid-timestamp'],
      [{ toSeconds: now + 60 }, 'in-the-future'],
      [{ fromSeconds: NOON - 60, toSeconds: NOON }, 'too-old'],
      [{ errors: 0.5 }, 'invalid-count'],
      [{ counts: [-1], latencies: [1] }, 'invalid-count'],
      [{ counts: [1], latencies: [] }, 'invalid-count'],
      [{ counts: [1], latencies: [Number.NaN] }, 'invalid-response-time'],
      [{ latencySum: Number.POSITIVE_INFINITY }, 'invalid-response-time'],
    ];
    for (const [more, outcome] of bad) {
      expect(monitor.recordStep(stepOf(now - 60, now, more)), JSON.stringify(more)).toBe(outcome);
    }
    expect(monitor.getMetrics(3600).services).toEqual([]);
  });
});

describe('a monitor that took told steps back after a restart', () => {
  it('knows silence, gaps and the newest step as before', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 300;
    monitor.recordStep(stepOf(NOON, NOON + 60, busy));
    monitor.recordStep(stepOf(NOON + 60, NOON + 120));
    monitor.recordStep(stepOf(NOON + 180, NOON + 240, busy));
    const again = new TrafficMonitor({ clock, topology, isFed: (service) => service === 'auth' });
    expect(again.restore(monitor.drain())).toEqual({ restored: 3, skipped: 0 });
    expect(again.toldUntilSeconds('auth', 'login')).toBe(NOON + 240);
    const series = (of: TrafficMonitor) => [...of.chainSeries('login', clock.seconds, 5).rates];
    expect(series(again)).toEqual(series(monitor));
    again.recordStep(stepOf(NOON + 240, NOON + 300, busy));
    expect(series(again).at(-1)).toBeCloseTo(105 / 60, 9);
    expect([...again.closedWindows(NOON, NOON + 300)].map((window) => window.services.length)).toEqual([
      1, 0, 1, 1,
    ]);
  });

  it('tells the rate of its latest seconds, whether or not it still has them one by one', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 120;
    monitor.recordStep(stepOf(NOON, NOON + 60, busy));
    const again = new TrafficMonitor({ clock, topology, isFed: (service) => service === 'auth' });
    again.restore(monitor.drain());
    for (const seconds of [15, 30, 60]) {
      expect(again.getMetrics(seconds).services[0]?.requests).toBeCloseTo((105 * seconds) / 60, 6);
    }
    again.recordStep(stepOf(NOON + 60, NOON + 90, { ...busy, errors: 0 }));
    expect(again.getMetrics(15).services[0]?.requests).toBeCloseTo(50, 6);
    expect(again.getMetrics(90).services[0]?.ratePerSecond).toBeCloseTo(205 / 90, 6);
  });

  it('forgets what it was told of times that are to come again', () => {
    const { clock, monitor } = fedMonitor();
    clock.seconds = NOON + 240;
    for (let at = NOON; at < NOON + 240; at += 60) monitor.recordStep(stepOf(at, at + 60, busy));
    clock.seconds = NOON + 119;
    expect([...monitor.chainSeries('login', clock.seconds, 1).rates]).toEqual([105 / 60]);
    expect(monitor.toldUntilSeconds('auth', 'login')).toBe(NOON + 119);
    clock.seconds = NOON + 240;
    expect([...monitor.chainSeries('login', clock.seconds, 1).rates]).toEqual([Number.NaN]);
  });
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
