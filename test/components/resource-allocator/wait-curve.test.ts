import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  capacityForSlope,
  capacityForWait,
  waitAt,
  waitSlopeAt,
} from '../../../src/components/resource-allocator/wait-curve.ts';

const CURVE = fc.record({
  demand: fc.double({ min: 0.01, max: 50, noNaN: true }),
  spare: fc.double({ min: 0.001, max: 3, noNaN: true }),
  scale: fc.double({ min: 0.01, max: 100, noNaN: true }),
  power: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 4, noNaN: true })),
});
const RUNS = { seed: 11, numRuns: 300 };

describe('the waiting curve', () => {
  it('has the slope that finite differences have', () => {
    fc.assert(
      fc.property(CURVE, ({ demand, spare, scale, power }) => {
        const capacity = demand * (1 + spare);
        const step = 1e-6 * (capacity - demand);
        const rise =
          (waitAt(capacity - step, demand, scale, power) - waitAt(capacity + step, demand, scale, power)) /
          (2 * step);
        expect(waitSlopeAt(capacity, demand, scale, power) / rise).toBeCloseTo(1, 4);
      }),
      RUNS,
    );
  });

  it('is inverted by capacityForWait', () => {
    fc.assert(
      fc.property(CURVE, ({ demand, spare, scale, power }) => {
        const capacity = demand * (1 + spare);
        const wait = waitAt(capacity, demand, scale, power);
        const found = capacityForWait(wait, demand, scale, power, demand * 1.000001, demand * 10);
        expect((found - demand) / (capacity - demand)).toBeCloseTo(1, 7);
      }),
      RUNS,
    );
  });

  it('has its slope inverted by capacityForSlope, wherever the search begins', () => {
    fc.assert(
      fc.property(
        CURVE,
        fc.double({ min: 0, max: 80, noNaN: true }),
        ({ demand, spare, scale, power }, near) => {
          const capacity = demand * (1 + spare);
          const price = 3 * waitSlopeAt(capacity, demand, scale, power);
          const found = capacityForSlope(
            3,
            price,
            demand,
            scale,
            power,
            demand * 1.000001,
            demand * 10,
            near,
          );
          expect((found - demand) / (capacity - demand)).toBeCloseTo(1, 7);
        },
      ),
      RUNS,
    );
  });

  it('stays inside the given capacities', () => {
    expect(capacityForWait(1e-9, 1, 1, 1.5, 2, 5)).toBe(5);
    expect(capacityForWait(1e9, 1, 1, 1.5, 2, 5)).toBe(2);
    expect(capacityForSlope(1e9, 1, 1, 1, 1.5, 2, 5, 0)).toBe(5);
    expect(capacityForSlope(1e-9, 1, 1, 1, 1.5, 2, 5, 0)).toBe(2);
  });
});
