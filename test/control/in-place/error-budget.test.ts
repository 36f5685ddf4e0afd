import { describe, expect, it } from 'vitest';
import { ErrorBudget, MISSED_MINUTES } from '../../../src/control/in-place/error-budget.ts';

const INTERVAL = 15;

class Chain {
  readonly budget = new ErrorBudget();
  #seconds = 1000;

  minutes(count: number, isMissed: boolean | undefined, interval = INTERVAL): number {
    for (let passes = 0; passes < (60 * count) / interval; passes++) {
      this.#seconds += interval;
      this.budget.note(this.#seconds, isMissed);
    }
    return this.budget.missedShare;
  }

  jump(seconds: number): void {
    this.#seconds += seconds;
  }
}

describe('the share of minutes that may be missed', () => {
  it('begins with less than a hundredth, and is more once an hour went well', () => {
    const chain = new Chain();
    const shares = [chain.budget.missedShare, ...[20, 20, 20].map((count) => chain.minutes(count, false))];
    expect(shares[0]).toBeCloseTo(MISSED_MINUTES * 0.6 ** 2, 9);
    for (const [i, share] of shares.slice(1).entries()) expect(share).toBeGreaterThan(shares[i]!);
    expect(shares.at(-1)).toBeCloseTo(MISSED_MINUTES * 1.2 ** 2, 3);
    // It does not go on with the next ones.
    expect(chain.minutes(600, false)).toBeCloseTo(shares.at(-1)!, 3);
  });

  it('falls with every minute that is missed, whatever the time between passes, for an hour', () => {
    const [often, seldom] = [5, 30].map((interval) => {
      const chain = new Chain();
      chain.minutes(60, false, interval);
      return [chain.minutes(1, true, interval), chain.minutes(1, true, interval)];
    });
    expect(often![0]).toBeCloseTo(MISSED_MINUTES * (0.01 / (2 / 120)) ** 2, 3);
    expect(often![1]).toBeLessThan(0.6 * often![0]!);
    for (const i of [0, 1]) expect(seldom![i]).toBeCloseTo(often![i]!, 6);
    const chain = new Chain();
    chain.minutes(60, false);
    chain.minutes(2, true);
    expect(chain.minutes(58, false)).toBeLessThan(0.5 * MISSED_MINUTES);
    expect(chain.minutes(3, false)).toBeGreaterThan(MISSED_MINUTES);
  });

  it('learns nothing from minutes that say nothing, from a pause, or from a clock that is set back', () => {
    const chain = new Chain();
    const first = chain.minutes(10, false);
    expect(chain.minutes(30, undefined)).toBe(first);
    chain.jump(600);
    // Of the pause a minute at most.
    expect(chain.minutes(0.25, false)).toBeLessThanOrEqual(MISSED_MINUTES * 0.71 ** 2 + 1e-9);
    chain.jump(-1200);
    const before = chain.budget.missedShare;
    chain.minutes(0.25, true);
    expect(chain.budget.missedShare).toBe(before);
  });
});
