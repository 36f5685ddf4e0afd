import { describe, expect, it } from 'vitest';
import { allowedShare } from '../../src/models/allowed-share.ts';
import { seededRandom } from '../../src/utils/random.ts';

describe('share of requests that may be slow in the mean', () => {
  it('leaves about one minute in a hundred with more than the objective allows, when they come in pairs', () => {
    const random = seededRandom(5);
    for (const rate of [2, 10, 100]) {
      const pairs = 30 * rate;
      const share = allowedShare(0.95, rate);
      let missed = 0;
      for (let minute = 0; minute < 3000; minute++) {
        let slow = 0;
        for (let pair = 0; pair < pairs; pair++) if (random() < share) slow += 1;
        if (slow > 0.05 * pairs) missed += 1;
      }
      expect(missed / 3000, `${rate}/s`).toBeGreaterThan(0.002);
      expect(missed / 3000, `${rate}/s`).toBeLessThan(0.025);
    }
  });

  it('is the less the fewer there are, and never more than the objective allows', () => {
    const shares = [1e-6, 0.1, 1, 10, 100, 1e4, 1e9].map((rate) => allowedShare(0.95, rate));
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    expect(shares.at(-1)).toBeCloseTo(0.05, 3);
    expect(shares[0]).toBeGreaterThan(0);
  });

  it('is none where nothing comes or nothing is known', () => {
    for (const rate of [0, -1, Number.NaN]) expect(allowedShare(0.95, rate)).toBe(0);
  });
});
