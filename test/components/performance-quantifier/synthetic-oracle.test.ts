import { describe, expect, it } from 'vitest';
import { Course } from '../../../bench/learning/course.ts';
import { quantile } from '../../../bench/learning/learning-errors.ts';
import {
  type Load,
  syntheticServices,
  type TrueService,
  withDemand,
  withFloor,
} from '../../../bench/learning/synthetic-services.ts';
import { seededRandom } from '../../../src/utils/random.ts';

/** `control.min_confidence`: what the guard lets a service shrink on. */
const MIN_CONFIDENCE = 0.1;
const WIDE: Load = { utilization: [0.1, 0.85] };
const CALM: Load = { utilization: [0.1, 0.42] };
const DOUBLED: Load = { utilization: [0.2, 0.84] };

/** Twenty services with five chains each, 5 % noise, a tenth of garbage; after 60 windows. */
function learned(seed: number, load: Load, sizes = 1) {
  const services = syntheticServices(seededRandom(seed), { sizes });
  const course = new Course(seed);
  course.feed(services, load, 60);
  return { services, course };
}

function trusted(course: Course, services: readonly TrueService[]): number {
  return services.filter((service) => course.isTrusted(service, MIN_CONFIDENCE)).length;
}

/** What all chains need together, of one request/s each, over the truth. */
function demandRatio({ quantifier }: Course, { id, pairs }: TrueService): number {
  const found = quantifier.getLoadLatencyProfile(id).reduce((sum, p) => sum + p.demandCoreSeconds, 0);
  return found / pairs.reduce((sum, { demand }) => sum + demand, 0);
}

describe('twenty services with five chains under noise and garbage', () => {
  it.each([1, 2])(
    'are learned in 60 windows: demands within 5 %, predictions within 10 % (seed %i)',
    (seed) => {
      const { services, course } = learned(seed, WIDE);
      const { demand, prediction } = course.errors(services, WIDE);
      expect(quantile(demand, 0.5)).toBeLessThan(0.06);
      expect(quantile(demand, 0.9)).toBeLessThan(0.15);
      expect(quantile(prediction, 0.5)).toBeLessThan(0.05);
      expect(quantile(prediction, 0.9)).toBeLessThan(0.1);
      expect(trusted(course, services)).toBeGreaterThanOrEqual(15);
    },
  );

  it.each([1, 3])('are learned again five windows after all demands doubled (seed %i)', (seed) => {
    const { services, course } = learned(seed, CALM);
    const after = services.map((service) => withDemand(service, 2));
    for (let i = 1; i <= 5; i++) {
      course.feed(after, DOUBLED, 1);
      const wrong = after.filter((service) => demandRatio(course, service) < 0.8);
      // One whose newest use is garbage may happen to look as before, for that one window.
      expect(trusted(course, wrong), `shrinkable after ${i}`).toBeLessThanOrEqual(1);
    }
    const { demand, prediction } = course.errors(after, DOUBLED);
    expect(quantile(demand, 0.5)).toBeLessThan(0.12);
    expect(quantile(demand, 0.75)).toBeLessThan(0.2);
    expect(quantile(prediction, 0.5)).toBeLessThan(0.1);
    expect(quantile(prediction, 0.8)).toBeLessThan(0.2);
  });

  it('are learned again when a quarter of them became slower, and when they are as before', () => {
    const { services, course } = learned(4, CALM);
    const isSlower = (_: TrueService, s: number) => s % 4 === 0;
    const slower = services.map((service, s) => (isSlower(service, s) ? withFloor(service, 4) : service));
    course.feed(slower, CALM, 10);
    const { prediction } = course.errors(slower.filter(isSlower), CALM);
    expect(quantile(prediction, 0.5)).toBeLessThan(0.15);
    course.feed(services, CALM, 10);
    expect(quantile(course.errors(services.filter(isSlower), CALM).prediction, 0.5)).toBeLessThan(0.15);
  });

  it('do not change when all machines drift by 15 % up and down', () => {
    const services = syntheticServices(seededRandom(5));
    const course = new Course(5);
    for (let i = 0; i < 120; i++) {
      const drift = 1 + 0.15 * Math.sin(i / 10);
      course.feed(services, CALM, 1, { noise: 0.05, garbage: 0, drift });
    }
    const windows = services.map(({ id, pairs }) => {
      const profile = course.quantifier.profile(id, pairs[0]!.chain);
      return profile.kind === 'profile' ? profile.windows : 0;
    });
    expect(Math.min(...windows)).toBeGreaterThan(110);
  });

  it('are not taken for changed after a burst of three slow windows', () => {
    const { services, course } = learned(6, CALM);
    const slow = services.map((service, s) => (s % 4 === 0 ? withFloor(service, 6) : service));
    course.feed(slow, CALM, 3, { noise: 0.05, garbage: 0 });
    course.feed(services, CALM, 2, { noise: 0.05, garbage: 0 });
    const { prediction } = course.errors(services, CALM);
    expect(quantile(prediction, 0.5)).toBeLessThan(0.05);
    expect(quantile(prediction, 0.9)).toBeLessThan(0.15);
    expect(trusted(course, services)).toBeGreaterThan(15);
  });

  it('with few windows or a narrow load are less trusted, and not promised to be faster than they are seen', () => {
    const services = syntheticServices(seededRandom(7));
    const few = new Course(7);
    few.feed(services, WIDE, 8);
    const narrow = new Course(7);
    narrow.feed(services, { utilization: [0.3, 0.33] }, 60);
    const wide = new Course(7);
    wide.feed(services, WIDE, 60);
    const confidence = (course: Course) =>
      quantile(
        services.map(({ id }) => course.quantifier.getLoadLatencyProfile(id)[0]?.confidence ?? 0),
        0.5,
      );
    expect(confidence(few)).toBeLessThan(0.8 * confidence(wide));
    expect(confidence(narrow)).toBeLessThan(0.8 * confidence(wide));
    expect(quantile(narrow.errors(services, { utilization: [0.3, 0.33] }).prediction, 0.9)).toBeLessThan(0.1);
  });
});
