import { expect, test } from 'vitest';
import { ChainMemory, joinSeries } from '../../../src/components/traffic-predictor/chain-memory.ts';
import { rangeOf, seriesOf } from './series.ts';

const gap = Number.NaN;

test('a later series is added to what is known', () => {
  const joined = joinSeries(seriesOf('chain', [1, 2, 3], 0), seriesOf('chain', [30, 4], 120), 100);
  expect([...joined.rates]).toEqual([1, 2, 30, 4]);
  expect(joined.startSeconds).toBe(0);
});

test('steps between the two are gaps, and a gap in the newer keeps what the older knew', () => {
  expect([...joinSeries(seriesOf('c', [1, 2], 0), seriesOf('c', [5], 180), 100).rates]).toEqual([
    1,
    2,
    gap,
    5,
  ]);
  expect([...joinSeries(seriesOf('c', [1, 2], 0), seriesOf('c', [gap, 3], 60), 100).rates]).toEqual([
    1, 2, 3,
  ]);
});

test('the oldest steps go first when there is no room', () => {
  const joined = joinSeries(seriesOf('c', [1, 2, 3], 0), seriesOf('c', [4], 180), 2);
  expect([...joined.rates]).toEqual([3, 4]);
  expect(joined.startSeconds).toBe(120);
});

test('an older series answers with its own end', () => {
  const joined = joinSeries(seriesOf('c', [1, 2, 3], 120), seriesOf('c', [9, 8], 60), 100);
  expect([...joined.rates]).toEqual([9, 8]);
  expect(joined.startSeconds).toBe(60);
});

test('another grid starts afresh', () => {
  expect(joinSeries(seriesOf('c', [1, 2], 0), seriesOf('c', [3], 90), 9).rates.length).toBe(1);
  expect(joinSeries(seriesOf('c', [1, 2], 0, 60), seriesOf('c', [3], 120, 10), 9).rates.length).toBe(1);
});

test('memory stays bounded and forgets chains that are gone', () => {
  const memory = new ChainMemory();
  for (let day = 0; day < 20; day++) {
    memory.merge(
      seriesOf(
        'chain',
        rangeOf(1440, (step) => step + 1),
        day * 86_400,
      ),
    );
  }
  expect(memory.merge(seriesOf('chain', [1], 20 * 86_400)).rates.length).toBe(20_160);
  expect(memory.forgetBefore(30 * 86_400)).toEqual(['chain']);
});
