import { expect, test } from 'vitest';
import { speak } from '../../../../src/components/traffic-predictor/backtest/speak.ts';
import type { Verdict } from '../../../../src/components/traffic-predictor/backtest/verdict.ts';
import { seriesOf } from '../series.ts';

const baseline = {
  model: 'naive' as const,
  reason: 'a reason',
  offsets90: Float64Array.of(1, 1, 1),
  offsets95: Float64Array.of(2, 0, 9),
  maximumOffsets: Float64Array.of(1, 1, 1),
  maximumCounts: Float64Array.of(30, 30, 30),
};
const verdict: Verdict = { baseline, scores: { naive: 1 }, periods: [], atSeconds: 0 };

function say(medians: number[], leadSteps: number) {
  const numbers = Float64Array.from(medians);
  const raw = { medians: numbers, quantiles90: numbers, quantiles95: numbers };
  return speak(seriesOf('chain', [1, 2]), verdict, baseline, raw, leadSteps);
}

test('a forecast is cut at zero and its quantiles are put in order', () => {
  expect(say([-5, 10, 20], 3)).toMatchObject({
    medians: [0, 10, 20],
    quantiles90: [0, 11, 21],
    quantiles95: [0, 11, 29],
  });
});

test('the quantile of the maximum looks at the lead alone and is not below that of any of its steps', () => {
  expect(say([10, 12, 20], 1).maximum95).toBe(12);
  expect(say([10, 12, 20], 2).maximum95).toBe(13);
  expect(say([10, 12, 20], 3).maximum95).toBe(29);
});
