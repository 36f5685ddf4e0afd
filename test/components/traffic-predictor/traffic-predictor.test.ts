import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TrafficPredictor } from '../../../src/components/traffic-predictor/traffic-predictor.ts';
import type { Forecast, ForecastOutcome } from '../../../src/models/forecasts.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { rangeOf, seriesOf } from './series.ts';

function forecastOf(outcome: ForecastOutcome | undefined): Forecast {
  if (outcome?.kind !== 'forecast') throw new Error(`no forecast: ${JSON.stringify(outcome)}`);
  return outcome;
}

async function predictOne(rates: ArrayLike<number>, leadSteps = 4): Promise<Forecast> {
  const outcomes = await new TrafficPredictor().predict([seriesOf('chain', rates)], leadSteps);
  return forecastOf(outcomes[0]);
}

/** Rates as they come: smooth, jumping, zero, with gaps; at least two steps known. */
const anyRates = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: 0, max: 1e6, noNaN: true }) },
      fc.constant(0),
      fc.constant(Number.NaN),
    ),
    {
      minLength: 3,
      maxLength: 200,
    },
  )
  .map((rates) => [...rates, 1, 2]);

/** Rates as counting makes them: requests in a minute. */
const countedRates = anyRates.map((rates) => rates.map((rate) => Math.round(60 * rate) / 60));

describe('a forecast without a network', () => {
  test('has finite, non-negative, ordered quantiles whatever the rates and gaps', async () => {
    await fc.assert(
      fc.asyncProperty(anyRates, fc.integer({ min: 1, max: 10 }), async (rates, lead) => {
        const forecast = await predictOne(rates, lead);
        for (let i = 0; i < 10; i++) {
          expect(forecast.medians[i]).toBeGreaterThanOrEqual(0);
          expect(forecast.quantiles90[i]).toBeGreaterThanOrEqual(forecast.medians[i]!);
          expect(forecast.quantiles95[i]).toBeGreaterThanOrEqual(forecast.quantiles90[i]!);
        }
        expect(forecast.maximum95).toBeGreaterThanOrEqual(Math.max(...forecast.quantiles95.slice(0, lead)));
        expect(Number.isFinite(forecast.maximum95)).toBe(true);
        expect(Object.values(forecast.backtest).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('scales with the series', async () => {
    await fc.assert(
      fc.asyncProperty(countedRates, fc.integer({ min: -8, max: 8 }), async (rates, exponent) => {
        const factor = 2 ** exponent;
        const forecast = await predictOne(rates);
        const scaled = await predictOne(rates.map((rate) => rate * factor));
        // Residuals are counted in bins: rounding may put one into the next.
        const largest = Math.max(...rates.filter((rate) => !Number.isNaN(rate)));
        const near = 0.01 * Math.max(forecast.maximum95, largest);
        scaled.medians.forEach((median, i) => {
          expect(Math.abs(median / factor - forecast.medians[i]!)).toBeLessThanOrEqual(near);
        });
        expect(Math.abs(scaled.maximum95 / factor - forecast.maximum95)).toBeLessThanOrEqual(near);
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  test.each([0, 7.3])('says that a constant %d stays, with zero width', async (value) => {
    const forecast = await predictOne(new Array(130).fill(value));
    const all = [forecast.medians, forecast.quantiles90, forecast.quantiles95, forecast.quantiles99].flat();
    expect(new Set([...all, forecast.maximum95]).size).toBe(1);
    expect(forecast.maximum95).toBeCloseTo(value, 5);
  });

  test('starts where the series ends', async () => {
    const outcomes = await new TrafficPredictor().predict([seriesOf('chain', [1, 2, 3], 600, 60)], 3);
    expect(forecastOf(outcomes[0])).toMatchObject({ startSeconds: 780, stepSeconds: 60, leadSteps: 3 });
  });

  test.each([[[]], [[5]], [[Number.NaN, Number.NaN, 5, Number.NaN]]])(
    'of %j is not enough data',
    async (rates) => {
      const [outcome] = await new TrafficPredictor().predict([seriesOf('chain', rates)], 3);
      expect(outcome).toEqual({
        kind: 'not-enough-data',
        chain: 'chain',
        have: rates.filter(Number.isFinite).length,
        need: 2,
      });
    },
  );

  test('of two steps is there, and rests on nothing that a plan would go by', async () => {
    const forecast = await predictOne([10, 12]);
    expect(forecast.maximumOrigins).toBeLessThan(19);
  });

  test('remembers what earlier calls brought', async () => {
    const predictor = new TrafficPredictor();
    const season = (step: number) => 100 + 50 * Math.sin((2 * Math.PI * step) / 48);
    await predictor.predict([seriesOf('chain', rangeOf(480, season))], 4);
    const recent = seriesOf(
      'chain',
      rangeOf(12, (step) => season(480 + step)),
      480 * 60,
    );
    const [outcome] = await predictor.predict([recent], 4);
    expect(forecastOf(outcome).medians[0]).toBeCloseTo(season(492), 0);
  });

  test('takes rates that no server can have for gaps', async () => {
    const forecast = await predictOne([5, 6, 5, Number.POSITIVE_INFINITY, 6, -3, 5, 1e300]);
    expect(forecast).toEqual(await predictOne([5, 6, 5, Number.NaN, 6, Number.NaN, 5, Number.NaN]));
  });

  test('does not change when the caller uses its arrays again', async () => {
    const predictor = new TrafficPredictor();
    const series = seriesOf(
      'chain',
      rangeOf(100, (step) => 10 + (step % 3)),
    );
    await predictor.predict([series], 2);
    series.rates.fill(1e9);
    const [outcome] = await predictor.predict([seriesOf('chain', [11], 6000)], 2);
    expect(forecastOf(outcome).medians[0]).toBeLessThan(13);
  });

  test('of white noise is not the last value', async () => {
    const random = seededRandom(5);
    const forecast = await predictOne(rangeOf(240, () => 50 + 10 * random()));
    expect(forecast.model).not.toBe('naive');
    expect(forecast.backtest[forecast.model]).toBeLessThan(0.85);
  });
});
