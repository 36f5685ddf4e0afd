import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { turnOf } from '../../../src/components/traffic-predictor/chain-book.ts';
import { GruForecaster } from '../../../src/components/traffic-predictor/gru/gru-forecaster.ts';
import { ChainForecaster } from '../../../src/components/traffic-predictor/mixture/chain-forecaster.ts';
import { networkShape, trainingSettings } from '../../../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../../../src/components/traffic-predictor/traffic-predictor.ts';
import type { Forecast, ForecastOutcome } from '../../../src/models/forecasts.ts';
import type { ChainSeries } from '../../../src/models/metrics.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { rangeOf, seriesOf } from './series.ts';

const STEP = 60;
const HORIZON = 3;
const LEVEL_COUNT = 4;
const options = { sequenceLength: 12, predictionHorizon: HORIZON, units: [4], maxEpochs: 1 };

function noisyWave(length: number, seed = 1): Float64Array {
  const random = seededRandom(seed);
  return rangeOf(length, (step) => 100 + 40 * Math.sin(step / 5) + 10 * random());
}

function piece(rates: Float64Array, from: number, to: number, chain = 'chain'): ChainSeries {
  return seriesOf(chain, rates.slice(from, to), from * STEP, STEP);
}

async function say(predictor: TrafficPredictor, series: ChainSeries): Promise<Forecast> {
  const [outcome]: readonly (ForecastOutcome | undefined)[] = await predictor.predict([series], HORIZON);
  if (outcome?.kind !== 'forecast') throw new Error('no forecast');
  return outcome;
}

/** Row-major by step ahead, as a forecaster serves it. */
function quantilesOf({ medians, quantiles90, quantiles95, quantiles99 }: Forecast): number[] {
  return medians.flatMap((median, h) => [median, quantiles90[h]!, quantiles95[h]!, quantiles99[h]!]);
}

