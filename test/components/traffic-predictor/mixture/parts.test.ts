import { describe, expect, it } from 'vitest';
import { Calibrator } from '../../../../src/components/traffic-predictor/mixture/calibrator.ts';
import { HourlyResiduals } from '../../../../src/components/traffic-predictor/mixture/hourly-residuals.ts';
import { OutageDays } from '../../../../src/components/traffic-predictor/mixture/outage-days.ts';
import { foldInOutage } from '../../../../src/components/traffic-predictor/mixture/outage-forecast.ts';
import { OutageWatch } from '../../../../src/components/traffic-predictor/mixture/outage-watch.ts';
import { PolyMixer } from '../../../../src/components/traffic-predictor/mixture/poly-mixer.ts';
import { ResidualQuantiles } from '../../../../src/components/traffic-predictor/mixture/residual-quantiles.ts';
import { slotOf } from '../../../../src/components/traffic-predictor/mixture/slots.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

describe('mixing', () => {
  /** Experts say `says`, the truth follows; the mixture after `steps`. */
  function mixtureAfter(steps: number, level: number, says: (step: number) => number[], truth: () => number) {
    const experts = says(0).length;
    const mixer = new PolyMixer(1, [level], experts);
    const mixed = new Float32Array(1);
    let loss = 0;
    for (let step = 0; step < steps; step++) {
      const said = Float32Array.from(says(step));
      mixer.mix(0, said, 0, mixed, 0);
      const value = truth();
      loss += Math.abs(value - mixed[0]!);
      mixer.fade();
      mixer.score(0, value, mixed, 0, said, 0);
      mixer.pool();
    }
    return { mixture: mixed[0]!, weights: mixer.shares(0), loss: loss / steps };
  }

  it('comes to the expert that is always right', () => {
    const random = seededRandom(1);
    const { weights } = mixtureAfter(
      300,
      0.5,
      () => [5, 0, 9],
      () => 5 + 0.01 * random(),
    );
    expect(weights[0]).toBeGreaterThan(0.95);
  });

  it('finds a combination that is better than each expert', () => {
    const random = seededRandom(2);
    const { loss } = mixtureAfter(
      2000,
      0.5,
      () => [0, 10],
      () => 4 + random(),
    );
    // Either alone is off by 4.5 or more; the best combination by 0.25.
    expect(loss).toBeLessThan(0.5);
  });

  it('follows when another expert becomes the best', () => {
    let step = 0;
    const { weights } = mixtureAfter(
      1500,
      0.5,
      () => [0, 1],
      () => (step++ < 500 ? 0 : 1),
    );
    expect(weights[1]).toBeGreaterThan(0.9);
  });

  it('neither punishes nor hears a sleeping expert', () => {
    const { mixture, weights } = mixtureAfter(
      101,
      0.5,
      (step) => [2, step % 2 === 0 ? Number.NaN : 1],
      () => 1,
    );
    expect(mixture).toBe(2);
    expect(weights).toEqual([1, 0]);
  });

  it('is silent when all sleep', () => {
    expect(
      mixtureAfter(
        5,
        0.9,
        () => [Number.NaN, Number.NaN],
        () => 1,
      ).mixture,
    ).toBeNaN();
  });
});

