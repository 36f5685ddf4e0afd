import { describe, expect, it } from 'vitest';
import { PeakHold } from '../../../src/control/in-place/peak-hold.ts';
import { NOW } from '../fixtures.ts';

/** A chain of 10 requests/s, with a burst of 30 in the quarter of a minute that ended 15 s ago. */
function burst(hold = new PeakHold(), atSeconds = NOW): PeakHold {
  for (const [index, rate] of [10, 10, 10, 30, 10].entries()) hold.note(atSeconds - 15 * (4 - index), rate);
  return hold;
}

describe('what a chain is held ready for', () => {
  it('is nothing while it keeps its objective, whatever its load does', () => {
    expect(new PeakHold().load(NOW)).toBe(0);
    expect(burst().load(NOW)).toBe(0);
  });

  it('is the largest rate of ten minutes, once a load above what was planned for missed it', () => {
    const hold = burst();
    hold.note(NOW - 300, 50);
    hold.miss(NOW, 20);
    expect(hold.load(NOW)).toBe(50);
    hold.note(NOW + 301, 10);
    expect(hold.load(NOW + 301)).toBe(30);
    hold.note(NOW + 600, 10);
    expect(hold.load(NOW + 600)).toBe(10);
  });

  it('is nothing where the load that missed it was no higher than planned', () => {
    for (const planned of [30, 29, 100]) {
      const hold = burst();
      hold.miss(NOW, planned);
      expect(hold.load(NOW)).toBe(0);
    }
  });

  it('is nothing where the burst was over before the minute that missed it', () => {
    const hold = burst();
    hold.note(NOW + 120, 10);
    hold.miss(NOW + 120, 20);
    expect(hold.load(NOW + 120)).toBe(0);
  });

  it('is more after each further miss, up to twice the peak', () => {
    const hold = new PeakHold();
    const loads = [...Array(12)].map((_, index) => {
      const at = NOW + 300 * index;
      burst(hold, at).miss(at, 20);
      return hold.load(at);
    });
    for (const [index, load] of loads.entries()) expect(load).toBeCloseTo(30 * Math.min(2, 1.1 ** index), 9);
  });

  it('is no more because a minute is told of more often', () => {
    const hold = burst();
    for (const second of [0, 15, 30, 45]) hold.miss(NOW + second, 20);
    expect(hold.load(NOW + 45)).toBe(30);
  });

  it('is forgotten after an hour without another miss, with what it was raised by', () => {
    const hold = burst();
    hold.miss(NOW, 20);
    hold.miss(NOW + 60, 20);
    burst(hold, NOW + 3600);
    expect(hold.load(NOW + 3660)).toBeCloseTo(33, 9);
    expect(hold.load(NOW + 3661)).toBe(0);
    burst(hold, NOW + 7200).miss(NOW + 7200, 20);
    expect(hold.load(NOW + 7200)).toBe(30);
  });

  it('does not outlive a clock that was set back by hours', () => {
    const hold = burst();
    hold.miss(NOW, 20);
    expect(hold.load(NOW - 7200)).toBe(0);
    hold.note(NOW - 7200, 5);
    hold.miss(NOW - 7200, 1);
    expect(hold.load(NOW - 7200)).toBe(5);
  });
});
