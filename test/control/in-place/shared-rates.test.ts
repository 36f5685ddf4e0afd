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

  it('are never moved by more than chance: a chain that jumps alone is known at once', () => {
    const jumping = [...Array.from({ length: 200 }, () => 40), 120, 120, 120];
    const shared = sharedRates(
      new Map([
        ['jumping', jumping],
        ['steady', jumping.map(() => 40)],
      ]),
      SPAN,
    );
    // Of 160 requests/s half are expected: two standard deviations of 800 requests.
    const most = (2 * Math.sqrt(800 * 0.5 * 0.5)) / SPAN;
    expect(shared.get('jumping')![200]).toBeGreaterThan(120 - most);
    expect(shared.get('jumping')![200]).toBeLessThan(120);
    expect(shared.get('steady')![200]).toBeLessThan(40 + most);
    expect(shared.get('jumping')![199]).toBe(40);
    // By then it is no chance any more.
    expect(120 - shared.get('jumping')![202]!).toBeLessThan(0.4 * (120 - shared.get('jumping')![200]!));
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

  it('are as many, from the newest on, and stay where something is not known', () => {
    const whole = Array.from({ length: 10 }, (_, i) => 20 + (i % 2));
    const late = [Number.NaN, 10, 12, 10];
    const shared = sharedRates(new Map([['whole', whole] as const, ['late', late] as const]), SPAN);
    expect(shared.get('whole')).toHaveLength(10);
    expect(shared.get('whole')!.slice(0, 7)).toEqual(whole.slice(0, 7));
    expect(shared.get('late')![0]).toBeNaN();
    expect(
      shared
        .get('late')!
        .slice(1)
        .every((rate) => rate >= 9 && rate <= 13),
    ).toBe(true);
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
