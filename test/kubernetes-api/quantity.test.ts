import { describe, expect, it } from 'vitest';
import { canonicalQuantity, parseQuantity, quantityNumber, roundedToMilli } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0.1', '100m'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['512', '512'],
    ['1000', '1k'],
    ['1e3', '1e3'],
    ['128974848', '128974848'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['1Ki', '1Ki'],
    ['0.1Ki', '102400m'],
  ])('writes %s as %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  it.each(['', 'abc', '1 Gi', '1GiB', '--1', '1.2.3', 'NaN', '1e', 'Mi'])('refuses "%s"', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it('knows amounts as numbers', () => {
    expect(quantityNumber('250m')).toBe(0.25);
    expect(quantityNumber('1.5Gi')).toBe(1.5 * 1024 ** 3);
  });

  it('stores amounts of resources in thousandths, rounded up', () => {
    expect(roundedToMilli('0.0001')).toBe('1m');
    expect(roundedToMilli('333333u')).toBe('334m');
  });
});
