import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeGrid } from '../../../src/components/traffic-monitor/time-grid.ts';

describe('time grid', () => {
  it('counts in seconds, sketches in ten seconds and minutes by default', () => {
    const grid = new TimeGrid(1, 3600, 60);
    expect(grid).toMatchObject({ fineSeconds: 1, finePerSketch: 10, finePerCoarse: 60, coarseSeconds: 60 });
  });

  it.each([
    [60, 60],
    [120, 60],
    [90, 30],
    [12, 12],
    [7, 1],
    [0.5, 0.5],
    [3600, 60],
  ])('with steps of %d s has coarse slots of %d s', (step, width) => {
    expect(new TimeGrid(1, 7200, step).coarseSeconds).toBeCloseTo(width, 9);
  });

  it('nests its slots whatever the options, and keeps a bounded number of them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 600, noNaN: true }),
        fc.double({ min: 10, max: 86_400, noNaN: true }),
        fc.integer({ min: 10, max: 200 }),
        fc.double({ min: 0, max: 4e9, noNaN: true }),
        (samplingInterval, windowSize, steps, at) => {
          const grid = new TimeGrid(samplingInterval, windowSize, windowSize / steps);
          const fine = grid.fineOf(at);
          expect(Number.isInteger(grid.finePerSketch)).toBe(true);
          expect(Number.isInteger(grid.finePerCoarse / grid.finePerSketch)).toBe(true);
          expect(60 / grid.coarseSeconds).toBeCloseTo(Math.round(60 / grid.coarseSeconds), 6);
          expect(grid.secondsOf(fine)).toBeLessThanOrEqual(at + 1e-5);
          expect(grid.secondsOf(fine + 1)).toBeGreaterThan(at - 1e-5);
          expect(grid.recentSlots).toBeLessThanOrEqual(Math.ceil(360 / 0.0499));
          expect(grid.coarseSlots * grid.coarseSeconds).toBeGreaterThanOrEqual(windowSize);
        },
      ),
      { numRuns: 300, seed: 31 },
    );
  });
});
