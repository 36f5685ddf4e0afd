import { describe, expect, test } from 'vitest';
import { selectHistory } from '../../../../src/components/traffic-predictor/gru/select-history.ts';
import { networkShape } from '../../../../src/components/traffic-predictor/options.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf, seriesOf } from '../series.ts';

const SHAPE = networkShape({ sequenceLength: 10, predictionHorizon: 5 });
const STEP_SECONDS = 3600;
const DAY = 24;
/** A quarter of it is the history's, at 24 bytes a step. */
const bytesFor = (steps: number) => steps * 24 * 4;

function chains(count: number, steps: number) {
  return Array.from({ length: count }, (_, i) =>
    seriesOf(
      `chain-${i}`,
      rangeOf(steps, (t) => t),
      0,
      STEP_SECONDS,
    ),
  );
}

const select = (series: ReturnType<typeof chains>, steps: number) =>
  selectHistory(series, SHAPE, bytesFor(steps), seededRandom(1));

describe('the history of a training', () => {
  test('is all of it while there is room, but for the newest part', async () => {
    const { series, cutSeconds } = await select(chains(3, 200), 10_000);
    expect(series).toHaveLength(3);
    expect(cutSeconds).toBe((200 - 30) * STEP_SECONDS);
    for (const { rates } of series) expect([rates[0], rates.at(-1)]).toEqual([0, 169]);
  });

  test('is the newest steps of every chain when there is no room for older ones', async () => {
    const { series } = await select(chains(4, 30 * DAY), 4 * 10 * DAY);
    expect(series).toHaveLength(4);
    for (const { rates, startSeconds } of series) {
      expect(rates).toHaveLength(10 * DAY);
      expect(rates[0]).toBe(startSeconds / STEP_SECONDS);
    }
  });

  test('is that of fewer chains rather than too little to know the week before', async () => {
    const { series } = await select(chains(10, 30 * DAY), 3 * 8 * DAY);
    expect(series).toHaveLength(3);
    for (const { rates } of series) expect(rates).toHaveLength(8 * DAY);
  });

  test('is a copy', async () => {
    const all = chains(1, 200);
    const { series } = await select(all, 10_000);
    series[0]?.rates.fill(0);
    expect(all[0]?.rates[5]).toBe(5);
  });
});
