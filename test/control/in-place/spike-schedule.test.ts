import { describe, expect, it } from 'vitest';
import {
  adopted,
  bestOfEach,
  heightOf,
  isDue,
  isSame,
  lateBy,
  nextDue,
  scheduleOf,
} from '../../../src/control/in-place/spike-schedule.ts';
import type { Spike } from '../../../src/control/in-place/spike-watch.ts';
import { seededRandom } from '../../../src/utils/random.ts';

const NEVER = Number.NEGATIVE_INFINITY;

function spike(onsetSeconds: number, options: Partial<Spike> = {}): Spike {
  return { onsetSeconds, earliestSeconds: onsetSeconds, height: 500, ...options };
}

const at = (...onsets: number[]) => onsets.map((onset) => spike(onset));

describe('a schedule of spikes', () => {
  it('has their period where they come at every point of it, and the largest height', () => {
    const spikes = [...at(300, 900.3, 1499.8, 2100.1), spike(2700, { height: 620 })];
    const schedule = scheduleOf(spikes)!;
    expect(schedule.periodSeconds).toBeCloseTo(600, 0);
    expect(schedule.shortestSeconds).toBeCloseTo(599.5, 6);
    // 524 and 2.776 · 53.7 · √1.2 are 687: a tenth over the largest at most.
    expect(schedule.height).toBeCloseTo(1.1 * 620, 9);
  });

  it('has the period of the grid where they come at some points of it', () => {
    // The distances are 4, 5, 3 and 4 of 75 s.
    const schedule = scheduleOf(at(231.1, 530.8, 905.5, 1131.3, 1431.5))!;
    expect(schedule.periodSeconds).toBeCloseTo(75, 0);
    expect(schedule.toleranceSeconds).toBeLessThan(5);
  });

  it('is none of three spikes, nor of any that are nearer than there is use in', () => {
    expect(scheduleOf(at(300, 900, 1500))).toBeUndefined();
    expect(scheduleOf(at(100, 130, 160, 190, 220))).toBeUndefined();
    expect(scheduleOf([])).toBeUndefined();
  });

  it('is seldom one of spikes at any times, however the times between them are distributed', () => {
    const random = seededRandom(5);
    const gaps = [
      () => -300 * Math.log(1 - random()),
      () => 60 - 240 * Math.log(1 - random()),
      () => 180 + 240 * random(),
      () => 400 + 800 * random(),
    ];
    const runs = 4000;
    for (const count of [4, 5, 6, 8, 12]) {
      let found = 0;
      for (let run = 0; run < runs; run++) {
        let onset = 0;
        const onsets = Array.from({ length: count }, () => (onset += gaps[run % 4]!()));
        if (scheduleOf(at(...onsets)) !== undefined) found += 1;
      }
      // About 1 %: of five spikes it is a little more.
      expect(found / runs).toBeLessThan(0.0125);
    }
  });

  it('expects the next spike where it comes, although onsets are not known exactly', () => {
    const random = seededRandom(12);
    for (const deviation of [0.5, 1, 2]) {
      let [known, within] = [0, 0];
      for (let run = 0; run < 800; run++) {
        const near = (place: number) => 600 * place + deviation * normal(random);
        const count = 5 + (run % 8);
        const schedule = scheduleOf(at(...Array.from({ length: count }, (_, place) => near(place))));
        if (schedule === undefined) continue;
        known += 1;
        expect(Math.abs(schedule.periodSeconds - 600)).toBeLessThan(2 * deviation);
        const next = near(count);
        if (isDue(schedule, next, next, NEVER)) within += 1;
      }
      expect(known).toBeGreaterThan(0.99 * 800);
      expect(within / known).toBeGreaterThan(0.97);
    }
  });

  it('has the right grid after many spikes, although the shortest time between two was a little too short', () => {
    const random = seededRandom(2);
    let onset = 40;
    const onsets = Array.from({ length: 16 }, (_, i) => (onset += 75 * [8, 9, 8, 11, 13][i % 5]!));
    const schedule = scheduleOf(at(...onsets.map((exact) => exact + 1.2 * random())))!;
    expect(schedule.periodSeconds).toBeCloseTo(75, 1);
  });

  it('is as wide as four spikes that are on it to a second need, and no wider', () => {
    // Deviations of 0.3 s: as wide as a resolution of half a second that counts as two spikes, and those, make it.
    const exact = scheduleOf(at(300.3, 599.7, 900.3, 1199.7))!;
    expect(exact.toleranceSeconds).toBeGreaterThan(1);
    expect(exact.toleranceSeconds).toBeLessThan(4.5);
    const loose = scheduleOf(at(303, 1197, 2103, 2997))!;
    expect(loose.toleranceSeconds).toBeGreaterThan(3 * 3);
  });

  it('has no height of more than an hour ago, if there were enough since', () => {
    const every = (seconds: number) =>
      Array.from({ length: 12 }, (_, i) => spike(seconds * i, { height: i === 1 ? 900 : 500 }));
    expect(scheduleOf(every(600))!.height).toBe(500);
    expect(scheduleOf(every(300))!.height).toBe(900);
    expect(heightOf(every(1800).slice(0, 4))).toBeCloseTo(1.1 * 900, 9);
  });

  it('has a height that one in forty is beyond, from the largest to a tenth more', () => {
    const of = (...heights: number[]) => heightOf(heights.map((height, i) => spike(300 * i, { height })));
    expect(of()).toBe(0);
    expect(of(400, 400, 410)).toBeCloseTo(451, 9);
    expect(of(400, 400, 400, 400)).toBe(400);
    // Two of 400 and two of 420: 410 and 3.182 · 11.547 · √1.25.
    expect(of(400, 420, 400, 420)).toBeCloseTo(451.08, 2);
    expect(of(400, 430, 400, 430)).toBeCloseTo(1.1 * 430, 9);
    expect(of(...Array.from({ length: 15 }, () => 400), 420)).toBe(420);
    const random = seededRandom(4);
    let beyond = 0;
    const runs = 4000;
    for (let run = 0; run < runs; run++) {
      const heights = Array.from({ length: 9 }, () => 400 * (1 + 0.03 * normal(random)));
      if (heights[8]! > of(...heights.slice(0, 8))) beyond += 1;
    }
    expect(beyond / runs).toBeGreaterThan(0.01);
    expect(beyond / runs).toBeLessThan(0.035);
  });

  it('counts spikes of which the onset is known in part, as long as they may lie on it', () => {
    const late = spike(249, { earliestSeconds: 215 });
    expect(scheduleOf([late, ...at(531.1, 906, 1131, 1431.2)])?.periodSeconds).toBeCloseTo(75, 0);
    const elsewhere = spike(295, { earliestSeconds: 260 });
    expect(scheduleOf([elsewhere, ...at(531.1, 906, 1131, 1431.2)])).toBeUndefined();
  });

  it('is of the latest six where those before came at other times', () => {
    const before = at(17, 133, 351, 801);
    const schedule = scheduleOf([...before, ...at(1200, 1500, 1800, 2100, 2400, 2700)])!;
    expect(schedule.periodSeconds).toBeCloseTo(300, 6);
  });

  it('ends with one that is off it, or has a finer grid on which that one was due', () => {
    const spikes = at(300, 900, 1500, 2100, 2700);
    for (let onset = 2900; onset < 3240; onset += 7) {
      const schedule = scheduleOf([...spikes, spike(onset)]);
      if (schedule === undefined) continue;
      expect(schedule.periodSeconds).toBeLessThan(310);
      expect(isDue(schedule, onset - 0.1, onset + 0.1, NEVER)).toBe(true);
    }
    expect(scheduleOf([...spikes, spike(2913)])).toBeUndefined();
  });

  it('is kept, as well known, where one of them began some seconds late, and found although one had', () => {
    const [before, after] = [at(530.5, 905.6, 1430.5, 1730.6), at(2255.7, 2556.1, 2931.1)];
    const onGrid = scheduleOf([...before, ...after])!;
    const late = scheduleOf([...before, spike(1963.6), ...after])!;
    expect(late.periodSeconds).toBeCloseTo(75, 0);
    expect(late.toleranceSeconds).toBeCloseTo(onGrid.toleranceSeconds, 6);
    // Not where it was early, nor where it was later than starters are.
    for (const onset of [1945, 1975]) expect(scheduleOf([...before, spike(onset), ...after])).toBeUndefined();
  });

  it('has half the period where points of it are left out now and then, and that leaves time', () => {
    const every = scheduleOf(at(300, 450, 600, 750, 900))!;
    expect(every.periodSeconds).toBeCloseTo(150, 6);
    const some = scheduleOf(at(605.9, 905.6, 1505.9, 1655, 1805.6))!;
    expect(some.periodSeconds).toBeCloseTo(75, 0);
    expect(isDue(some, 2030, 2031, 1805.6)).toBe(true);
    // One that was late, or answered late, left none out.
    const late = at(300, 450, 600, 750, 900, 1050, 1200, 1350).map((one, i) =>
      i === 3 ? { ...one, earliestSeconds: one.onsetSeconds - 15 } : one,
    );
    expect(scheduleOf(late)!.periodSeconds).toBeCloseTo(150, 6);
    expect(scheduleOf(at(300, 450, 600, 758, 900, 1050, 1200, 1350))!.periodSeconds).toBeCloseTo(150, 0);
    const often = scheduleOf(at(300, 380, 540, 620, 860, 940))!;
    expect(often.periodSeconds).toBeCloseTo(80, 6);
  });
});