describe('residual quantiles', () => {
  it('are the empirical ones within a bin, for residuals of any size', () => {
    for (const size of [1e-6, 1, 1e9]) {
      const random = seededRandom(3);
      const quantiles = new ResidualQuantiles(1, [0.9, 0.99]);
      const residuals = Array.from({ length: 500 }, () => size * Math.log(1 / (1 - random())));
      for (const residual of residuals) {
        quantiles.fade();
        quantiles.take(0, residual);
      }
      const sorted = residuals.sort((a, b) => a - b);
      const out = new Float64Array(2);
      quantiles.quantiles(0, out);
      expect(out[0]! / sorted[450]!).toBeGreaterThan(0.85);
      expect(out[0]! / sorted[450]!).toBeLessThan(1.15);
      expect(out[1]! / sorted[495]!).toBeGreaterThan(0.75);
      expect(out[1]! / sorted[495]!).toBeLessThan(1.3);
      expect(quantiles.median(0) / sorted[250]!).toBeCloseTo(1, 0);
    }
  });

  it('move along when the size of residuals changes', () => {
    const quantiles = new ResidualQuantiles(1, [0.9]);
    const random = seededRandom(4);
    for (let step = 0; step < 6000; step++) {
      quantiles.fade();
      quantiles.take(0, (step < 1000 ? 1e-4 : 1000) * random());
    }
    const out = new Float64Array(1);
    quantiles.quantiles(0, out);
    expect(out[0]).toBeGreaterThan(750);
    expect(out[0]).toBeLessThan(1050);
  });

  it('are the former ones soon after a long calm', () => {
    for (const steps of [2000, 10_000, 100_000]) {
      const { plain, hourly } = afterCalm(steps, 200);
      // A seventh to a sixth of what still counts are the new residuals, between 0 and 1: 0.95 is two thirds of them.
      for (const quantile of [plain, hourly]) {
        expect(quantile).toBeGreaterThan(0.5);
        expect(quantile).toBeLessThan(1.3);
      }
    }
  });

  it('come down to nothing when the calm stays', () => {
    const { plain, hourly } = afterCalm(60_000, 0);
    expect(plain).toBe(0);
    expect(hourly).toBe(0);
  });

  it('are no larger after a residual beyond all measure', () => {
    const quantiles = new ResidualQuantiles(1, [0.9]);
    const random = seededRandom(8);
    for (let step = 0; step < 3000; step++) {
      quantiles.fade();
      quantiles.take(0, step === 2500 ? 1e9 : random());
    }
    const out = new Float64Array(1);
    quantiles.quantiles(0, out);
    expect(out[0]).toBeGreaterThan(0.8);
    expect(out[0]).toBeLessThan(1);
  });

  /** The 0.95 quantiles after uniform residuals, as many zeros as said, and uniform ones again. */
  function afterCalm(calm: number, after: number) {
    const quantiles = new ResidualQuantiles(1, [0.95]);
    const hourly = new HourlyResiduals(1, 3600);
    const random = seededRandom(7);
    for (let step = 0; step < 1000 + calm + after; step++) {
      const residual = step < 1000 || step >= 1000 + calm ? random() : 0;
      quantiles.fade();
      quantiles.take(0, residual);
      hourly.take(0, step, residual);
    }
    const out = new Float64Array(2);
    quantiles.quantiles(0, out);
    hourly.quantiles(0, 0, [0.95], out.subarray(1));
    return { plain: out[0]!, hourly: out[1]! };
  }

  it('know the minute of the hour', () => {
    const hourly = new HourlyResiduals(1, 60);
    const random = seededRandom(5);
    for (let step = 0; step < 60 * 24 * 10; step++) {
      hourly.take(0, step, step % 60 === 30 ? 50 + random() : random());
    }
    const out = new Float64Array(1);
    hourly.quantiles(0, 60 * 24 * 10 + 30, [0.9], out);
    expect(out[0]).toBeGreaterThan(30);
    hourly.quantiles(0, 60 * 24 * 10 + 31, [0.9], out);
    expect(out[0]).toBeLessThan(1.5);
  });
});

describe('calibration', () => {
  it('widens until the stated share is covered, and narrows again', () => {
    const calibrator = new Calibrator(1);
    const random = seededRandom(6);
    const covered = [0, 0];
    for (let step = 0; step < 20_000; step++) {
      const row = Float32Array.of(0, 0.9, 0.95, 0.99);
      calibrator.calibrate(0, row, 0, -1);
      const truth = (step < 10_000 ? 2 : 0.5) * random();
      if (step % 10_000 >= 5000 && truth <= row[1]!) covered[step < 10_000 ? 0 : 1]! += 1 / 5000;
      calibrator.score(0, truth, row, 0);
    }
    expect(covered[0]).toBeCloseTo(0.9, 1);
    expect(covered[1]).toBeCloseTo(0.9, 1);
  });

  it('leaves a forecast without width alone', () => {
    const calibrator = new Calibrator(1);
    const row = Float32Array.of(3, 3, 3, 3);
    calibrator.calibrate(0, row, 0, 0);
    calibrator.score(0, 4, row, 0);
    calibrator.calibrate(0, row, 0, 0);
    expect([...row]).toEqual([3, 3, 3, 3]);
  });
});

