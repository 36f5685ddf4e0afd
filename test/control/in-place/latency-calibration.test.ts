import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyCalibration } from '../../../src/control/in-place/latency-calibration.ts';
import { NOW } from '../fixtures.ts';

/** One ratio every 15 s, the last one now. */
function calibrated(ratios: readonly number[]): LatencyCalibration {
  const calibration = new LatencyCalibration();
  for (const [index, ratio] of ratios.entries())
    calibration.note(NOW - 15 * (ratios.length - 1 - index), ratio);
  return calibration;
}

const times = (count: number, ratio: number): number[] => Array.from({ length: count }, () => ratio);

describe('how the latency of a chain stands to what its profiles say', () => {
  it('is one to one while nothing was measured', () => {
    expect(new LatencyCalibration().factor(NOW)).toBe(1);
  });

  it('is believed at once where it takes longer', () => {
    expect(calibrated([1.4]).factor(NOW)).toBe(1.4);
  });

  it('is believed only after a while where it takes less long', () => {
    expect(calibrated(times(4, 0.7)).factor(NOW)).toBe(1);
    expect(calibrated(times(60, 0.7)).factor(NOW)).toBe(0.7);
  });

  it('counts a minute no more often because it is looked at more often', () => {
    const calibration = new LatencyCalibration();
    for (let second = 0; second < 60; second += 1) calibration.note(NOW + second, 0.7);
    expect(calibration.factor(NOW + 60)).toBe(1);
  });

  it('is not believed any more where it took less long some time ago', () => {
    expect(calibrated(times(60, 0.7)).factor(NOW + 3600)).toBe(1);
  });

  it('goes by what most minutes stayed below, not by the mean nor by the worst', () => {
    // From 0.5 to 1.49, evenly.
    const ratios = [...Array(100)].map((_, index) => 0.5 + ((index * 37) % 100) / 100);
    const factor = calibrated(ratios).factor(NOW);
    expect(factor).toBeGreaterThan(1.25);
    expect(factor).toBeLessThan(1.45);
  });

  it('lets a minute count for less the longer it is ago', () => {
    const slow = times(20, 1.5);
    const fast = times(20, 1.1);
    expect(calibrated([...fast, ...slow]).factor(NOW)).toBe(1.5);
    expect(calibrated([...slow, ...fast]).factor(NOW)).toBe(1.5);
    // Three half-lives later the slow minutes weigh an eighth of what they did.
    expect(calibrated([...slow, ...times(80, 1.1)]).factor(NOW)).toBe(1.1);
  });

  it('counts what the clock, set back since, calls the future as new, until there is news', () => {
    const calibration = new LatencyCalibration();
    calibration.note(NOW + 3600, 1.4);
    expect(calibration.factor(NOW)).toBe(1.4);
    calibration.note(NOW, 1.2);
    expect(calibration.factor(NOW)).toBe(1.2);
  });

  it('takes no ratio that is none', () => {
    for (const ratio of [Number.NaN, 0, -1]) expect(calibrated([ratio]).factor(NOW)).toBe(1);
  });

  it('never goes further than a profile can be wrong, nor beyond what was seen', () => {
    expect(calibrated(times(60, 100)).factor(NOW)).toBe(1.5);
    expect(calibrated(times(60, 0.001)).factor(NOW)).toBe(0.25);
    const ratio = fc.double({ min: 0.25, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(fc.array(ratio, { minLength: 1, maxLength: 60 }), (ratios) => {
        const factor = calibrated(ratios).factor(NOW);
        return factor === 1 || ratios.includes(factor);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
