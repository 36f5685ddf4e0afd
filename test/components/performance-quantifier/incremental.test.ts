import { describe, expect, it } from 'vitest';
import { Course } from '../../../bench/learning/course.ts';
import { learningErrors, quantile } from '../../../bench/learning/learning-errors.ts';
import { type Load, syntheticServices } from '../../../bench/learning/synthetic-services.ts';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile } from './windows.ts';

const LOAD: Load = { utilization: [0.1, 0.85] };
const WINDOWS = 270;

describe('services that are fitted by turns', () => {
  it('have nearly the profiles that a fit of everything at once gives', () => {
    const services = syntheticServices(seededRandom(3), { services: 16, chains: 3 });
    const course = new Course(3);
    course.feed(services, LOAD, WINDOWS);
    const atOnce = new PerformanceImpactQuantifier();
    expect(atOnce.restore(course.quantifier.drain(100)).skipped).toBe(0);
    atOnce.refit(60 * WINDOWS);
    const differences: number[] = [];
    const demands: number[] = [];
    for (const { id, pairs } of services) {
      for (const { chain } of pairs) {
        const byTurns = knownProfile(course.quantifier, id, chain);
        const full = knownProfile(atOnce, id, chain);
        demands.push(Math.abs(byTurns.demandCoreSeconds / full.demandCoreSeconds - 1));
        for (const rho of [0.1, 0.4, 0.7, 0.85])
          differences.push(Math.abs(latencyAt(byTurns, rho, 1) / latencyAt(full, rho, 1) - 1));
      }
    }
    expect(quantile(demands, 0.5)).toBeLessThan(0.01);
    expect(Math.max(...demands)).toBeLessThan(0.05);
    expect(quantile(differences, 0.5)).toBeLessThan(0.01);
    expect(Math.max(...differences)).toBeLessThan(0.05);
    // And are no further from the truth.
    const errorsOf = (learner: PerformanceImpactQuantifier) =>
      quantile(learningErrors(learner, services, LOAD.utilization, seededRandom(1)).prediction, 0.9);
    expect(errorsOf(course.quantifier)).toBeLessThan(errorsOf(atOnce) + 0.01);
  });
});
