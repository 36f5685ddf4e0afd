import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON, stage, topologyOf } from './fixtures.ts';

const topology = topologyOf(
  { auth: ['login', 'order'], payment: ['order'] },
  { login: [stage('auth')], order: [stage('auth'), stage('payment')] },
);

function monitorOf(options: ConstructorParameters<typeof TrafficMonitor>[0] = {}) {
  const clock = new ManualClock(NOON);
  return { clock, monitor: new TrafficMonitor({ clock, topology, ...options }) };
}

describe('a record', () => {
  it.each([
    ['a response time that is NaN', [Number.NaN], 'invalid-response-time'],
    ['an infinite response time', [Number.POSITIVE_INFINITY], 'invalid-response-time'],
    ['a negative response time', [-0.001], 'invalid-response-time'],
    ['a count of zero', [0.1, false, NOON, 0], 'invalid-count'],
    ['a negative count', [0.1, false, NOON, -1], 'invalid-count'],
    ['a fractional count', [0.1, false, NOON, 1.5], 'invalid-count'],
    ['a count that is NaN', [0.1, false, NOON, Number.NaN], 'invalid-count'],
    ['a count too large to be exact', [0.1, false, NOON, 2 ** 53], 'invalid-count'],
    ['negative CPU seconds', [0.1, false, NOON, 1, -1], 'invalid-cpu-seconds'],
    ['infinite CPU seconds', [0.1, false, NOON, 1, Number.POSITIVE_INFINITY], 'invalid-cpu-seconds'],
    ['a timestamp that is NaN', [0.1, false, Number.NaN], 'invalid-timestamp'],
    ['a negative timestamp', [0.1, false, -1], 'invalid-timestamp'],
    ['a timestamp more than 5 s ahead', [0.1, false, NOON + 5.001], 'in-the-future'],
    ['a timestamp before the window', [0.1, false, NOON - 3600.001], 'too-old'],
  ] as const)('with %s is rejected and counted as such', (_, rest, outcome) => {
    const { monitor } = monitorOf();
    const [responseTime, isError, at, count, cpu] = rest;
    expect(monitor.recordRequest('auth', 'login', responseTime, isError, at, count, cpu)).toBe(outcome);
    expect(monitor.stats.rejected[outcome]).toBe(1);
    expect(monitor.stats).toMatchObject({ accepted: 0, series: 0 });
    expect(monitor.getMetrics().services).toEqual([]);
  });

  it('at the very edges of what is allowed is accepted', () => {
    const { monitor } = monitorOf();
    expect(monitor.recordRequest('auth', 'login', 0)).toBe('accepted');
    expect(monitor.recordRequest('auth', 'login', 0.1, false, NOON + 5)).toBe('accepted');
    expect(monitor.recordRequest('auth', 'login', 0.1, false, NOON - 3600)).toBe('accepted');
    expect(monitor.recordRequest('auth', 'login', 0.1, false, NOON, 1, 0)).toBe('accepted');
    expect(monitor.stats.accepted).toBe(4);
  });

  it('of an unknown service or chain, or of a chain that the service does not list, is rejected', () => {
    const { monitor } = monitorOf();
    expect(monitor.recordRequest('cart', 'order', 0.1)).toBe('unknown-service');
    expect(monitor.recordRequest('auth', 'search', 0.1)).toBe('unknown-chain');
    expect(monitor.recordRequest('payment', 'login', 0.1)).toBe('chain-not-listed');
    expect(monitor.recordEndToEnd('search', 0.1)).toBe('unknown-chain');
    expect(monitor.recordEndToEnd('order', 0.1)).toBe('accepted');
    expect(monitor.stats.series).toBe(1);
  });

  it('with a name that is empty, too long or has control characters is rejected also when names are learned', () => {
    const { monitor } = monitorOf({ unknown: 'learn' });
    for (const name of ['', 'x'.repeat(254), 'a\nb', 'a\u0000', '\u007f', '\u0085']) {
      expect(monitor.recordRequest(name, 'order', 0.1)).toBe('invalid-id');
      expect(monitor.recordRequest('auth', name, 0.1)).toBe('invalid-id');
      expect(monitor.recordEndToEnd(name, 0.1)).toBe('invalid-id');
    }
    expect(monitor.recordRequest('x'.repeat(253), 'größe', 0.1)).toBe('accepted');
  });

  it('with a name out of the object prototype is a record like any other', () => {
    const { monitor } = monitorOf();
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(monitor.recordRequest(name, 'order', 0.1)).toBe('unknown-service');
      expect(monitor.recordRequest('auth', name, 0.1)).toBe('unknown-chain');
    }
    const { monitor: learning } = monitorOf({ unknown: 'learn' });
    expect(learning.recordRequest('__proto__', 'constructor', 0.1)).toBe('accepted');
    expect(learning.getMetrics().services[0]).toMatchObject({ service: '__proto__', chain: 'constructor' });
    expect(learning.chainSeries('constructor', NOON, 1).chain).toBe('constructor');
    expect(learning.lastRecordSeconds('toString')).toBeUndefined();
  });

  it('of a new series is rejected when there are as many as are allowed', () => {
    const { monitor } = monitorOf({ unknown: 'learn', maxSeries: 7 });
    expect(monitor.recordRequest('a', 'x', 0.1)).toBe('accepted');
    expect(monitor.recordEndToEnd('x', 0.1)).toBe('accepted');
    expect(monitor.recordRequest('b', 'x', 0.1)).toBe('too-many-series');
    expect(monitor.recordRequest('a', 'x', 0.1)).toBe('accepted');
    expect(monitor.stats).toMatchObject({ series: 2, maxSeries: 7, accepted: 3 });
    expect(monitor.stats.rejected['too-many-series']).toBe(1);
  });

  it('of a new series takes the place of one that has been silent for a whole window', () => {
    const { monitor, clock } = monitorOf({ unknown: 'learn', maxSeries: 7 });
    monitor.recordRequest('a', 'x', 0.1);
    monitor.recordRequest('b', 'x', 0.1);
    clock.seconds = NOON + 3000;
    monitor.recordRequest('b', 'x', 0.1);
    clock.seconds = NOON + 3601;
    expect(monitor.recordRequest('c', 'x', 0.1)).toBe('accepted');
    expect(monitor.getMetrics(3600).services.map((s) => s.service)).toEqual(['b', 'c']);
  });

  it('is never known where unknown names are rejected and there is no topology', () => {
    const monitor = new TrafficMonitor({ unknown: 'reject', clock: new ManualClock(NOON) });
    expect(monitor.recordRequest('auth', 'login', 0.1)).toBe('unknown-service');
    expect(monitor.recordEndToEnd('login', 0.1)).toBe('unknown-chain');
  });
});

