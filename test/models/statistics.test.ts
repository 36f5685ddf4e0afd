import { describe, expect, it } from 'vitest';
import { mean, median } from '../../src/models/statistics.ts';

describe('the mean and the median', () => {
  it('are those of the values, in any order, which stay as they are', () => {
    const values = [9, 1, 100, 2];
    expect(mean(values)).toBe(28);
    expect(median(values)).toBe(5.5);
    expect(median([...values, 10])).toBe(9);
    expect(values).toEqual([9, 1, 100, 2]);
  });

  it('are the one there is, and not known of none', () => {
    expect([mean([7]), median([7])]).toEqual([7, 7]);
    expect(mean([])).toBeNaN();
  });
});
