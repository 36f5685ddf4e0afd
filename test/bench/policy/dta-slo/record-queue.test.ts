import { describe, expect, it } from 'vitest';
import { RecordQueue } from '../../../../bench/policy/dta-slo/record-queue.ts';
import { TrafficMonitor } from '../../../../src/components/traffic-monitor/traffic-monitor.ts';

const EPOCH = 1_800_000_000;
const NAMES = { services: ['front', 'back'], chains: ['buy', 'look'] };

describe('RecordQueue', () => {
  it('delivers every record once, when it has ended and not before, however many wait', () => {
    const queue = new RecordQueue();
    const monitor = new TrafficMonitor({ clock: { nowSeconds: () => EPOCH + 100 }, unknown: 'learn' });
    for (let index = 0; index < 5000; index++) queue.onVisit(index % 2, 0, 0.01, 0.02, 0, false, index / 100);
    queue.deliver(20, monitor, NAMES, EPOCH);
    expect(monitor.stats.accepted).toBe(2001);
    for (let index = 0; index < 3000; index++) queue.onRequest(1, 0.05, index % 3 === 0, 50 + index / 1000);
    queue.deliver(60, monitor, NAMES, EPOCH);
    queue.deliver(60, monitor, NAMES, EPOCH);
    expect(monitor.stats.accepted).toBe(8000);
    expect(queue.waiting).toBe(0);
    const { services, endToEnd } = monitor.getMetrics(100);
    expect(services.map(({ service, requests }) => [service, requests])).toEqual([
      ['front', 2500],
      ['back', 2500],
    ]);
    expect(endToEnd[0]).toMatchObject({ chain: 'look', requests: 3000, errorRatio: 1 / 3 });
  });
});