describe('the schedule of another chain', () => {
  const other = { ...scheduleOf(at(531, 906, 1131, 1431))!, height: 90 };

  it('is followed by one whose spikes lie on it, with its own heights and gaps', () => {
    const own = [
      spike(249, { earliestSeconds: 220 }),
      spike(531.5, { height: 70 }),
      spike(905.6, { height: 60 }),
    ];
    expect(adopted(other, own)).toEqual({ ...other, height: 550, shortestSeconds: 531.5 - 249 });
    expect(adopted(other, own.slice(1))).toEqual({ ...other, height: 77, shortestSeconds: 905.6 - 531.5 });
  });

  it('is not followed where one spike lies elsewhere, or all may lie on it by chance', () => {
    expect(adopted(other, at(531, 906, 1131, 1470))).toBeUndefined();
    expect(adopted(other, at(531))).toBeUndefined();
    const wide = [spike(560, { earliestSeconds: 520 }), spike(931, { earliestSeconds: 895 }), spike(1131)];
    expect(adopted(other, wide)).toBeUndefined();
    expect(adopted(other, [])).toBeUndefined();
    // Two are on one schedule by chance once in a hundred and fifty times, on one of eight more often.
    expect(adopted(other, at(531, 906))).toBeDefined();
    expect(adopted(other, at(531, 906), 8)).toBeUndefined();
    expect(adopted(other, at(531, 906, 1131), 8)).toBeDefined();
  });

  it('is the same where its times are within what both are known to for an hour', () => {
    const near = { ...other, originSeconds: other.originSeconds + 751, height: 20 };
    expect(isSame(other, near)).toBe(true);
    expect(isSame(near, other)).toBe(true);
    expect(isSame(other, { ...near, originSeconds: near.originSeconds + 20 })).toBe(false);
    // Of 48 periods in an hour each is a quarter of a second longer.
    expect(isSame(other, { ...near, periodSeconds: 75.25 })).toBe(false);
    expect(isSame(other, { ...near, periodSeconds: 75.05 })).toBe(true);
    expect(isSame(other, { ...near, periodSeconds: 150 })).toBe(false);
  });
});

