import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON, stage, topologyOf } from './fixtures.ts';

function monitorAt(seconds: number, options: ConstructorParameters<typeof TrafficMonitor>[0] = {}) {
  const clock = new ManualClock(seconds);
  return { clock, monitor: new TrafficMonitor({ clock, ...options }) };
}

describe('the series of a chain', () => {
  it('is zero in a quiet step, and unknown before its first record and while nobody recorded anything', () => {
    const { clock, monitor } = monitorAt(NOON);
    monitor.recordRequest('auth', 'other', 0.1);
    clock.seconds = NOON + 60;
    monitor.recordRequest('auth', 'login', 0.1, false, NOON + 60, 120);
    clock.seconds = NOON + 120;
    monitor.recordRequest('auth', 'other', 0.1);
    // From 180 to 240 s nothing at all is recorded.
    clock.seconds = NOON + 240;
    monitor.recordRequest('auth', 'login', 0.3, true, NOON + 240, 60);
    clock.seconds = NOON + 300;
    const series = monitor.chainSeries('login', NOON + 300, 7);
    expect(series).toMatchObject({ chain: 'login', startSeconds: NOON - 120, stepSeconds: 60 });
    const nan = Number.NaN;
    expect([...series.rates]).toEqual([nan, nan, nan, 2, 0, nan, 1]);
    expect([...series.latencies]).toEqual([nan, nan, nan, expect.closeTo(0.1, 9), nan, nan, nan]);
    expect([...series.errorRatios]).toEqual([nan, nan, nan, 0, nan, nan, 1]);
  });

  it('takes whole steps before the given time', () => {
    const { clock, monitor } = monitorAt(NOON);
    for (let i = 0; i < 5; i++) monitor.recordRequest('auth', 'login', 0.1, false, NOON - 60 * i - 1, i + 1);
    clock.seconds = NOON + 59;
    expect(monitor.chainSeries('login', NOON + 59, 2).startSeconds).toBe(NOON - 120);
    expect(monitor.chainSeries('login', NOON - 61, 1).startSeconds).toBe(NOON - 180);
    expect(monitor.chainSeries('login', NOON + 1e6, 1).startSeconds).toBe(NOON - 60);
  });

  it('is that of the first stage, with its visits divided out', () => {
    const topology = topologyOf(
      { auth: ['order'], payment: ['order'] },
      { order: [stage('auth', 3), stage('payment')] },
    );
    const { clock, monitor } = monitorAt(NOON, { topology });
    monitor.recordRequest('payment', 'order', 0.1, false, NOON, 900);
    monitor.recordEndToEnd('order', 0.1, false, NOON, 900);
    monitor.recordRequest('auth', 'order', 0.1, false, NOON, 180);
    clock.seconds = NOON + 60;
    expect([...monitor.chainSeries('order', NOON + 60, 1).rates]).toEqual([1]);
  });

  it('is that of the first stage with records when the first one has none', () => {
    const topology = topologyOf(
      { auth: ['order'], payment: ['order'] },
      { order: [stage('auth'), stage('payment', 2)] },
    );
    const { clock, monitor } = monitorAt(NOON, { topology });
    monitor.recordRequest('payment', 'order', 0.1, false, NOON, 240);
    clock.seconds = NOON + 60;
    expect([...monitor.chainSeries('order', NOON + 60, 1).rates]).toEqual([2]);
  });

  it('is that of the end-to-end samples when no service has records', () => {
    const topology = topologyOf({ auth: ['order'] }, { order: [stage('auth', 2)] });
    const { clock, monitor } = monitorAt(NOON, { topology });
    monitor.recordEndToEnd('order', 0.7, false, NOON, 60);
    clock.seconds = NOON + 60;
    const series = monitor.chainSeries('order', NOON + 60, 1);
    expect([...series.rates]).toEqual([1]);
    expect(series.latencies[0]).toBeCloseTo(0.7, 9);
  });

  it('is that of the busiest service when no stages are known', () => {
    const { clock, monitor } = monitorAt(NOON);
    monitor.recordRequest('auth', 'order', 0.1, false, NOON, 60);
    monitor.recordRequest('payment', 'order', 0.1, false, NOON, 180);
    monitor.recordEndToEnd('order', 0.5, false, NOON, 600);
    clock.seconds = NOON + 60;
    const series = monitor.chainSeries('order', NOON + 60, 1);
    expect([...series.rates]).toEqual([3]);
    expect(series.latencies[0]).toBeCloseTo(0.5, 9);
  });

  it('reaches back a whole window, and is unknown beyond', () => {
    const { clock, monitor } = monitorAt(NOON);
    for (let second = 0; second < 3900; second += 30) {
      clock.seconds = NOON + second;
      monitor.recordRequest('auth', 'login', 0.1, false, clock.seconds, 30);
    }
    clock.seconds = NOON + 3899;
    const rates = [...monitor.chainSeries('login', clock.seconds, 70).rates];
    expect(rates.slice(-60)).toEqual(Array.from({ length: 60 }, () => 1));
    expect(rates.slice(0, 4).every(Number.isNaN)).toBe(true);
  });

  it.each([
    ['of 12 s', 12, 60],
    ['longer than a minute', 90, 3600],
    ['of half a second', 0.5, 60],
    ['that does not divide a minute', 16 + 2 / 3, 1000],
    ['that fits a minute in no way', 60 + 1 / 60, 3601],
  ])('has the right rates in steps %s', (_, step, windowSize) => {
    const start = Math.ceil(NOON / step) * step;
    const { clock, monitor } = monitorAt(start, { step, windowSize });
    const parts = Math.round(step * 20);
    for (let i = 0; i < 10; i++) {
      for (let part = 0; part < parts; part++) {
        clock.seconds = start + (i + (part + 0.5) / parts) * step;
        monitor.recordRequest('auth', 'login', 0.1, false, clock.seconds, i + 1);
      }
    }
    clock.seconds = start + 10 * step + 1e-4;
    const { rates, stepSeconds } = monitor.chainSeries('login', clock.seconds, 10);
    expect(stepSeconds).toBe(step);
    for (const [i, rate] of rates.entries()) expect(Math.abs(rate / (20 * (i + 1)) - 1)).toBeLessThan(0.05);
  });

  it('is unknown in the step in which the chain began, unless it began with the step', () => {
    const { clock, monitor } = monitorAt(NOON);
    for (let second = 0; second < 180; second++) {
      clock.seconds = NOON + second;
      monitor.recordRequest('auth', 'other', 0.1);
      if (second >= 56) monitor.recordRequest('auth', 'login', 0.1, false, clock.seconds, 8);
    }
    clock.seconds = NOON + 180;
    expect([...monitor.chainSeries('login', NOON + 180, 3).rates]).toEqual([Number.NaN, 8, 8]);
    expect([...monitor.chainSeries('other', NOON + 180, 3).rates]).toEqual([1, 1, 1]);
  });

  it('is unknown in the step in which its first stage began to tell, though others told before', () => {
    const topology = topologyOf(
      { auth: ['order'], pay: ['order'] },
      { order: [stage('auth'), stage('pay')] },
    );
    const { clock, monitor } = monitorAt(NOON, { topology });
    for (let second = 0; second < 180; second++) {
      clock.seconds = NOON + second;
      monitor.recordRequest('pay', 'order', 0.1, false, clock.seconds, 4);
      if (second >= 100) monitor.recordRequest('auth', 'order', 0.1, false, clock.seconds, 4);
    }
    clock.seconds = NOON + 180;
    expect([...monitor.chainSeries('order', NOON + 180, 3).rates]).toEqual([Number.NaN, Number.NaN, 4]);
  });

  it('is unknown in the steps that a restart cut short, and known when it took next to nothing', () => {
    const rates = [2, 30].map((away) => {
      const { clock, monitor } = monitorAt(NOON);
      const restarted = new TrafficMonitor({ clock });
      for (let second = 0; second < 300; second++) {
        clock.seconds = NOON + second;
        if (second === 110 + away) restarted.restore(monitor.drain());
        const running = second < 110 ? monitor : second >= 110 + away ? restarted : undefined;
        running?.recordRequest('auth', 'login', 0.1, false, clock.seconds, 60);
      }
      clock.seconds = NOON + 300;
      return [...restarted.chainSeries('login', NOON + 300, 5).rates];
    });
    expect(rates[0]).toEqual([60, 58, 60, 60, 60]);
    expect(rates[1]).toEqual([60, Number.NaN, Number.NaN, 60, 60]);
  });

  it('of a chain that was taken away and added again is unknown in the step in which it was', () => {
    const both = topologyOf({ auth: ['login', 'order'] }, { login: [stage('auth')], order: [stage('auth')] });
    const one = topologyOf({ auth: ['order'] }, { order: [stage('auth')] });
    const { clock, monitor } = monitorAt(NOON, { topology: both });
    for (let second = 0; second < 240; second++) {
      clock.seconds = NOON + second;
      if (second === 70) monitor.reconfigure({ topology: one });
      if (second === 150) monitor.reconfigure({ topology: both });
      for (const chain of ['login', 'order'])
        monitor.recordRequest('auth', chain, 0.1, false, NOON + second, 5);
    }
    clock.seconds = NOON + 240;
    const nan = Number.NaN;
    expect([...monitor.chainSeries('login', NOON + 240, 4).rates]).toEqual([nan, nan, nan, 5]);
    expect([...monitor.chainSeries('order', NOON + 240, 4).rates]).toEqual([5, 5, 5, 5]);
  });

  it('of a chain that nobody knows is unknown throughout', () => {
    const { monitor } = monitorAt(NOON);
    monitor.recordRequest('auth', 'login', 0.1);
    expect([...monitor.chainSeries('search', NOON + 60, 3).rates].every(Number.isNaN)).toBe(true);
    expect(monitor.chainSeries('login', NOON, 0).rates).toHaveLength(0);
  });
});