describe('what is said of a chain', () => {
  test('is what its forecaster says that was led along the same steps, in whatever pieces they came', async () => {
    const rates = noisyWave(120);
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, async (pieces) => {
        const predictor = new TrafficPredictor(options);
        const forecaster = new ChainForecaster({
          horizon: HORIZON,
          stepSeconds: STEP,
          turn: turnOf('chain'),
        });
        let end = 1;
        forecaster.advance(rates[0]!);
        await predictor.predict([piece(rates, 0, 1)]);
        for (const length of pieces) {
          const to = Math.min(rates.length, end + length);
          const said = await say(predictor, piece(rates, Math.max(0, end - 2), to));
          for (; end < to; end++) forecaster.advance(rates[end]!);
          const served = forecaster.forecast()!;
          expect(quantilesOf(said)).toEqual([...served.quantiles]);
          expect(said.maxima95).toEqual([...served.maximum95]);
          expect(said.maximumOrigins).toBe(served.maximumCounts[HORIZON - 1]);
        }
      }),
      { numRuns: 20, seed: 4 },
    );
  });

  test('does not change when it is asked for again', async () => {
    const predictor = new TrafficPredictor(options);
    const first = await say(predictor, piece(noisyWave(50), 0, 50));
    expect(await say(predictor, piece(noisyWave(50), 40, 50))).toEqual(first);
  });

  test('is what the corrected past leads to, from the call after late records have changed it', async () => {
    const rates = noisyWave(80);
    const corrected = rates.slice();
    corrected[60] = 2 * rates[60]!;
    const predictor = new TrafficPredictor(options);
    await say(predictor, piece(rates, 0, 80));
    await say(predictor, piece(corrected, 55, 80));
    const said = await say(predictor, piece(corrected, 55, 80));
    expect(said).toEqual(await say(new TrafficPredictor(options), piece(corrected, 0, 80)));
  });

  test('lets corrections of the newest steps pass', async () => {
    const rates = noisyWave(80);
    const corrected = rates.slice();
    corrected[78] = 2 * rates[78]!;
    const predictor = new TrafficPredictor(options);
    const first = await say(predictor, piece(rates, 0, 80));
    await say(predictor, piece(corrected, 55, 80));
    expect(await say(predictor, piece(corrected, 55, 80))).toEqual(first);
  });

  test('waits for steps that are not known yet, and speaks from the last that is', async () => {
    const rates = noisyWave(80);
    const late = rates.slice();
    late.fill(Number.NaN, 78);
    const predictor = new TrafficPredictor(options);
    const early = await say(predictor, piece(late, 0, 80));
    const known = await say(new TrafficPredictor(options), piece(rates, 0, 78));
    expect(early.startSeconds).toBe(80 * STEP);
    expect(early.medians).toEqual([known.medians[2], known.medians[2], known.medians[2]]);
    expect(early.maximum95).toBe(known.maximum95);
    const said = await say(predictor, piece(rates, 70, 80));
    expect(said).toEqual(await say(new TrafficPredictor(options), piece(rates, 0, 80)));
  });

  test('rests at once on traffic of before that is told after a start', async () => {
    const rates = noisyWave(80);
    const predictor = new TrafficPredictor(options);
    await predictor.predict([piece(new Float64Array(80).fill(Number.NaN), 0, 80)], HORIZON);
    const said = await say(predictor, piece(rates, 0, 80));
    expect(said).toEqual(await say(new TrafficPredictor(options), piece(rates, 0, 80)));
  });

  test('goes on when a correction is small, and begins anew when the clock is set back', async () => {
    const rates = noisyWave(80);
    const predictor = new TrafficPredictor(options);
    const first = await say(predictor, piece(rates, 0, 80));
    const nearly = rates.map((rate) => 1.01 * rate);
    expect(quantilesOf(await say(predictor, piece(nearly, 70, 80)))).toEqual(quantilesOf(first));
    const back = await say(predictor, piece(nearly, 70, 75));
    expect(back.startSeconds).toBe(75 * STEP);
    const known = Float64Array.of(...rates.slice(0, 70), ...nearly.slice(70, 75));
    expect(back).toEqual(await say(new TrafficPredictor(options), piece(known, 0, 75)));
  });

  test('is of each chain alone, and of a chain that has come back after weeks anew', async () => {
    const [one, other] = [noisyWave(60, 1), noisyWave(60, 2)];
    const predictor = new TrafficPredictor(options);
    const outcomes = await predictor.predict([piece(one, 0, 60, 'one'), piece(other, 0, 60, 'other')], 3);
    expect(outcomes).toEqual([
      await say(new TrafficPredictor(options), piece(one, 0, 60, 'one')),
      await say(new TrafficPredictor(options), piece(other, 0, 60, 'other')),
    ]);
    const later = 20 * 86_400;
    await predictor.predict([seriesOf('other', other, later)], 3);
    expect(await say(predictor, seriesOf('one', one, later))).toEqual(
      await say(new TrafficPredictor(options), seriesOf('one', one, later)),
    );
  });

  test('is the same of a chain that is named twice', async () => {
    const rates = noisyWave(60);
    const predictor = new TrafficPredictor(options);
    const twice = await predictor.predict([piece(rates, 0, 50), piece(rates, 40, 60)], HORIZON);
    const said = await say(new TrafficPredictor(options), piece(rates, 0, 60));
    expect(twice).toEqual([said, said]);
  });

  test('comes again after an error', async () => {
    const gru = new GruForecaster(networkShape(options), trainingSettings(options));
    const predictor = new TrafficPredictor(options, gru);
    const rates = noisyWave(60);
    vi.spyOn(gru, 'forecast').mockRejectedValueOnce(new Error('no memory'));
    await expect(predictor.predict([piece(rates, 0, 50)], HORIZON)).rejects.toThrow('no memory');
    const said = await say(predictor, piece(rates, 40, 60));
    expect(said).toEqual(await say(new TrafficPredictor(options), piece(rates, 0, 60)));
  });

  test('rests on all steps also where these are no whole numbers of seconds', async () => {
    const [third, minute] = [100 / 3, 60].map(async (step) => {
      const predictor = new TrafficPredictor({ ...options, step });
      const rates = noisyWave(80);
      let said: Forecast | undefined;
      for (let end = 20; end <= 80; end++) {
        said = await say(predictor, seriesOf('chain', rates.slice(end - 5, end), (end - 5) * step, step));
      }
      return said?.medians;
    });
    const [one, other] = [await third, await minute];
    one?.forEach((median, h) => {
      expect(median).toBeCloseTo(other?.[h] ?? Number.NaN, 6);
    });
  });

  test('leaves others their turns', async () => {
    const all = Array.from({ length: 60 }, (_, i) => piece(noisyWave(2000, i), 0, 2000, `chain-${i}`));
    let turns = 0;
    let done = false;
    const count = () => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const startedMs = performance.now();
    const predictor = new TrafficPredictor(options);
    await predictor.predict(all, 3);
    done = true;
    await predictor.close();
    // One at least every 50 ms, on a machine that does other things too.
    expect(turns).toBeGreaterThan((performance.now() - startedMs) / 50);
  });
});

