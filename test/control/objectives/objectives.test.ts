import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { UsageBook } from '../../../src/control/books/usage-book.ts';
import { jainIndex } from '../../../src/control/objectives/jain-index.ts';
import { measureObjectives } from '../../../src/control/objectives/objectives.ts';
import { WindowTracker } from '../../../src/control/objectives/window-tracker.ts';
import { confidentProfiles, FakeClock, initialCapacities, NOW, settingsWith } from '../fixtures.ts';

const settings = settingsWith();

function setUp() {
  const clock = new FakeClock(NOW);
  const traffic = new TrafficMonitor({ topology: settings.topology, clock });
  return {
    clock,
    traffic,
    settings,
    profiles: confidentProfiles(1),
    capacities: initialCapacities(settings),
    usage: new UsageBook(),
    windows: new WindowTracker(),
  };
}

describe('the metrics of the whole', () => {
  it('says nothing where nothing is known', () => {
    expect(measureObjectives(setUp())).toEqual({ utilization: [], chains: [] });
  });

  it('counts a request over the SLO or failed as a violation', () => {
    const parts = setUp();
    parts.traffic.recordEndToEnd('user-registration', 0.1, false, NOW, 70);
    parts.traffic.recordEndToEnd('user-registration', 0.3, false, NOW, 20);
    parts.traffic.recordEndToEnd('user-registration', 0.1, true, NOW, 10);
    const [chain] = measureObjectives(parts).chains;
    expect(chain).toMatchObject({ chain: 'user-registration', source: 'end-to-end' });
    expect(chain?.violationRatio).toBeCloseTo(0.3, 5);
    expect(chain?.burnRates.short).toBeCloseTo(0.3 / 0.05, 4);
    expect(chain?.averageSeconds).toBeCloseTo((70 * 0.1 + 20 * 0.3) / 90, 3);
  });

  it('sees a total outage, in the ratios and in the windows', () => {
    const parts = setUp();
    const start = Math.floor(NOW / 60) * 60 - 60;
    parts.traffic.recordEndToEnd('user-registration', 0.1, true, start + 1, 490);
    parts.traffic.recordEndToEnd('user-registration', 0.1, false, start + 1, 10);
    const [window] = parts.traffic.closedWindows(start, start + 60);
    parts.windows.judge(window!, settings.topology, 3600);
    const [chain] = measureObjectives(parts).chains;
    expect(chain).toMatchObject({ source: 'end-to-end', violatingWindowsRatio: 1 });
    expect(chain?.violationRatio).toBeCloseTo(0.98);
    expect(chain?.burnRates.long).toBeCloseTo(0.98 / 0.05);
    expect(chain).not.toHaveProperty('averageSeconds');
  });

  it('says nothing of a handful of requests, failed or not', () => {
    const parts = setUp();
    parts.traffic.recordEndToEnd('user-registration', 0.1, true, NOW, 5);
    parts.traffic.recordRequest('auth-service', 'user-registration', 0.1, true, NOW, 5);
    expect(measureObjectives(parts).chains).toEqual([]);
  });

  it('composes a chain without samples from the times of its services', () => {
    const parts = setUp();
    parts.traffic.recordRequest('auth-service', 'order-processing', 0.2, false, NOW, 100);
    expect(measureObjectives(parts).chains).toEqual([]);
    parts.traffic.recordRequest('payment-service', 'order-processing', 0.4, false, NOW, 100);
    const [chain] = measureObjectives(parts).chains;
    expect(chain).toMatchObject({ chain: 'order-processing', source: 'composed', violationRatio: 1 });
    expect(chain?.quantiles['0.95']).toBeCloseTo(0.6, 1);
  });

  it('tells measured and estimated use over what is allocated', () => {
    const parts = setUp();
    parts.traffic.recordRequest('auth-service', 'order-processing', 0.05, false, NOW - 200, 6000);
    parts.usage.note({ service: 'auth-service', atSeconds: NOW - 10, cpu: 1, memory: 2048 });
    const { utilization } = measureObjectives(parts);
    expect(utilization).toContainEqual({ resource: 'cpu', source: 'measured', ratio: 1 / 4 });
    expect(utilization).toContainEqual({ resource: 'memory', source: 'measured', ratio: 2048 / 8192 });
    // 6,000 visits of 10 ms in 300 s are 0.2 cores.
    const estimated = utilization.find(({ source }) => source === 'estimated');
    expect(estimated?.ratio).toBeCloseTo(0.2 / 4, 2);
  });

  it("has Jain's index at 1 for equals, 1/n for one that has it all, and none for nobody", () => {
    expect(jainIndex([3, 3, 3])).toBeCloseTo(1);
    expect(jainIndex([1, 0, 0, 0])).toBeCloseTo(0.25);
    expect(jainIndex([])).toBeUndefined();
  });

  it('remembers which windows violated, each once', () => {
    const { windows, traffic } = setUp();
    const start = Math.floor(NOW / 60) * 60 - 120;
    traffic.recordEndToEnd('user-registration', 0.1, false, start + 1, 50);
    traffic.recordEndToEnd('user-registration', 0.4, false, start + 61, 50);
    for (const window of traffic.closedWindows(start, start + 120)) {
      windows.judge(window, settings.topology, 3600);
      windows.judge(window, settings.topology, 3600);
    }
    expect(windows.violatingRatio('user-registration')).toBe(0.5);
    expect(windows.violatingRatio('order-processing')).toBeUndefined();
  });
});
