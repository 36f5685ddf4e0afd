import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTrafficRecord, TrafficRecord } from '../../../src/api/requests/record.ts';
import { checkerOf } from '../../../src/api/validation.ts';

const checker = checkerOf(TrafficRecord);

/** Values as JSON.parse makes them, the awkward ones often. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -0,
    -1,
    1,
    0.5,
    1e9,
    1e9 + 1,
    1e308,
    Number.POSITIVE_INFINITY,
    null,
    true,
    '',
    'a',
  ),
  fc.constantFrom<unknown>(
    'x'.repeat(253),
    'x'.repeat(254),
    'a\u0000b',
    'a\u009fb',
    '\ud83d\ude00'.repeat(130),
    '\ud800',
  ),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.string(),
  fc.constantFrom<unknown>([], {}, ['a'], { a: 1 }),
);

const keys = ['service_id', 'chain_id', 'response_time', 'is_error', 'timestamp', 'count', 'cpu_seconds'];

/** A record that is right but for a few of its keys. */
const nearRecord = fc
  .tuple(
    fc.record({
      chain_id: fc.constantFrom('order-processing', 'a'),
      response_time: fc.double({ min: 0, max: 1e6, noNaN: true }),
    }),
    fc.dictionary(fc.constantFrom(...keys, 'responseTime', '__proto__', 'constructor', 'toString'), value, {
      maxKeys: 3,
    }),
  )
  .map(([base, changes]) => JSON.parse(JSON.stringify(base)) && mergeOwn(base, changes));

function mergeOwn(base: object, changes: object): unknown {
  const record = { ...base };
  for (const [key, entry] of Object.entries(changes)) {
    Object.defineProperty(record, key, {
      value: entry,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return record;
}

describe('the record check of the hot path', () => {
  it('answers as the schema does for whatever arrives', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: nearRecord }, value, fc.jsonValue()), (candidate) => {
        expect(isTrafficRecord(candidate)).toBe(checker.check(candidate));
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it('meets both answers often in that property', () => {
    const seen = fc.sample(nearRecord, { seed: 7, numRuns: 500 }).map(isTrafficRecord);
    expect(seen.filter(Boolean).length).toBeGreaterThan(50);
    expect(seen.filter((fits) => !fits).length).toBeGreaterThan(50);
  });

  it.each<[string, object]>([
    [
      'every key',
      {
        service_id: 's',
        chain_id: 'c',
        response_time: 0.1,
        is_error: true,
        timestamp: 1,
        count: 3,
        cpu_seconds: 0,
      },
    ],
    ['only what is needed', { chain_id: 'c', response_time: 0 }],
    ['a null service', { service_id: null, chain_id: 'c', response_time: 1 }],
  ])('takes a record with %s', (_, record) => {
    expect(isTrafficRecord(record)).toBe(true);
    expect(checker.faults(record, '')).toEqual([]);
  });
});
