import { describe, expect, it } from 'vitest';
import { PileUps, piledUpFrom } from '../../../src/control/in-place/piled-up.ts';

const CHAIN = 'checkout';

/** Of which nothing is known. */
const noSpans = { newest: undefined, level: () => {} };

function note(pileUps: PileUps, latencySeconds: number | undefined, atSeconds: number, usualSeconds = 0.05) {
  return pileUps.note(CHAIN, { atSeconds, latencySeconds, usualSeconds }, noSpans);
}

/** What is said of a chain at each pass, 15 s apart. */
function passes(usualSeconds: number, latencies: readonly (number | undefined)[]): boolean[] {
  const pileUps = new PileUps();
  return latencies.map((latency, pass) => note(pileUps, latency, 15 * pass, usualSeconds).isPilingUp);
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
    expect(note(pileUps, undefined, 0).isStuck).toBe(false);
    expect([0.4, undefined, 0.4].map((latency) => note(pileUps, latency, 15).isStuck)).toEqual([
      ...[false, true, false],
    ]);
    pileUps.keepOnly(new Map([['another', 1]]));
    expect(note(pileUps, undefined, 30).isStuck).toBe(false);
  });

  it('and hides more and more, twice as much every ten seconds, until it is over', () => {
    const pileUps = new PileUps();
    const told = [0.4, 2, 2, 2, 2, 2, 2, 0.02, 2].map((latency, i) => note(pileUps, latency, 5 * i).hidden);
    expect(told).toEqual([1, 2, 2, 4, 4, 8, 8, 1, 2]);
  });

  it('and nothing is clear from fifteen seconds before on, until that is levelled', () => {
    const pileUps = new PileUps();
    const levelled: unknown[] = [];
    const passAt = (newest: number, latencySeconds: number) =>
      pileUps.note(
        CHAIN,
        { atSeconds: 5 * newest, latencySeconds, usualSeconds: 0.05 },
        { newest, level: (...what) => levelled.push(what) },
      );
    passAt(100, 0.02);
    expect(pileUps.isUnclear(CHAIN, 100)).toBe(false);
    for (const newest of [103, 106]) passAt(newest, 2);
    expect([100, 101, 106, 107].map((span) => pileUps.isUnclear(CHAIN, span))).toEqual([
      ...[false, true, true, true],
    ]);
    expect(levelled).toEqual([]);
    passAt(109, 0.02);
    expect(levelled).toEqual([[CHAIN, 101, 109]]);
    expect(pileUps.isUnclear(CHAIN, 109)).toBe(false);
    // The clock was set back while it piled up.
    for (const newest of [200, 50]) passAt(newest, 2);
    expect([47, 48].map((span) => pileUps.isUnclear(CHAIN, span))).toEqual([false, true]);
  });
});
