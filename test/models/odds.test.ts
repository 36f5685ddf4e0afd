import { describe, expect, it } from 'vitest';
import { withOdds } from '../../src/models/odds.ts';

const odds = (share: number) => share / (1 - share);

describe('a share with its odds multiplied', () => {
  it('has so many times the odds', () => {
    for (const share of [1e-6, 0.05, 0.5, 0.99])
      for (const factor of [0.1, 1, 3, 40])
        expect(odds(withOdds(share, factor)) / odds(share)).toBeCloseTo(factor, 6);
  });

  it('is undone by the inverse', () => {
    for (const share of [0.01, 0.3, 0.9]) expect(withOdds(withOdds(share, 7), 1 / 7)).toBeCloseTo(share, 12);
  });

  it('stays never and always, whatever the factor', () => {
    for (const factor of [1e-12, 1, 1e12]) {
      expect(withOdds(0, factor)).toBe(0);
      expect(withOdds(1, factor)).toBe(1);
      expect(withOdds(1.2, factor)).toBe(1);
    }
  });
});