describe('the network', () => {
  async function trained() {
    const gru = new GruForecaster(networkShape(options), trainingSettings(options));
    const predictor = new TrafficPredictor(options, gru);
    const rates = noisyWave(300);
    await predictor.train([piece(rates, 0, 200)]);
    return { gru, predictor, rates, cut: gru.cutSeconds! / STEP };
  }

  test('is told of at every origin after what it was trained on, in the order of time', async () => {
    const { gru, predictor, rates, cut } = await trained();
    const forecaster = new ChainForecaster({ horizon: HORIZON, stepSeconds: STEP, turn: turnOf('chain') });
    await say(predictor, piece(rates, 0, 210));
    const said = await say(predictor, piece(rates, 205, 214));
    for (let row = 0; row < 214; row++) {
      forecaster.advance(rates[row]!);
      if (row + 1 < cut) continue;
      const place = { series: piece(rates, 0, row + 1), origins: Int32Array.of(row) };
      const blocks = await gru.forecast([place]);
      expect(blocks![0]!.length).toBe(HORIZON * LEVEL_COUNT);
      forecaster.tellGru(blocks![0]);
    }
    expect(quantilesOf(said)).toEqual([...forecaster.forecast()!.quantiles]);
    expect(said.backtest.gru).toBeGreaterThan(0);
  });

  test('is never asked at an origin that it has seen, and at no origin twice', async () => {
    const { gru, predictor, rates, cut } = await trained();
    const forecast = vi.spyOn(gru, 'forecast');
    for (const to of [201, 204, 204, 230]) await say(predictor, piece(rates, 190, to));
    const origins = forecast.mock.calls.flatMap(([places]) =>
      places.flatMap((place) => Array.from(place.origins, (row) => row + place.series.startSeconds / STEP)),
    );
    expect(Math.min(...origins)).toBe(cut - 1);
    expect(origins).toEqual([...rangeOf(230 - cut + 1, (i) => cut - 1 + i)]);
  });

  test('of a later training goes on with the weight that the one before has earned', async () => {
    const { gru, predictor, rates } = await trained();
    await say(predictor, piece(rates, 190, 240));
    const forecast = vi.spyOn(gru, 'forecast');
    await predictor.train([piece(rates, 0, 240)]);
    await say(predictor, piece(rates, 239, 241));
    expect(forecast.mock.calls.flatMap(([places]) => places.map(({ origins }) => origins.length))).toEqual([
      1,
    ]);
  });

  test('forecasts the same in one batch with others as alone', async () => {
    const { gru, rates } = await trained();
    const series = piece(rates, 0, 300);
    const origins = Int32Array.from(rangeOf(150, (i) => 5 + i));
    const [together, again] = (await gru.forecast([
      { series, origins },
      { series, origins: origins.slice(100) },
    ]))!;
    const length = HORIZON * LEVEL_COUNT;
    expect(together!.slice(100 * length)).toEqual(again);
    // The first windows are too short.
    expect(together!.slice(0, 7 * length - length)).toEqual(new Float64Array(6 * length).fill(Number.NaN));
    expect(Array.from(together!.slice(7 * length)).every(Number.isFinite)).toBe(true);
  });
});

test('of many chains little of the past is looked at first, and all of it between the calls', async () => {
  const rates = noisyWave(1000);
  const long = piece(rates, 0, 1000, 'chain-0');
  const others = Array.from({ length: 1999 }, (_, i) => seriesOf(`chain-${i + 1}`, [1, 2, 3]));
  const predictor = new TrafficPredictor(options);
  const [first] = await predictor.predict([long, ...others], HORIZON);
  expect(first).toEqual(await say(new TrafficPredictor(options), piece(rates, 940, 1000, 'chain-0')));
  const second = await say(predictor, piece(rates, 990, 1000, 'chain-0'));
  expect(second).toEqual(await say(new TrafficPredictor(options), long));
  await predictor.close();
});