describe('a few different schedules of many', () => {
  const of = (periodSeconds: number, toleranceSeconds: number) => ({
    ...{ periodSeconds, toleranceSeconds, originSeconds: 1000, shortestSeconds: periodSeconds, height: 50 },
  });

  it('are those of other times, of the same times the best known', () => {
    const [loose, tight, other] = [of(300, 3), of(300, 1), of(440, 2)];
    expect(bestOfEach([undefined, loose, other, tight, undefined])).toEqual([tight, other]);
    expect(bestOfEach([])).toEqual([]);
  });

  it('are eight, and the best known of these also after them', () => {
    const many = Array.from({ length: 12 }, (_, i) => of(300 + 41 * i, 3));
    expect(bestOfEach([...many, of(300, 1)])).toEqual([of(300, 1), ...many.slice(1, 8)]);
  });
});

describe('a spike that is due', () => {
  const schedule = scheduleOf(at(1000, 1300, 1600, 1900, 2200))!;

  it('is one whose onset may lie between two times', () => {
    expect(isDue(schedule, 2490, 2505, 2200)).toBe(true);
    expect(isDue(schedule, 2470, 2490, 2200)).toBe(false);
    expect(isDue(schedule, 2511, 2790, 2200)).toBe(false);
    // Within what onsets may be late by.
    expect(isDue(schedule, 2509.9, 2520, 2200)).toBe(true);
    expect(isDue(schedule, 2510.1, 2520, 2200)).toBe(false);
  });

  it('is not expected sooner than after half of the shortest time between two', () => {
    const some = scheduleOf(at(231, 531, 906, 1131, 1431))!;
    expect(isDue(some, 1500, 1510, 1431)).toBe(false);
    expect(isDue(some, 1575, 1585, 1431)).toBe(true);
    expect(isDue(some, 1500, 1510, NEVER)).toBe(true);
  });

  it('is due at the next point of the grid from which it may not be as late', () => {
    expect(nextDue(schedule, 2210, 2200)).toBeCloseTo(2500, 6);
    expect(nextDue(schedule, 2500 + 0.99 * lateBy(schedule), 2200)).toBeCloseTo(2500, 6);
    expect(nextDue(schedule, 2500 + 1.01 * lateBy(schedule), 2200)).toBeCloseTo(2800, 6);
    expect(lateBy({ toleranceSeconds: 3 })).toBe(10);
    expect(lateBy({ toleranceSeconds: 12 })).toBe(12);
    // None comes sooner than after 150 s.
    expect(nextDue(schedule, 2210, 2400)).toBeCloseTo(2800, 6);
  });

  it('is expected on, long after the last one', () => {
    expect(isDue(schedule, 100_000 - 5, 100_000 + 10, 2200)).toBe(true);
    expect(isDue(schedule, 100_000 + 15, 100_000 + 40, 2200)).toBe(false);
  });
});

/** Sum of twelve uniform numbers: about normal, with a variance of 1. */
function normal(random: () => number): number {
  return Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
}
