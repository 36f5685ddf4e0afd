import { describe, expect, it } from 'vitest';
import { sharedRates } from '../../../src/control/in-place/shared-rates.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const SPAN = 5;
const SPANS = 360;

/** Rates as they are counted where these are expected. */
function counted(expected: readonly number[], seed: number): number[] {
  const random = seededRandom(seed);
  return expected.map((rate) => poisson(SPAN * rate, random) / SPAN);
}

/** Root of the mean square by which rates differ, once shares are known. */
function error(rates: readonly number[], expected: readonly number[]): number {
  const late = rates.map((rate, i) => (rate - expected[i]!) ** 2).slice(120);
  return Math.sqrt(late.reduce((sum, square) => sum + square, 0) / late.length);
}

const spans = Array.from({ length: SPANS }, (_, i) => i);
/** Rises and falls by half within five minutes. */
const wave = spans.map((i) => 40 * (1 + 0.5 * Math.sin((2 * Math.PI * i) / 60)));
/** Of a chain that rises and falls within a minute whatever the others do. */
const alone = spans.map((i) => 40 * (1 + 0.5 * Math.sin((2 * Math.PI * i) / 11)));

describe('rates without the chance of which chain a request belongs to', () => {
  it('are nearer to what is expected where chains rise and fall together', () => {
    const chains = ['a', 'b', 'c', 'd'];
    const rates = new Map(chains.map((chain, seed) => [chain, counted(wave, seed)]));
    const shared = sharedRates(rates, SPAN);
    for (const chain of chains) {
      const own = error(rates.get(chain)!, wave);
      // Poisson: √(40/5). Of the total of four half as much is left, and what shares are told wrong.
      expect(own).toBeGreaterThan(2.5);
      expect(error(shared.get(chain)!, wave)).toBeLessThan(0.65 * own);
    }
  });

  it('go on as they are where a chain goes its own way, and where others do', () => {
    const rates = new Map([
      ['together', counted(wave, 1)],
      ['as well', counted(wave, 2)],
      ['alone', counted(alone, 3)],
    ]);
    const shared = sharedRates(rates, SPAN);
    for (const [chain, expected] of [['alone', alone] as const, ['together', wave] as const])
      expect(error(shared.get(chain)!, expected)).toBeLessThan(1.15 * error(rates.get(chain)!, expected));
  });

  it('are moved by no more than chance, and less the less likely it is', () => {
    /** Of a chain with half of 80 requests/s, of which a standard deviation is 2, when it alone has that many more. */
    const movedAt = (more: number) => {
      const steady = Array.from({ length: 100 }, () => 40);
      const shared = sharedRates(
        new Map([
          ['steady', [...steady, 40]],
          ['jumping', [...steady, 40 + more]],
        ]),
        SPAN,
      );
      expect(shared.get('jumping')!.slice(0, 100)).toEqual(steady);
      return { jumping: 40 + more - shared.get('jumping')![100]!, steady: shared.get('steady')![100]! - 40 };
    };
    // What one has more the other has less of, in its share.
    expect(movedAt(4).jumping).toBeCloseTo(2, 0);
    expect(movedAt(10.4).jumping).toBeGreaterThan(3.8);
    expect(movedAt(10.4).jumping).toBeLessThan(4.4);
    expect(movedAt(14.6).jumping).toBeGreaterThan(1);
    expect(movedAt(14.6).jumping).toBeLessThan(3.8);
    expect(movedAt(80)).toEqual({ jumping: 0, steady: 0 });
  });

  it('are as they are counted when another chain falls silent, and known however long it is', () => {
    for (let seed = 0; seed < 40; seed++) {
      const silent = spans.map((i) => (i < 100 ? 60 : 0));
      const rates = new Map([
        ['silent', counted(silent, 2 * seed)],
        ['going on', counted(Array(SPANS).fill(10), 2 * seed + 1)],
      ]);
      const shared = sharedRates(rates, SPAN);
      expect(shared.get('going on')![100]).toBe(rates.get('going on')![100]);
      expect([...shared.values()].flat().some(Number.isNaN)).toBe(false);
      expect(shared.get('silent')!.slice(124)).toEqual(rates.get('silent')!.slice(124));
    }
  });

  it('have the means of two minutes that were counted, also of rare requests and while the mix drifts', () => {
    for (const [rate, drift] of [
      [0.1, 0],
      [1, 0],
      [10, 0],
      [10, 0.3],
    ] as const) {
      const drifting = spans.map((i) => rate * (1 + drift * Math.sin((2 * Math.PI * i) / 240)));
      const rates = new Map([
        ['one', counted(drifting, 1)],
        ['other', counted(Array(SPANS).fill(40), 2)],
      ]);
      const shared = sharedRates(rates, SPAN).get('one')!;
      const meanAt = (of: readonly number[], end: number) =>
        of.slice(end - 24, end).reduce((sum, one) => sum + one, 0) / 24;
      const differences = spans
        .slice(60)
        .map((end) => meanAt(shared, end) / meanAt(rates.get('one')!, end) - 1)
        .filter(Number.isFinite);
      expect(Math.abs(differences.reduce((sum, one) => sum + one, 0) / differences.length)).toBeLessThan(
        0.005,
      );
      expect(Math.max(...differences.map(Math.abs))).toBeLessThan(0.1);
    }
  });

  it('are told by the latest of them: a new mix of the chains is learned within a quarter of an hour', () => {
    const random = seededRandom(5);
    const mix = (before: number, after: number) =>
      Array.from({ length: 480 }, (_, i) => poisson(SPAN * (i < 180 ? before : after), random) / SPAN);
    const rates = new Map([
      ['less', mix(60, 20)],
      ['more', mix(20, 60)],
    ]);
    const late = (rates: readonly number[]) => error(rates.slice(240), Array(240).fill(20));
    expect(late(sharedRates(rates, SPAN).get('less')!)).toBeLessThan(0.7 * late(rates.get('less')!));
  });

  it('are as many, from the newest on; of a span that is not known of one, others are', () => {
    const whole = Array.from({ length: 10 }, (_, i) => 20 + (i % 2));
    const late = [Number.NaN, 20, 24, 20];
    const shared = sharedRates(new Map([['whole', whole] as const, ['late', late] as const]), SPAN);
    expect(shared.get('whole')).toHaveLength(10);
    expect(shared.get('whole')!.slice(0, 7)).toEqual(whole.slice(0, 7));
    expect(shared.get('late')![0]).toBeNaN();
    expect(shared.get('whole')!.some(Number.isNaN)).toBe(false);
    expect(shared.get('late')!.slice(1)).not.toEqual(late.slice(1));
  });

  it('are the same of one chain, and where nothing comes', () => {
    expect([...sharedRates(new Map([['one', [3, 4, 5]]]), SPAN).values()]).toEqual([[3, 4, 5]]);
    expect(sharedRates(new Map(), SPAN).size).toBe(0);
    const silent = sharedRates(
      new Map([
        ['a', [0, 0, 0]],
        ['b', [0, 0, 0]],
      ]),
      SPAN,
    );
    expect([...silent.values()]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});
