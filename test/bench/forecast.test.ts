import { describe, expect, it } from 'vitest';
import { drive } from '../../bench/forecast/drive.ts';
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
    expect(whole.served.maximum95.slice(0, 69 * 3)).toEqual(cut.served.maximum95);
  });
});
