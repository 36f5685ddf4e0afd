import { describe, expect, it } from 'vitest';
import { Captain } from '../../../../../bench/policy/baselines/autothrottle/captain.ts';

const ANY = { least: 0.1, most: 100 };

/** Goes through periods, `throttled` of ten (the first ones of each ten) throttled, and tells the quota at the end. */
function pass(captain: Captain, periods: number, throttled: number, used: (period: number) => number) {
  for (let i = 0; i < periods; i++) captain.observe(i % 10 < throttled ? 1 : 0, used(i), ANY);
  return captain.quota;
}

const steady = (cores: number) => () => cores;

describe('a Captain', () => {
  it('multiplies the quota by 1 + ratio - 3 targets when more than three targets are throttled', () => {
    const captain = new Captain(0.1, 2);
    expect(pass(captain, 10, 7, steady(2))).toBeCloseTo(2 * (1 + 0.7 - 0.3), 12);
  });

  it('waits for ten periods', () => {
    const captain = new Captain(0.1, 2);
    expect(pass(captain, 9, 7, steady(2))).toBe(2);
  });

  it('keeps as much of the margin as the ratio was off its target', () => {
    const captain = new Captain(0.1, 2);
    pass(captain, 10, 7, steady(2));
    expect(captain.marginDeviations).toBeCloseTo(3 + 0.7 - 0.1, 12);
    pass(captain, 10, 0, steady(2));
    expect(captain.marginDeviations).toBeCloseTo(3 + 0.7 - 0.1 - 0.1, 12);
  });

  it('shrinks to the maximum of the last 50 periods and the margin times their deviation, at once', () => {
    const captain = new Captain(0.1, 2);
    const used = (period: number) => 1 + 0.1 * (period % 2);
    pass(captain, 50, 0, used);
    const deviation = 0.05 * Math.sqrt(50 / 49);
    expect(captain.quota).toBeCloseTo(1.1 + (3 - 5 * 0.1) * deviation, 12);
  });

  it('does not shrink by less than a tenth', () => {
    const captain = new Captain(0.1, 2);
    expect(pass(captain, 60, 0, steady(1.85))).toBe(2);
  });

  it('halves at most', () => {
    const captain = new Captain(0.1, 2);
    expect(pass(captain, 50, 0, steady(0.2))).toBe(1);
    expect(pass(captain, 10, 0, steady(0.2))).toBe(0.5);
  });

  it('takes a decrease back, and the same once more, as soon as more than three targets are throttled', () => {
    const captain = new Captain(0.1, 2);
    pass(captain, 50, 0, steady(1.5));
    expect(captain.quota).toBeCloseTo(1.5, 12);
    const margin = captain.marginDeviations;
    pass(captain, 3, 3, steady(1.5));
    expect(captain.quota).toBeCloseTo(1.5, 12);
    captain.observe(1, 1.5, ANY);
    expect(captain.quota).toBeCloseTo(2.5, 12);
    expect(captain.marginDeviations).toBeCloseTo(margin + 0.4 - 0.1, 12);
  });

  it('does not take back what held for ten periods', () => {
    const captain = new Captain(0.1, 2);
    pass(captain, 50, 0, steady(1.5));
    pass(captain, 10, 1, steady(1.5));
    pass(captain, 5, 5, steady(1.5));
    expect(captain.quota).toBeCloseTo(1.5, 12);
  });

  it('stays within its bounds', () => {
    const captain = new Captain(0, 2);
    for (let i = 0; i < 100; i++) captain.observe(1, 2, { least: 0.1, most: 4 });
    expect(captain.quota).toBe(4);
    for (let i = 0; i < 300; i++) captain.observe(0, 0.01, { least: 0.1, most: 4 });
    expect(captain.quota).toBe(0.1);
  });
});
