import { describe, expect, it } from 'vitest';
import { drive } from '../../bench/forecast/drive.ts';
import { score } from '../../bench/forecast/scores.ts';
import { part, stepsOf } from '../../bench/forecast/trace.ts';
import { seededRandom } from '../../src/utils/random.ts';

const TRACE = 'seconds,requests\n0,1\n5,2\n10,4\n15,8\n20,16\n30,3\n35,5\n';

describe('a trace', () => {
  it('is summed into steps of requests/s; a step without a row is a gap', () => {
    const { rates, startSeconds, chain } = stepsOf('t', TRACE, 10, Number.POSITIVE_INFINITY);
    expect([...rates]).toEqual([0.3, 1.2, 1.6, 0.8]);
    expect({ startSeconds, chain }).toEqual({ startSeconds: 0, chain: 't' });
    expect([...stepsOf('t', TRACE, 5, Number.POSITIVE_INFINITY).rates][5]).toBeNaN();
  });

  it('ends with its last whole step before the cut', () => {
    expect([...stepsOf('t', TRACE, 10, 20).rates]).toEqual([0.3, 1.2]);
    expect([...stepsOf('t', TRACE, 10, 15).rates]).toEqual([0.3]);
  });

  it('with another header is refused', () => {
    expect(() => stepsOf('t', 'time,count\n0,1\n1,1\n', 10, 100)).toThrow('t: found header time,count');
  });
});

describe('the scores', () => {
  it('are those of the definitions', () => {
    const rates = Float64Array.of(9, 10, 14, Number.NaN);
    // Two origins, one step ahead; the truth of the second is unknown.
    const spoken = {
      quantiles: Float64Array.of(10, 12, 14, 20, 1, 1, 1, 1, 1, 1, 1, 1),
      maxima95: Float64Array.of(14, 1, 1),
    };
    const scores = score({ rates, firstOrigin: 1, horizon: 1, scale: 2 }, spoken);
    expect(scores.mase).toEqual([2]);
    expect(scores.pinball['0.5']).toBeCloseTo(2);
    expect(scores.pinball['0.9']).toBeCloseTo(1.8);
    expect(scores.pinball['0.99']).toBeCloseTo(0.06);
    expect(scores.coverage).toEqual({ '0.9': 0, '0.95': 1, '0.99': 1 });
    expect(scores.coverage_max).toEqual({ '0.95': 1 });
  });

  it('of the maximum look at the largest of the horizon', () => {
    const rates = Float64Array.of(1, 2, 8, 3, 4);
    const quantiles = new Float64Array(4 * 2 * 4);
    const maxima95 = Float64Array.of(2, 7, 8, 8, 2, 3, 9, 9);
    const scores = score({ rates, firstOrigin: 0, horizon: 2, scale: 1 }, { quantiles, maxima95 });
    // Maxima 8, 8, 4 and an end that is not known; said were 7, 8, 3 and 9.
    expect(scores.coverage_max?.['0.95']).toBeCloseTo(1 / 3);
  });
});

describe('the run along a trace', () => {
  const random = seededRandom(21);
  const lines = Array.from(
    { length: 200 },
    (_, i) => `${i * 60},${Math.round(600 + 300 * Math.sin(i / 4) + 100 * random())}`,
  );
  const series = stepsOf('t', `seconds,requests\n${lines.join('\n')}\n`, 60, Number.POSITIVE_INFINITY);
  const options = {
    predictor: { sequenceLength: 12, predictionHorizon: 3, units: [4], maxEpochs: 2, trainingBudget: 1e6 },
    horizon: 3,
    firstOrigin: 50,
    retrainSeconds: 1800,
    retrainGrowth: 0.5,
  };

  it('trains as the history grows, and says the same of an origin wherever the trace ends', async () => {
    const whole = await drive(series, options);
    const cut = await drive(part(series, 0, 120), options);
    expect(whole.trainings.length).toBeGreaterThan(cut.trainings.length);
    expect(cut.trainings.every(({ kind }) => kind === 'trained')).toBe(true);
    for (const voice of ['served', 'gru'] as const) {
      const said = cut[voice].quantiles;
      expect(said.length).toBe((120 - 1 - 50) * 3 * 4);
      expect(whole[voice].quantiles.slice(0, said.length)).toEqual(said);
    }
    expect(cut.gru.quantiles.some((rate) => rate > 0)).toBe(true);
    expect(whole.served.maxima95?.slice(0, 69 * 3)).toEqual(cut.served.maxima95);
  });
});
