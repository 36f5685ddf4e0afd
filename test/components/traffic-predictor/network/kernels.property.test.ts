import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADD, type Kernels, ZERO } from '../../../../src/components/traffic-predictor/network/kernels.ts';
import { PlainKernels } from '../../../../src/components/traffic-predictor/network/plain-kernels.ts';
import { simdKernels } from '../../../../src/components/traffic-predictor/network/simd-kernels.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

/** Numbers of the arena that a property uses; both kernels start from the same ones. */
const LENGTH = 40_000;
/** Places far enough from each other for the largest sizes below. */
const [A, B, C, D, E] = [64, 10_000, 20_000, 30_000, 35_000];

const simd = simdKernels()!;
const plain = new PlainKernels();
for (const kernels of [simd, plain]) kernels.reserve(LENGTH);

const extent = fc.integer({ min: 1, max: 13 });
const columns = fc.constantFrom(8, 16, 24);
const seed = fc.nat();

/** Does the same with both on the same random numbers and holds the whole arenas to each other. */
function expectSame(start: number, work: (kernels: Kernels) => unknown): void {
  const answers = [simd, plain].map((kernels) => {
    const random = seededRandom(start);
    for (let i = A; i < LENGTH; i++) kernels.values[i] = 2 * random() - 1;
    return work(kernels);
  });
  if (typeof answers[0] === 'number') expect(answers[0]).toBeCloseTo(Number(answers[1]), 4);
  let largest = 0;
  for (let i = A; i < LENGTH; i++) largest = Math.max(largest, Math.abs(simd.values[i]! - plain.values[i]!));
  expect(largest).toBeLessThan(1e-4);
}

const RUNS = { seed: 11, numRuns: 60 };

describe('SIMD does what plain TypeScript does, for any size:', () => {
  test('packing and products', () => {
    fc.assert(
      fc.property(
        seed,
        extent,
        extent,
        columns,
        fc.constantFrom(ADD, ZERO, E),
        (start, rows, depth, width, from) => {
          expectSame(start, (kernels) => {
            kernels.pack(A, 1, rows, rows, depth, B);
            kernels.product(B, C, D, rows, depth, width, from);
          });
        },
      ),
      RUNS,
    );
  });

  test('outer products over steps, and sums of rows', () => {
    fc.assert(
      fc.property(seed, extent, extent, columns, extent, (start, left, right, width, steps) => {
        expectSame(start, (kernels) => {
          kernels.outerProduct(A, left * width, left, B, right * width, right, width, steps, D, right + 2);
          kernels.rowSums(B, right * width, right, width, steps, E);
        });
      }),
      RUNS,
    );
  });

  test('gates, forwards and back', () => {
    fc.assert(
      fc.property(seed, extent, columns, (start, units, width) => {
        expectSame(start, (kernels) => {
          const count = units * width;
          kernels.openGates(A, B, C, count);
          kernels.closeGates(A, B, D, count);
          kernels.closeGatesBack(A, B, C, E, count);
          kernels.openGatesBack(A, B, D, E, count);
        });
      }),
      RUNS,
    );
  });

  test('rectifying, forwards and back', () => {
    fc.assert(
      fc.property(seed, extent, columns, (start, units, width) => {
        expectSame(start, (kernels) => {
          kernels.rectify(A, units * width);
          kernels.rectifyBack(A, B, units * width);
        });
      }),
      RUNS,
    );
  });

  test('normalisation, forwards and back, with columns that are padding', () => {
    fc.assert(
      fc.property(seed, extent, columns, extent, fc.nat(7), (start, rows, width, steps, padding) => {
        expectSame(start, (kernels) => {
          const statistics = { mean: E, variance: E + 100 };
          const live = width - padding;
          kernels.moments(A, rows, width, live, steps, statistics.mean, statistics.variance);
          kernels.normalize(A, rows, width, steps, statistics, D, D + 100, C);
          kernels.normalizeBack(A, rows, width, live, steps, statistics, D, B, E + 200, E + 300);
        });
      }),
      RUNS,
    );
  });

  test('dropout, of the very same numbers', () => {
    fc.assert(
      fc.property(
        seed,
        columns,
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.nat(2 ** 31 - 1),
        (start, count, rate, draw) => {
          expectSame(start, (kernels) => {
            kernels.dropout(A, B, count, rate, draw);
          });
          const leftOut = ({ values }: Kernels) =>
            [...values.slice(B, B + count)].map((value) => value === 0);
          expect(leftOut(simd)).toEqual(leftOut(plain));
        },
      ),
      RUNS,
    );
  });

  test('the steps of Adam', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 30 }), (start, count) => {
        expectSame(start, (kernels) => {
          const fours = 4 * count;
          for (let i = 0; i < fours; i++) kernels.values[D + i] = kernels.values[D + i]! ** 2;
          kernels.adam(A, B, C, D, fours, { scale: 0.7, rate: 0.01, correction: 1.5 });
          return kernels.sumOfSquares(B, fours);
        });
      }),
      RUNS,
    );
  });
});

test('dropout leaves out its share and keeps the mean', () => {
  const kernels = new PlainKernels();
  kernels.reserve(40_000);
  kernels.values.fill(1);
  kernels.dropout(0, 20_000, 20_000, 0.2, 12_345);
  const left = [...kernels.values.subarray(20_000, 40_000)];
  expect(left.filter((value) => value === 0).length / 20_000).toBeCloseTo(0.2, 2);
  expect(left.reduce((sum, value) => sum + value, 0) / 20_000).toBeCloseTo(1, 2);
});
