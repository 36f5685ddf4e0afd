import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeriesMetrics, TrafficMetrics } from '../../../src/models/metrics.ts';
import { exactQuantile, type NaiveAnswer, type NaiveRecord, naiveAnswer, sum } from './naive-monitor.ts';
import { pairs, play, steps } from './scenario.ts';

function find(metrics: TrafficMetrics, pair: { service: string; chain: string }): SeriesMetrics | undefined {
  return metrics.services.find((s) => s.service === pair.service && s.chain === pair.chain);
}

/** Start of the second of the oldest record of a chain. */
function firstOf(records: readonly NaiveRecord[], chain: string): number {
  return Math.floor(Math.min(...records.filter((r) => r.chain === chain).map((r) => r.at)));
}

function coveredSince(from: number, to: number, since: number): number {
  return Math.max(1, to - Math.max(from, since));
}

function expectCounts(found: SeriesMetrics | undefined, exact: NaiveAnswer, covered: number): void {
  expect(found?.requests ?? 0).toBe(exact.requests);
  if (found === undefined) return;
  expect(found.ratePerSecond).toBeCloseTo(exact.requests / covered, 6);
  expect(found.errorRatio).toBeCloseTo(exact.errors / exact.requests, 12);
  expect(found.latency.count).toBe(exact.latencies.length);
  if (exact.latencies.length > 0) {
    expect(found.latency.meanSeconds).toBeCloseTo(sum(exact.latencies) / exact.latencies.length, 9);
  }
  if (Number.isNaN(exact.cpuPerRequest)) expect(found).not.toHaveProperty('cpuSecondsPerRequest');
  else expect(found.cpuSecondsPerRequest).toBeCloseTo(exact.cpuPerRequest, 9);
}

function expectQuantiles(found: SeriesMetrics | undefined, exact: NaiveAnswer): void {
  if (found === undefined || found.latency.count === 0) return;
  for (const q of [0, 0.5, 0.95, 1]) {
    const truth = exactQuantile(exact.latencies, q);
    expect(Math.abs(found.latency.quantile(q) - truth)).toBeLessThanOrEqual(0.01 * truth + 1e-12);
  }
}

describe('metrics of any window', () => {
  it('equal those of an oracle that keeps every record, over the time they say they cover', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 3600 }),
        fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
        (script, window, ago) => {
          const { monitor, clock, records } = play(script);
          const until = clock.seconds - ago;
          const metrics = monitor.getMetrics(window, until);
          const { fromSeconds: from, toSeconds: to } = metrics;
          const isNow = to === clock.seconds;
          const isInside = (at: number) => at >= from && (at < to || (isNow && at === to));
          const inSketch = (at: number) =>
            at >= Math.floor(from / 10) * 10 && (at < Math.ceil(to / 10) * 10 || (isNow && at === to));
          for (const pair of pairs) {
            const answer = (inside: (at: number) => boolean) =>
              naiveAnswer(records, pair.service, pair.chain, inside);
            const covered = coveredSince(from, to, firstOf(records, pair.chain));
            expectCounts(find(metrics, pair), answer(isInside), covered);
            expectQuantiles(find(metrics, pair), answer(inSketch));
          }
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });

  it('cover what was asked for, widened by less than a slot and never to before the first record', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3600 }), (script, window) => {
        const { monitor, clock, watched } = play(script);
        const metrics = monitor.getMetrics(window);
        const wanted = clock.seconds - window;
        const slot = window <= 359 ? 1 : 60;
        expect(metrics.toSeconds).toBe(clock.seconds);
        expect(metrics.fromSeconds).toBeGreaterThan(wanted - slot - 1e-6);
        expect(metrics.fromSeconds).toBeLessThanOrEqual(Math.max(wanted, watched) + 1e-6);
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  it('count every record in the hour that was not rejected, and reject those that are older', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { monitor, records, tooOld } = play(script);
        expect(monitor.stats.accepted).toBe(records.length);
        expect(monitor.stats.rejected['too-old']).toBe(tooOld);
        expect(tooOld).toBe(script.filter((s) => s.late > 3600).length);
      }),
      { numRuns: 100, seed: 13 },
    );
  });
});

describe('closed windows', () => {
  it('equal those of the oracle, in order, and only where anything was recorded', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { monitor, clock, records, watched } = play(script);
        const windows = [...monitor.closedWindows(clock.seconds - 3600, clock.seconds)];
        const first = Math.ceil((clock.seconds - 3600) / 60);
        const end = Math.floor(clock.seconds / 60);
        const active = new Set(records.map((r) => Math.floor(r.at / 60)));
        const expected = [...active].filter((w) => w >= first && w < end).sort((a, b) => a - b);
        expect(windows.map((w) => w.fromSeconds / 60)).toEqual(expected);
        for (const window of windows) {
          for (const pair of pairs) {
            const since = Math.max(watched, firstOf(records, pair.chain));
            const covered = coveredSince(window.fromSeconds, window.toSeconds, since);
            const exact = naiveAnswer(
              records,
              pair.service,
              pair.chain,
              (at) => at >= window.fromSeconds && at < window.toSeconds,
            );
            expectCounts(find(window, pair), exact, covered);
            expectQuantiles(find(window, pair), exact);
          }
        }
      }),
      { numRuns: 100, seed: 14 },
    );
  });

  it('leave the one that is still open out, and those that only partly lie in what was asked for', () => {
    const { monitor, clock } = play(
      Array.from({ length: 10 }, () => ({
        wait: 30,
        late: 0,
        service: 'auth',
        chain: 'login',
        latency: 0.1,
        isError: false,
        count: 1,
        cpu: Number.NaN,
      })),
    );
    const all = [...monitor.closedWindows(0, Number.MAX_SAFE_INTEGER)];
    expect(all.at(-1)?.toSeconds).toBeLessThanOrEqual(clock.seconds);
    const from = all[1]!.fromSeconds;
    expect([...monitor.closedWindows(from + 1, clock.seconds)][0]?.fromSeconds).toBe(from + 60);
    expect([...monitor.closedWindows(from, from + 119)]).toHaveLength(1);
    expect([...monitor.closedWindows(from, from - 60)]).toEqual([]);
  });
});
