import { describe, expect, it } from 'vitest';
import { PileUps, piledUpFrom } from '../../../src/control/in-place/piled-up.ts';

const CHAIN = 'checkout';

/** What is said of a chain at each pass, 15 s apart. */
function passes(usualSeconds: number, latencies: readonly (number | undefined)[]): boolean[] {
  const pileUps = new PileUps();
  return latencies.map((latency, pass) => pileUps.isPilingUp(CHAIN, latency, usualSeconds, 15 * pass));
}

describe('work piles up', () => {
  it('where latency is over twice the usual and half a second over it', () => {
    for (const [usual, latency, isPilingUp] of [
      [1, 1.9, false],
      [1, 2.1, true],
      [0.05, 0.54, false],
      [0.05, 0.56, true],
    ] as const) {
      expect(passes(usual, [latency])).toEqual([isPilingUp]);
      expect(latency > piledUpFrom(usual)).toBe(isPilingUp);
    }
  });

  it('where it is over twice the usual for longer than a burst, though no more is measured', () => {
    expect(passes(0.05, [0.02, 0.5, 0.5, 0.5, 0.11, 0.09, 0.5])).toEqual([
      ...[false, false, false, true, true],
      ...[false, false],
    ]);
  });

  it('where hardly anybody is answered any more who was answered late before', () => {
    expect(passes(0.05, [0.02, undefined, 0.4, undefined, undefined, 0.02, undefined])).toEqual([
      ...[false, false],
      ...[false, true, true],
      ...[false, false],
    ]);
    const pileUps = new PileUps();
    expect(pileUps.isStuck(CHAIN, undefined)).toBe(false);
    pileUps.isPilingUp(CHAIN, 0.4, 0.05, 0);
    expect([0.4, undefined].map((latency) => pileUps.isStuck(CHAIN, latency))).toEqual([false, true]);
    pileUps.keepOnly(new Map([['another', 1]]));
    expect(pileUps.isStuck(CHAIN, undefined)).toBe(false);
  });
});
