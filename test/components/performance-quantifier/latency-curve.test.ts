import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyAt, latencySlope } from '../../../src/components/performance-quantifier/latency-curve.ts';

const curves = fc.record({
  floorSeconds: fc.double({ min: 0, max: 10, noNaN: true }),
  queueingSeconds: fc.double({ min: 1e-6, max: 10, noNaN: true }),
  exponent: fc.constantFrom(1, 1.3, 2),
  verticalExponent: fc.double({ min: 0, max: 1, noNaN: true }),
});
const cpus = fc.double({ min: 0.05, max: 16, noNaN: true });

describe('the latency curve', () => {
  it('is the formula of the design', () => {
    const curve = { floorSeconds: 0.01, queueingSeconds: 0.03, exponent: 2, verticalExponent: 0.5 };
    expect(latencyAt(curve, 0.5, 4)).toBeCloseTo(0.01 + (0.03 * 0.25) / (2 * 0.5), 12);
  });

  it('never falls as the load grows or the cores of an instance shrink', () => {
    fc.assert(
      fc.property(curves, cpus, fc.double({ min: 0, max: 0.98, noNaN: true }), (curve, cpu, rho) => {
        expect(latencyAt(curve, rho + 0.01, cpu)).toBeGreaterThanOrEqual(latencyAt(curve, rho, cpu));
        expect(latencyAt(curve, rho, cpu)).toBeGreaterThanOrEqual(latencyAt(curve, rho, cpu * 1.1));
      }),
      { seed: 1 },
    );
  });

  it('is infinite at and beyond saturation', () => {
    const curve = { floorSeconds: 0.01, queueingSeconds: 0, exponent: 1, verticalExponent: 0 };
    expect(latencyAt(curve, 1, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(latencyAt(curve, 1.5, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('has the slope that finite differences show', () => {
    fc.assert(
      fc.property(curves, cpus, fc.double({ min: 0.02, max: 0.95, noNaN: true }), (curve, cpu, rho) => {
        const step = 1e-5;
        const rise = latencyAt(curve, rho + step, cpu) - latencyAt(curve, rho - step, cpu);
        const slope = latencySlope(curve, rho, cpu);
        expect(Math.abs(rise / (2 * step) - slope)).toBeLessThanOrEqual(1e-4 * slope + 1e-8);
      }),
      { seed: 2 },
    );
  });
});
