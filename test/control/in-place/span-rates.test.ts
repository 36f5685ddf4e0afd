import { describe, expect, it } from 'vitest';
import { SpanRates } from '../../../src/control/in-place/span-rates.ts';
import { NOW } from '../fixtures.ts';
import { watched } from './watched.ts';

const CHAIN = 'user-registration';
const SPAN = 5;
const NOW_SPAN = NOW / SPAN;

/** Records these numbers of requests, one a second from `NOW + from` on, and moves the clock behind them. */
function record(parts: ReturnType<typeof watched>, counts: readonly number[], from = 0): void {
  for (const [second, count] of counts.entries()) {
    parts.clock.jump(NOW + from + second + 1 - parts.clock.nowSeconds());
    const at = NOW + from + second + 0.5;
    if (count > 0) parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, at, count);
  }
}

/** Rates of spans from `NOW` on that were read at once, the first of which is not known whole. */
function ratesOf(...rates: number[]): SpanRates {
  const parts = watched();
  const spans = new SpanRates();
  record(parts, [...rates.flatMap((rate) => Array.from({ length: SPAN }, () => rate))]);
  spans.update(parts, NOW + SPAN * rates.length);
  return spans;
}

describe('rates in spans of five seconds', () => {
  it('are those of the seconds since the epoch that they are of, whenever they are read', () => {
    const counts = Array.from({ length: 47 }, (_, second) => 1 + ((second * 7) % 11));
    for (const pauses of [[47], [11, 12, 20, 31.7, 47], [5, 10, 15, 20, 25, 30, 35, 40, 45, 47]]) {
      const parts = watched();
      const spans = new SpanRates();
      record(parts, counts);
      for (const seconds of pauses) spans.update(parts, NOW + seconds);
      expect(spans.newest).toBe(NOW_SPAN + 8);
      for (let span = 1; span < 9; span++) {
        const sum = counts.slice(SPAN * span, SPAN * (span + 1)).reduce((total, count) => total + count, 0);
        expect(spans.own.rate(CHAIN, NOW_SPAN + span)).toBeCloseTo(sum / SPAN, 9);
      }
    }
  });

  it('are not known of the span in which a chain is heard of first, nor of any outside of what was read', () => {
    const spans = ratesOf(10, 20, 30);
    expect(spans.own.rate(CHAIN, NOW_SPAN)).toBeNaN();
    expect(spans.own.rate(CHAIN, NOW_SPAN + 1)).toBeCloseTo(20, 9);
    // Never that of an older one.
    for (const ahead of [3, 4, 5]) expect(spans.own.rate(CHAIN, NOW_SPAN + ahead)).toBeNaN();
    expect(spans.own.rate(CHAIN, NOW_SPAN - 1)).toBeNaN();
    expect(spans.own.rate('order-processing', NOW_SPAN + 1)).toBeNaN();
    expect(new SpanRates().own.rate(CHAIN, NOW_SPAN)).toBeNaN();
    expect(ratesOf(10).own.rate(CHAIN, NOW_SPAN)).toBeNaN();
  });

  it('are 0 in silence', () => {
    const spans = ratesOf(10, 20, 0, 0);
    expect(spans.own.rate(CHAIN, NOW_SPAN + 3)).toBe(0);
    expect(spans.own.least(CHAIN, 4)).toBe(0);
    expect(spans.own.known(CHAIN)).toBe(4);
  });

  it('are summed up over the latest spans that are known', () => {
    const spans = ratesOf(100, 20, 60, 40);
    expect(spans.own.mean(CHAIN, 2)).toBeCloseTo(50, 9);
    // The first is not known.
    expect(spans.own.mean(CHAIN, 12)).toBeCloseTo(40, 9);
    expect(spans.own.most(CHAIN, 12)).toBeCloseTo(60, 9);
    expect(spans.own.most(CHAIN, 1)).toBeCloseTo(40, 9);
    expect(spans.own.least(CHAIN, 12)).toBeCloseTo(20, 9);
    for (const nothing of [ratesOf(10), new SpanRates()]) {
      expect(nothing.own.mean(CHAIN, 3)).toBeNaN();
      expect(nothing.own.least(CHAIN, 3)).toBeNaN();
      expect(nothing.own.most(CHAIN, 3)).toBe(0);
    }
  });

  it('are known again from the latest two minutes on after a longer pause', () => {
    const short = watched();
    const long = watched();
    for (const [parts, pause] of [
      [short, 24],
      [long, 25],
    ] as const) {
      const spans = new SpanRates();
      record(
        parts,
        Array.from({ length: 15 }, () => 10),
      );
      spans.update(parts, NOW + 15);
      record(
        parts,
        Array.from({ length: SPAN * pause }, () => 30),
        15,
      );
      spans.update(parts, NOW + 15 + SPAN * pause);
      expect(spans.own.mean(CHAIN, 24)).toBeCloseTo(30, 9);
      // No rate from before takes the place of one that was not read.
      expect(spans.own.known(CHAIN)).toBe(pause === 24 ? 27 : 24);
      expect(spans.own.rate(CHAIN, NOW_SPAN + 2)).toEqual(pause === 24 ? 10 : Number.NaN);
    }
  });

  it('are read again after the clock was set back', () => {
    const parts = watched();
    const spans = new SpanRates();
    record(
      parts,
      Array.from({ length: 60 }, (_, second) => (second < 30 ? 10 : 90)),
    );
    spans.update(parts, NOW + 60);
    spans.update(parts, NOW + 30);
    expect(spans.newest).toBe(NOW_SPAN + 5);
    expect(spans.own.most(CHAIN, 240)).toBeCloseTo(10, 9);
    expect(spans.own.rate(CHAIN, NOW_SPAN + 6)).toBeNaN();
    // A moment is no change.
    spans.update(parts, NOW + 30.4);
    expect(spans.own.known(CHAIN)).toBe(6);
  });

  it('take in what comes up to a minute late', () => {
    const parts = watched();
    const spans = new SpanRates();
    const seconds = (length: number, rate: number) => Array.from({ length }, () => rate);
    record(parts, seconds(30, 10));
    spans.update(parts, NOW + 30);
    expect(spans.own.rate(CHAIN, NOW_SPAN + 4)).toBeCloseTo(10, 9);
    for (let second = 0; second < 30; second++)
      parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, NOW + second + 0.5, 10);
    record(parts, seconds(10, 20), 30);
    spans.update(parts, NOW + 40);
    for (const span of [1, 4, 7]) expect(spans.own.rate(CHAIN, NOW_SPAN + span)).toBeCloseTo(20, 9);
  });

  it('are taken down to twice their mean between two spans, and are unknown where they were', () => {
    const spans = ratesOf(7, 90, 10, 0, 100, 10, 200);
    spans.level(CHAIN, NOW_SPAN, NOW_SPAN + 5);
    const rates = [1, 2, 3, 4, 5, 6].map((span) => spans.own.rate(CHAIN, NOW_SPAN + span));
    // Of 90, 10, 0, 100 and 10.
    const most = 2 * 42;
    for (const [index, rate] of [most, 10, 0, most, 10, 200].entries())
      expect(rates[index]).toBeCloseTo(rate, 9);
    expect(spans.own.rate(CHAIN, NOW_SPAN)).toBeNaN();
  });

  it('are taken down to the rate before or after between two spans where that explains their mean', () => {
    const usual = Array.from({ length: 12 }, () => 100);
    const spans = ratesOf(7, ...usual, 10, 10, 250, 130, 100, 100, 100);
    spans.level(CHAIN, NOW_SPAN + 13, NOW_SPAN + 19);
    const levelled = [13, 14, 15, 16, 17].map((span) => spans.own.rate(CHAIN, NOW_SPAN + span));
    for (const [index, rate] of [10, 10, 110, 110, 100].entries())
      expect(levelled[index]).toBeCloseTo(rate, 6);
  });

  it('are known for levelled, and those next to them, until the next time that is long after', () => {
    const spans = ratesOf(60, ...Array.from({ length: 60 }, () => 100));
    const levelled = () =>
      Array.from({ length: 60 }, (_, i) => i).filter((i) => spans.isLevelled(CHAIN, NOW_SPAN + i));
    expect(levelled()).toEqual([]);
    spans.level(CHAIN, NOW_SPAN + 10, NOW_SPAN + 12);
    expect(levelled()).toEqual([9, 10, 11, 12, 13]);
    // What is not judged yet may lie in both.
    spans.level(CHAIN, NOW_SPAN + 15, NOW_SPAN + 16);
    expect(levelled()).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17]);
    spans.level(CHAIN, NOW_SPAN + 50, NOW_SPAN + 51);
    expect(levelled()).toEqual([49, 50, 51, 52]);
    expect(spans.isLevelled('order-processing', NOW_SPAN + 51)).toBe(false);
  });

  it('are left as they are where nothing is known', () => {
    const spans = ratesOf(10);
    spans.level(CHAIN, NOW_SPAN - 10, NOW_SPAN);
    spans.level('order-processing', NOW_SPAN - 10, NOW_SPAN);
    expect(spans.own.rate(CHAIN, NOW_SPAN)).toBeNaN();
  });

  it('are told anew of what all chains have once some of them were levelled', () => {
    const parts = watched();
    const spans = new SpanRates();
    for (let second = 0; second < 150; second++) {
      parts.clock.jump(NOW + second + 1 - parts.clock.nowSeconds());
      const at = NOW + second + 0.5;
      const count = second >= 100 && second < 115 ? 300 : 20;
      parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, at, count);
      parts.traffic.recordRequest('auth-service', 'order-processing', 0.02, false, at, 20);
    }
    spans.update(parts, NOW + 150);
    expect(spans.shared.most(CHAIN, 20)).toBeCloseTo(300, 6);
    spans.level(CHAIN, NOW_SPAN + 15, NOW_SPAN + 25);
    expect(spans.own.most(CHAIN, 20)).toBeLessThan(250);
    expect(spans.shared.most(CHAIN, 20)).toBeLessThan(250);
  });

  it('are kept for some time, and of configured chains alone', () => {
    const parts = watched();
    const spans = new SpanRates();
    record(
      parts,
      Array.from({ length: 1900 }, () => 1),
    );
    for (let seconds = 100; seconds <= 1900; seconds += 100) spans.update(parts, NOW + seconds);
    expect(spans.own.known(CHAIN)).toBe(330);
    expect(spans.own.rate(CHAIN, NOW_SPAN + 50)).toBeCloseTo(1, 9);
    expect(spans.own.rate(CHAIN, NOW_SPAN + 49)).toBeNaN();
    spans.keepOnly(new Map([['order-processing', 1]]));
    expect(spans.own.known(CHAIN)).toBe(0);
    expect(spans.own.mean(CHAIN, 3)).toBeNaN();
  });
});
