import { describe, expect, it } from 'vitest';
import { FIRST_LOOK_SECONDS, seenUntil } from '../../../src/control/in-place/seen-until.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const NOW = 1000;
const [USUAL, HEIGHT] = [100, 400];

/** Counts of whole seconds until records have arrived. */
function counted(rateAt: (second: number) => number, knownUntil = NOW) {
  return (from: number, to: number): number => {
    let sum = 0;
    for (let second = from; second < to; second++) if (second < knownUntil) sum += rateAt(second);
    return sum / (to - from);
  };
}

const usual = () => USUAL;

describe('until when no spike has begun', () => {
  it('is a second ago where records are there by then, less what chance may hide of one', () => {
    // 2 · 2.5 · √100 of 400.
    expect(seenUntil(NOW, USUAL, HEIGHT, counted(usual))).toBeCloseTo(NOW - 1 - 50 / 400, 9);
    expect(seenUntil(NOW + 0.9, USUAL, HEIGHT, counted(usual))).toBeCloseTo(NOW - 1 - 50 / 400, 9);
    expect(FIRST_LOOK_SECONDS).toBe(3);
  });

  it('is as much earlier as records come later, up to four seconds', () => {
    for (const late of [1, 2, 3, 4])
      expect(seenUntil(NOW, USUAL, HEIGHT, counted(usual, NOW - late))).toBeCloseTo(NOW - late - 0.125, 9);
    expect(seenUntil(NOW, USUAL, HEIGHT, counted(usual, NOW - 5))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is not told by seconds of a spike, nor by those before it alone', () => {
    for (const onset of [NOW - 8, NOW - 5, NOW - 4, NOW - 3, NOW - 2]) {
      const rate = counted((second) => (second >= onset ? USUAL + HEIGHT : USUAL));
      expect(seenUntil(NOW, USUAL, HEIGHT, rate)).toBeLessThanOrEqual(onset);
    }
  });

  it('is not told where a part of the records that makes a spike look usual is still on its way', () => {
    // Of services that post every five seconds: of every second by so much fewer as it is newer.
    for (const [often, more] of [
      [100, 2.2],
      [100, 4],
      [25, 2.2],
      [25, 4],
    ] as const) {
      const rate = counted((second) => more * often * Math.min(1, (NOW - second - 0.5) / 5));
      expect(seenUntil(NOW, often, (more - 1) * often, rate)).toBe(Number.NEGATIVE_INFINITY);
    }
    expect(
      seenUntil(
        NOW,
        USUAL,
        HEIGHT,
        counted(() => 0.6 * USUAL),
      ),
    ).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is told by twice as long stretches of fewer requests, and not by hardly any', () => {
    // 2 · 2.5 · √(12/2) · 2 of 60.
    expect(
      seenUntil(
        NOW,
        12,
        60,
        counted(() => 12),
      ),
    ).toBeCloseTo(NOW - 1 - (20 * Math.sqrt(6)) / 2 / 60, 1);
    expect(
      seenUntil(
        NOW,
        9,
        60,
        counted(() => 9),
      ),
    ).toBeUndefined();
  });

  it('is not told of spikes that chance may hide for as long as they are looked for', () => {
    expect(seenUntil(NOW, USUAL, 49, counted(usual))).toBeUndefined();
    expect(seenUntil(NOW, USUAL, 51, counted(usual))).toBeGreaterThan(NOW - 3);
    expect(seenUntil(NOW, Number.NaN, HEIGHT, counted(usual))).toBeUndefined();
    expect(seenUntil(NOW, USUAL, HEIGHT, () => Number.NaN)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is before the onset of a spike of Poisson arrivals, and seldom not told where there is none', () => {
    const random = seededRandom(3);
    let [wrong, untold] = [0, 0];
    const runs = 2000;
    for (let run = 0; run < runs; run++) {
      const onset = NOW - 4 * random();
      const counts = Array.from({ length: 12 }, (_, i) => {
        const second = NOW - 12 + i;
        const part = Math.min(1, Math.max(0, second + 1 - onset));
        return poisson(USUAL + HEIGHT * part, random);
      });
      const rate = counted((second) => counts[second - NOW + 12]!);
      if (seenUntil(NOW, USUAL, HEIGHT, rate)! > onset) wrong += 1;
      const calm = Array.from({ length: 12 }, () => poisson(USUAL, random));
      const without = counted((second) => calm[second - NOW + 12]!);
      if (seenUntil(NOW, USUAL, HEIGHT, without) === Number.NEGATIVE_INFINITY) untold += 1;
    }
    expect(wrong / runs).toBeLessThan(0.005);
    expect(untold / runs).toBeLessThan(0.005);
  });
});