describe('outages', () => {
  it('takes the first zero of a busy service for one', () => {
    const watch = new OutageWatch(1, 60);
    for (let step = 0; step < 1000; step++) expect(watch.take(40)).toBe(40);
    expect(watch.take(0)).toBeNaN();
    expect(watch.take(Number.NaN)).toBeNaN();
    expect(watch.take(0)).toBeNaN();
    expect(watch.outageSteps).toBe(2);
    expect(watch.take(12)).toBe(12);
    expect(watch.outageSteps).toBe(0);
  });

  it('takes the zeros of a service that rests every other step for traffic', () => {
    const watch = new OutageWatch(1, 60);
    for (let step = 0; step < 1000; step++) {
      expect(watch.take(step % 2)).toBe(step % 2);
    }
  });

  it('learns that a service which was busy once now has a request every five steps', () => {
    const watch = new OutageWatch(1, 60);
    for (let step = 0; step < 1000; step++) watch.take(40);
    const taken = Array.from({ length: 3000 }, (_, step) => watch.take(step % 5 === 4 ? 1 : 0));
    expect(taken.slice(0, 4)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(taken.slice(2000).some(Number.isNaN)).toBe(false);
  });

  it('takes the first zero of every night for an outage, however many there were', () => {
    const watch = new OutageWatch(1, 60);
    for (let night = 0; night < 10; night++) {
      for (let step = 0; step < 720; step++) watch.take(40);
      for (let step = 0; step < 720; step++) expect(watch.take(0)).toBeNaN();
    }
  });

  it('serves the chance of traffic', () => {
    const quantiles = Float64Array.of(10, 20, 25, 40);
    const maximum95 = Float64Array.of(30);
    // Traffic with probability 1/10: only 0.95 and 0.99 are above zero, at levels 0.5 and 0.9 of the rest.
    foldInOutage(Float64Array.of(0.1), Float64Array.of(0.1), quantiles, maximum95);
    expect([...quantiles].map((each) => Number(each.toFixed(9)))).toEqual([0, 0, 10, 20]);
    expect([...maximum95]).toEqual([30]);
  });

  it('serves what was forecast where traffic is certain', () => {
    const quantiles = Float64Array.of(0.1, 0.2, 0.7, 1.1);
    const maximum95 = Float64Array.of(0.9);
    foldInOutage(Float64Array.of(1), Float64Array.of(1), quantiles, maximum95);
    expect([...quantiles, ...maximum95]).toEqual([0.1, 0.2, 0.7, 1.1, 0.9]);
  });
});

describe('days with outages', () => {
  /** Hours as steps, so a day is 24: `T` traffic, `0` an outage, `?` a gap. */
  function chances(hours: string, outageSteps: number, horizon = 2) {
    const days = new OutageDays(3600);
    for (const hour of hours) days.advance(hour === 'T' ? 'traffic' : hour === '0' ? 'outage' : 'gap');
    const [ahead, within] = [new Float64Array(horizon), new Float64Array(horizon)];
    days.chances(outageSteps, ahead, within);
    return { ahead: [...ahead], within: [...within] };
  }
  const open = 'TTTTTTTTTTTTTTTTTTTTTTTT';
  const nightly = '00000000TTTTTTTTTTTT0000';

  it('without days like today an outage ends by the rule of succession', () => {
    expect(chances(`${open}T000`, 3)).toEqual({ ahead: [1 / 5, 2 / 6], within: [1 / 5, 2 / 6] });
  });

  it('a night ends as the nights before', () => {
    const { ahead, within } = chances(`${nightly.repeat(5)}0000000`, 11);
    // Four nights with an evening before; closed until eight.
    expect(ahead[0]).toBeCloseTo(1 / 13 / 9, 12);
    expect(ahead[1]).toBeCloseTo((2 / 14 + 8) / 9, 12);
    expect(within[1]).toBe(ahead[1]);
  });

  it('it may begin as it began before', () => {
    const { ahead } = chances(`${nightly.repeat(3)}00000000TTTTTTTTTTT`, 0);
    expect(ahead).toEqual([1, 1 / 2]);
  });

  it('a new outage is not like one that had begun long before', () => {
    const longOne = `${open}${'0'.repeat(24)}`;
    expect(chances(`${longOne}${open.slice(0, 10)}00`, 2).ahead).toEqual([1 / 4, 2 / 5]);
  });

  it('what is a gap or still to come says nothing', () => {
    expect(chances(`${open}TTTTT`, 0, 48).ahead).toEqual(new Array(48).fill(1));
    expect(chances(`TTTTTTTT??????TT${open.slice(16)}TTTTTTT`, 0, 6).ahead).toEqual(new Array(6).fill(1));
  });
});

it('a forecast and the one that takes its place have slots of their own for as long as both wait', () => {
  const taken = new Set<number>();
  for (let ahead = 1; ahead <= 6; ahead++) {
    for (let origin = 100; origin < 100 + ahead; origin++) taken.add(slotOf(ahead, origin));
    expect(slotOf(ahead, 100)).toBe(slotOf(ahead, 100 + ahead));
  }
  expect(taken.size).toBe((6 * 7) / 2);
});
