import { describe, expect, it } from 'vitest';
import { ChainForecaster } from '../../../../src/components/traffic-predictor/mixture/chain-forecaster.ts';
import { PolyMixer } from '../../../../src/components/traffic-predictor/mixture/poly-mixer.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const HORIZON = 3;

/** Steps whose forecast was not finite, and the largest number ever served over the largest rate. */
function watch(stepSeconds: number, steps: number, rateAt: (step: number) => number) {
  const forecaster = new ChainForecaster({ horizon: HORIZON, stepSeconds });
  let unsound = 0;
  let largestServed = 0;
  let largestRate = 0;
  for (let step = 0; step < steps; step++) {
    const rate = rateAt(step);
    largestRate = Math.max(largestRate, rate);
    forecaster.advance(rate);
    const forecast = forecaster.forecast();
    if (forecast === undefined) continue;
    const { quantiles, maximum95 } = forecast;
    if (!(quantiles.every(Number.isFinite) && maximum95.every(Number.isFinite))) unsound += 1;
    largestServed = Math.max(largestServed, ...maximum95);
  }
  return { unsound, servedToRate: largestServed / largestRate };
}

describe('a chain that rests nearly always', () => {
  const random = seededRandom(1);
  const burst = () => 50 + 10 * (random() - 0.5);

  it.each<[string, number, number, (step: number) => number]>([
    ['one request and then nothing', 60, 12_000, (step) => (step === 100 ? 1 / 60 : 0)],
    ['a nightly job of a minute', 60, 12_000, (step) => (step % 1440 === 100 ? burst() : 0)],
    [
      'a nightly job of two minutes',
      60,
      12_000,
      (step) => (step % 1440 === 100 || step % 1440 === 101 ? burst() : 0),
    ],
    [
      'a nightly job of five minutes',
      60,
      12_000,
      (step) => (step % 1440 >= 100 && step % 1440 < 105 ? burst() : 0),
    ],
    ['a daily job at steps of ten seconds', 10, 18_500, (step) => (step % 8640 === 600 ? 50 : 0)],
    ['a weekly job at steps of five minutes', 300, 12_000, (step) => (step % 2016 === 100 ? 50 : 0)],
    ['a weekly job of five minutes', 60, 21_000, (step) => (step % 10_080 < 5 ? burst() : 0)],
  ])('has finite forecasts: %s', (_, stepSeconds, steps, rateAt) => {
    const { unsound, servedToRate } = watch(stepSeconds, steps, rateAt);
    expect(unsound).toBe(0);
    expect(servedToRate).toBeLessThan(15);
  });
});

it('has finite forecasts for the largest rates that are taken', () => {
  const random = seededRandom(2);
  expect(watch(60, 3000, () => 1e12 * random()).unsound).toBe(0);
});

it('an expert that wakes with gains too small to square is not heard alone, nor for ever', () => {
  const mixer = new PolyMixer(1, [0.5], 3);
  const mixed = new Float32Array(1);
  for (let step = 0; step < 20; step++) {
    const said = Float32Array.of(0, 1e-28, step < 4 ? Number.NaN : 0);
    mixer.mix(0, said, 0, mixed, 0);
    expect(mixed[0]).toBeLessThanOrEqual(1e-28);
    mixer.fade();
    mixer.score(0, 0, mixed, 0, said, 0);
    mixer.pool();
  }
});

it('a constant rate that single precision does not hold is covered', () => {
  const forecaster = new ChainForecaster({ horizon: HORIZON, stepSeconds: 60 });
  for (let step = 0; step < 50; step++) {
    forecaster.advance(100.1);
    forecaster.forecast();
  }
  expect(forecaster.report().maximumCoverage).toBe(1);
});
