import { describe, expect, it } from 'vitest';
import { nearest, oneOf, sentenceOf, show, showKey } from '../../src/api/faults.ts';

describe('a value in a sentence', () => {
  it.each<[unknown, string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [-0.5, '-0.5'],
    ['a\u0007"b', '"a\\u0007\\"b"'],
    [[1, 2], 'an array'],
    [{ a: 1 }, 'an object'],
    ['x'.repeat(100), `"${'x'.repeat(80)}"… (100 characters)`],
  ])('is shown as people and terminals can take it: %j', (value, shown) => {
    expect(show(value)).toBe(shown);
  });

  it('cuts and escapes keys too', () => {
    expect(showKey('a\nb')).toBe('a\\nb');
    expect(showKey('k'.repeat(90))).toBe(`${'k'.repeat(80)}…`);
  });

  it('stands between where and what is allowed', () => {
    expect(sentenceOf({ where: 'count', found: '0', allowed: 'a whole number' })).toBe(
      'count: found 0, allowed: a whole number',
    );
  });
});

describe('the nearest name', () => {
  const names = ['auth-service', 'payment-service', 'order_processing', 'a', 'b'];

  it.each([
    ['authService', 'auth-service'],
    ['AUTH.SERVICE', 'auth-service'],
    ['auth-servce', 'auth-service'],
    ['orderProcessing', 'order_processing'],
    ['paymant-servise', 'payment-service'],
  ])('to %s is %s', (found, name) => {
    expect(nearest(names, found)).toBe(name);
  });

  it.each(['', 'c', 'checkout', 'service', 'x'.repeat(1000)])('to %j is none', (found) => {
    expect(nearest(names, found)).toBeUndefined();
  });

  it('is offered with at most twenty known names', () => {
    const many = Array.from({ length: 25 }, (_, i) => `name-${i}`);
    expect(oneOf(many, 'other')).toBe(`one of ${many.slice(0, 20).join(', ')} and 5 more`);
    expect(oneOf(['alpha'], 'alhpa')).toBe('one of alpha (did you mean alpha?)');
    expect(oneOf([])).toBe('none, since none is configured');
  });
});
