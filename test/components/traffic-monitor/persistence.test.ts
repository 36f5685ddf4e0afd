import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import type { SeriesWindowRow, TrafficMetrics } from '../../../src/models/metrics.ts';
import { ManualClock, NOON, stage, topologyOf } from './fixtures.ts';
import { play, steps } from './scenario.ts';

/** What a store does with rows: the newest under each key stays. */
class RowStore {
  readonly #rows = new Map<string, SeriesWindowRow>();

  save(rows: readonly SeriesWindowRow[]): void {
    for (const row of rows) {
      const copy = { ...row, payload: row.payload.slice() };
      this.#rows.set(JSON.stringify([row.service, row.chain, row.startSeconds]), copy);
    }
  }

  get rows(): SeriesWindowRow[] {
    return [...this.#rows.values()];
  }
}

/** Figures that can be compared: sums are made in another order after a restart. */
function comparable(metrics: TrafficMetrics) {
  const figures = [...metrics.services, ...metrics.endToEnd].map((s) => [
    `${s.service}/${s.chain}`,
    ...[s.requests, s.latency.count, s.ratePerSecond, s.errorRatio, s.latency.meanSeconds].map(rounded),
    rounded(s.cpuSecondsPerRequest ?? Number.NaN),
    ...[0, 0.5, 0.95, 1].map((q) => s.latency.quantile(q)),
  ]);
  return figures.sort((a, b) => String(a[0]).localeCompare(String(b[0])));
}

function rounded(value: number): number {
  return Number(value.toPrecision(10));
}

function filled(): { clock: ManualClock; monitor: TrafficMonitor } {
  const clock = new ManualClock(NOON);
  const monitor = new TrafficMonitor({ clock });
  for (let second = 0; second < 600; second += 10) {
    clock.seconds = NOON + second;
    monitor.recordRequest('auth', 'login', 0.1 + second / 1000, second % 50 === 0, clock.seconds, 2, 0.01);
    monitor.recordEndToEnd('login', 0.5);
  }
  clock.seconds = NOON + 600;
  return { clock, monitor };
}

describe('a monitor that took its rows back', () => {
  it('answers over coarse windows as before', () => {
    fc.assert(
      fc.property(steps, steps, (script, more) => {
        const store = new RowStore();
        const before = play([...script, ...more]);
        const { monitor, clock } = before;
        store.save(monitor.drain());
        const again = new TrafficMonitor({ clock });
        const old = store.rows.filter((row) => row.startSeconds < clock.seconds - 3780).length;
        const { restored, skipped } = again.restore(store.rows);
        expect(restored + skipped).toBe(store.rows.length);
        expect(skipped).toBeLessThanOrEqual(old);
        const end = Math.floor(clock.seconds / 60) * 60;
        expect([...again.closedWindows(0, end)].map(comparable)).toEqual(
          [...monitor.closedWindows(0, end)].map(comparable),
        );
        for (const chain of ['login', 'order']) {
          // Of the time since the newest record the one that was restarted knows nothing.
          const newest = Math.max(...before.records.map((record) => record.at));
          const known = Math.min(end, Math.floor(newest / 60) * 60);
          expect(again.chainSeries(chain, known, 30)).toEqual(monitor.chainSeries(chain, known, 30));
          expect(again.lastRecordSeconds(chain)).toBe(monitor.lastRecordSeconds(chain));
        }
        const hour = again.getMetrics(3600, end);
        expect(hour.services.map((s) => s.requests).sort()).toEqual(
          monitor
            .getMetrics(3600, end)
            .services.map((s) => s.requests)
            .sort(),
        );
      }),
      { numRuns: 60, seed: 21 },
    );
  });

  it('needs only the rows that changed since the last time', () => {
    const { clock, monitor } = filled();
    const store = new RowStore();
    store.save(monitor.drain());
    expect(store.rows).toHaveLength(20);
    expect(monitor.drain()).toEqual([]);
    monitor.recordRequest('auth', 'login', 0.2, false, NOON + 30);
    monitor.recordRequest('auth', 'login', 0.2, false, NOON + 599);
    const changed = monitor.drain();
    expect(changed.map((row) => row.startSeconds).sort()).toEqual([NOON, NOON + 540]);
    store.save(changed);
    const again = new TrafficMonitor({ clock });
    again.restore(store.rows);
    expect(comparable(again.getMetrics(3600))).toEqual(comparable(monitor.getMetrics(3600)));
  });

  it('is not blind in the first minutes: short windows come from coarse slots', () => {
    const { clock, monitor } = filled();
    const again = new TrafficMonitor({ clock });
    again.restore(monitor.drain());
    const metrics = again.getMetrics(60);
    expect(metrics).toMatchObject({ fromSeconds: NOON + 540, toSeconds: NOON + 600 });
    expect(metrics.services[0]).toMatchObject({ requests: 12, ratePerSecond: 0.2 });
    clock.seconds = NOON + 630;
    again.recordRequest('auth', 'login', 0.1, false, clock.seconds, 5);
    expect(again.getMetrics(90)).toMatchObject({ fromSeconds: NOON + 540, toSeconds: NOON + 630 });
    expect(again.getMetrics(90).services[0]?.requests).toBe(17);
    expect(again.getMetrics(20).services[0]?.requests).toBe(5);
  });

  it('goes on counting in the slot that was open', () => {
    const { clock, monitor } = filled();
    clock.seconds = NOON + 610;
    monitor.recordRequest('auth', 'login', 0.1, false, clock.seconds, 7);
    const store = new RowStore();
    store.save(monitor.drain());
    const again = new TrafficMonitor({ clock });
    again.restore(store.rows);
    clock.seconds = NOON + 650;
    again.recordRequest('auth', 'login', 0.1, false, clock.seconds, 3);
    store.save(again.drain());
    const third = new TrafficMonitor({ clock });
    third.restore(store.rows);
    clock.seconds = NOON + 660;
    expect([...third.closedWindows(NOON + 600, NOON + 660)][0]?.services[0]?.requests).toBe(10);
  });

  it('has replaced, not added, when a row comes twice', () => {
    const { clock, monitor } = filled();
    const rows = monitor.drain();
    const again = new TrafficMonitor({ clock });
    again.restore(rows);
    again.restore(rows);
    expect(comparable(again.getMetrics(3600))).toEqual(comparable(monitor.getMetrics(3600)));
  });
});

describe('rows that cannot be taken back are skipped and counted', () => {
  it('when their payload is damaged anywhere', () => {
    const { clock, monitor } = filled();
    const row = monitor.drain()[0]!;
    fc.assert(
      fc.property(
        fc.nat({ max: row.payload.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.nat({ max: row.payload.length - 1 }),
        (at, flip, length) => {
          const damaged = row.payload.slice();
          damaged[at]! ^= flip;
          const again = new TrafficMonitor({ clock });
          const rows = [damaged, row.payload.subarray(0, length)].map((payload) => ({ ...row, payload }));
          expect(again.restore(rows)).toEqual({ restored: 0, skipped: 2 });
          expect(again.stats.series).toBe(0);
        },
      ),
      { numRuns: 200, seed: 22 },
    );
  });

  it('when their slot is out of the window, in the future, or none of this monitor', () => {
    const { clock, monitor } = filled();
    const row = monitor.drain()[0]!;
    const moved = [NOON - 3600 - 240, NOON + 660, NOON + 1, Number.NaN].map((startSeconds) => ({
      ...row,
      startSeconds,
    }));
    expect(new TrafficMonitor({ clock }).restore(moved)).toEqual({ restored: 0, skipped: 4 });
    expect(new TrafficMonitor({ clock, step: 7 }).restore([row])).toEqual({ restored: 0, skipped: 1 });
  });

  it('when their series is not known any more', () => {
    const { clock, monitor } = filled();
    const topology = topologyOf({ cart: ['login'] }, { login: [stage('cart')] });
    const again = new TrafficMonitor({ clock, topology });
    expect(again.restore(monitor.drain())).toEqual({ restored: 10, skipped: 10 });
    expect(again.getMetrics(3600).services).toEqual([]);
    expect(again.getMetrics(3600).endToEnd).toHaveLength(1);
  });
});
