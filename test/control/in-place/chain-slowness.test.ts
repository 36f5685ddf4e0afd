import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlownessEstimate } from '../../../src/control/in-place/chain-slowness.ts';
import { NOW } from '../fixtures.ts';

describe('by how much more requests are slow than expected', () => {
  it('is nothing more while nothing was seen', () => {
    expect(new SlownessEstimate().factor).toBe(1);
    const empty = new SlownessEstimate();
    empty.note(NOW, 0, 0.5, 0.1);
    expect(empty.factor).toBe(1);
  });

  it('is the posterior mean of a Poisson rate under a gamma prior of shape and rate 20', () => {
    const share = fc.double({ min: 0, max: 0.2, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), share, share, (requests, measured, expected) => {
        const estimate = new SlownessEstimate();
        estimate.note(NOW, requests, measured, expected);
        const slow = Math.min(requests * measured, 5 * requests * expected + 5);
        const mean = (20 + slow) / (20 + requests * expected);
        expect(estimate.factor).toBeCloseTo(Math.min(5, Math.max(0.02, mean)), 8);
      }),
    );
  });

  it('counts what was seen half after ten minutes', () => {
    const estimate = new SlownessEstimate();
    estimate.note(NOW, 1000, 0.08, 0.02);
    estimate.note(NOW + 600, 0, 0, 0);
    expect(estimate.factor).toBeCloseTo((20 + 40) / (20 + 10), 9);
    // In steps it is the same.
    const often = new SlownessEstimate();
    often.note(NOW, 1000, 0.08, 0.02);
    for (let seconds = 15; seconds <= 1200; seconds += 15) often.note(NOW + seconds, 0, 0, 0);
    expect(often.factor).toBeCloseTo((20 + 20) / (20 + 5), 9);
  });

  it('comes close to the ratio with many requests, and stays within bounds', () => {
    const settled = (measured: number, expected: number) => {
      const estimate = new SlownessEstimate();
      for (let seconds = 0; seconds < 3600; seconds += 60)
        estimate.note(NOW + seconds, 30_000, measured, expected);
      return estimate.factor;
    };
    expect(settled(0.03, 0.02)).toBeCloseTo(1.5, 1);
    expect(settled(0.5, 0.01)).toBeCloseTo(5, 1);
    expect(settled(0.03, 0)).toBeGreaterThan(4);
    expect(settled(0, 0.2)).toBe(0.02);
  });

  it('believes what goes on, and not a minute in which work piled up', () => {
    const estimate = new SlownessEstimate();
    for (let pass = 0; pass < 4; pass++) estimate.note(NOW + 15 * pass, 1500, 0.6, 0.0001);
    expect(estimate.factor).toBeLessThan(2.1);
    for (let pass = 4; pass < 240; pass++) estimate.note(NOW + 15 * pass, 1500, 0.6, 0.0001);
    expect(estimate.factor).toBeCloseTo(5, 1);
    // And is rid of it within ten minutes or so.
    for (let pass = 240; pass < 280; pass++) estimate.note(NOW + 15 * pass, 1500, 0.01, 0.01);
    expect(estimate.factor).toBeLessThan(1.3);
  });

  it('goes on when the clock was set back: nothing counts for more than it did', () => {
    const estimate = new SlownessEstimate();
    estimate.note(NOW, 1000, 0.08, 0.02);
    const before = estimate.factor;
    estimate.note(NOW - 3600, 0, 0, 0);
    expect(estimate.factor).toBe(before);
    estimate.note(NOW - 3600 + 600, 0, 0, 0);
    expect(estimate.factor).toBeCloseTo((20 + 40) / (20 + 10), 9);
  });
});

describe('how long requests take when nobody waits', () => {
  function afterMinutes(...latencies: number[]) {
    const estimate = new SlownessEstimate();
    for (const [minute, latency] of latencies.entries()) estimate.noteLatency(NOW + 60 * minute, latency);
    return estimate.baseSeconds;
  }

  it('is the median of three minutes, and not known before', () => {
    expect(afterMinutes(0.1, 0.2)).toBeUndefined();
    expect(afterMinutes(0.3, 0.1, 0.2)).toBe(0.2);
  });

  it('is not known from what is none', () => {
    const bad = [Number.NaN, 0, -1, Number.NaN, Number.NaN, Number.NaN];
    expect(afterMinutes(...bad)).toBeUndefined();
    expect(afterMinutes(Number.NaN, 0.3, Number.NaN, 0.1, 0.2)).toBe(0.2);
  });

  it('counts a minute once, however often it is told', () => {
    const estimate = new SlownessEstimate();
    for (let seconds = 0; seconds < 120; seconds += 15) estimate.noteLatency(NOW + seconds, 0.1 + seconds);
    expect(estimate.baseSeconds).toBeUndefined();
    estimate.noteLatency(NOW + 120, 0.1);
    // Of the minutes at 0, 60 and 120 s.
    expect(estimate.baseSeconds).toBeCloseTo(0.1, 9);
  });

  it('follows down at once, past a minute that is out of line', () => {
    expect(afterMinutes(0.3, 0.3, 0.3, 0.1)).toBe(0.3);
    expect(afterMinutes(0.3, 0.3, 0.3, 0.1, 0.1)).toBe(0.1);
    expect(afterMinutes(0.1, 0.1, 0.1, 9)).toBe(0.1);
  });

  it('rises by a fiftieth in an hour, however much slower a service has become', () => {
    const hour = [...Array(60)].map(() => 0.5);
    const afterHour = afterMinutes(0.1, 0.1, 0.1, ...hour)!;
    // Two of the three minutes must be slow before it rises.
    expect(afterHour / 0.1).toBeGreaterThan(1.02 ** (58 / 60));
    expect(afterHour / 0.1).toBeLessThanOrEqual(1.02 + 1e-9);
  });

  it('rises no faster where minutes are told with long pauses between them', () => {
    const estimate = new SlownessEstimate();
    for (const minute of [0, 1, 2]) estimate.noteLatency(NOW + 60 * minute, 0.1);
    for (const day of [1, 2]) estimate.noteLatency(NOW + 86_400 * day, 0.5);
    expect(estimate.baseSeconds! / 0.1).toBeLessThanOrEqual(1.02 ** 2 + 1e-9);
  });
});