describe('a changed configuration', () => {
  it('drops the series that are no longer known and keeps the data of the others', () => {
    const { monitor } = monitorOf();
    for (const [service, chain] of [
      ['auth', 'login'],
      ['auth', 'order'],
      ['payment', 'order'],
    ] as const) {
      monitor.recordRequest(service, chain, 0.1);
      monitor.recordEndToEnd(chain, 0.2);
    }
    monitor.reconfigure({ topology: topologyOf({ auth: ['order'] }, { order: [stage('auth')] }) });
    expect(monitor.getMetrics().services.map((s) => [s.service, s.chain])).toEqual([['auth', 'order']]);
    expect(monitor.getMetrics().endToEnd).toMatchObject([{ chain: 'order', requests: 2 }]);
    expect(monitor.recordRequest('auth', 'login', 0.1)).toBe('unknown-chain');
    expect(monitor.lastRecordSeconds('login')).toBeUndefined();
    expect(monitor.stats.series).toBe(2);
  });

  it('can begin to learn, with another cap, and lose nothing', () => {
    const { monitor } = monitorOf();
    monitor.recordRequest('auth', 'login', 0.1);
    monitor.reconfigure({ topology, unknown: 'learn', maxSeries: 6 });
    expect(monitor.recordRequest('cart', 'login', 0.1)).toBe('accepted');
    expect(monitor.recordRequest('mail', 'login', 0.1)).toBe('too-many-series');
    expect(monitor.getMetrics().services).toHaveLength(2);
  });
});
