import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  coresOf,
  cpuQuantity,
  mebibytesOf,
  memoryQuantity,
  nanosOf,
} from '../../../src/utils/kubernetes-utils/quantities.ts';

test.each([
  ['100m', 0.1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['2', 2],
  ['2.', 2],
  ['1e3', 1000],
  ['1E3', 1000],
  ['12e-1', 1.2],
  ['2k', 2000],
  ['250000u', 0.25],
  ['123456789n', 0.123456789],
  ['+1', 1],
  [3, 3],
])('%s is %d cores', (quantity, cores) => {
  expect(coresOf(quantity)).toBe(cores);
});

test.each([
  ['128974848', 123],
  ['1.5Gi', 1536],
  ['129M', 123.023_986_816_406_25],
  ['1Ti', 1_048_576],
  ['0.5Ki', 0.5 / 1024],
  ['1E', 1e18 / 1_048_576],
  ['1Ei', 1_099_511_627_776],
])('%s of bytes is %d MiB', (quantity, mebibytes) => {
  expect(mebibytesOf(quantity)).toBeCloseTo(mebibytes, 9);
});

const NO_QUANTITIES = [
  '',
  'Gi',
  '1K',
  '1 Gi',
  '0x10',
  '1e',
  '1e99',
  'NaN',
  '--1',
  '1.2.3',
  null,
  undefined,
  {},
  true,
];

test.each(NO_QUANTITIES.map((value) => [value]))('%j is no quantity', (value) => {
  expect(nanosOf(value)).toBeUndefined();
});

test('what is finer than a billionth is rounded up, as the API does', () => {
  expect(nanosOf('0.0000000001')).toBe(1n);
  expect(nanosOf('1.0000000001')).toBe(1_000_000_001n);
});

test('quantities are written in the canonical form of the API', () => {
  expect([0.1, 1, 1.25, 0.3, 2.0001, 10].map(cpuQuantity)).toEqual([
    '100m',
    '1',
    '1250m',
    '300m',
    '2001m',
    '10',
  ]);
  expect([128, 1024, 1536, 499.5, 1_048_576].map(memoryQuantity)).toEqual([
    '128Mi',
    '1Gi',
    '1536Mi',
    '500Mi',
    '1Ti',
  ]);
});

test('what is written reads as what was meant, never as less', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (thousandths) => {
      expect(coresOf(cpuQuantity(thousandths / 1000))).toBe(thousandths / 1000);
      expect(mebibytesOf(memoryQuantity(thousandths))).toBe(thousandths);
      expect(mebibytesOf(memoryQuantity(thousandths + 0.3))).toBe(thousandths + 1);
    }),
  );
});
