import { describe, expect, test } from 'vitest';
import { contextLength } from '../../../../src/components/traffic-predictor/gru/context.ts';
import { trainNetwork } from '../../../../src/components/traffic-predictor/gru/train-network.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf, seriesOf } from '../series.ts';

const SHAPE = {
  sequenceLength: 12,
  features: 1,
  context: contextLength(3),
  horizon: 3,
  quantiles: 4,
  units: [8],
  dense: [8],
  batchNorm: false,
  dropout: 0,
};
const PLAN = { learningRate: 0.003, batchSize: 32, maxEpochs: 10, budgetSeconds: 60, seed: 1 };
const LENGTH = 500;
const END_SECONDS = LENGTH * 60;
const CONTROL = { now: () => 0, isCancelled: () => false };

/** Rises or falls by a rule that no line follows: up below 40 and while it rises up to 60, else down. */
function sawtooth(length: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  let rate = 50;
  let slope = 2;
  return rangeOf(length, () => {
    if (rate > 60) slope = -4;
    if (rate < 40) slope = 2;
    rate += slope;
    return rate + random();
  });
}

const series = [seriesOf('saw', sawtooth(LENGTH, 1))];

describe('a training', () => {
  test('beats the line that it starts from', async () => {
    const line = await trainNetwork(series, END_SECONDS, SHAPE, { ...PLAN, maxEpochs: 0.01 }, CONTROL);
    const plan = { ...PLAN, maxEpochs: 60, learningRate: 0.01 };
    const network = await trainNetwork(series, END_SECONDS, SHAPE, plan, CONTROL);
    if (line.kind !== 'trained' || network.kind !== 'trained') throw new Error('not trained');
    expect(network.validationLoss).toBeLessThan(0.7 * line.validationLoss);
  });

  test('gives equal weights for equal arguments, and others for another seed', async () => {
    const [one, same, other] = [PLAN, PLAN, { ...PLAN, seed: 2 }].map((plan) =>
      trainNetwork(series, END_SECONDS, SHAPE, plan, CONTROL),
    );
    expect(await same).toEqual(await one);
    expect(await other).not.toEqual(await one);
  });

  test('learns nothing from what lies at or after its end', async () => {
    const changed = sawtooth(LENGTH, 1);
    changed.fill(1e6, 400);
    const ends = 400 * 60;
    const one = await trainNetwork(series, ends, SHAPE, PLAN, CONTROL);
    const other = await trainNetwork([seriesOf('saw', changed)], ends, SHAPE, PLAN, CONTROL);
    expect(other).toEqual(one);
  });

  test('goes on from a network, and is then never worse', async () => {
    const first = await trainNetwork(series, END_SECONDS, SHAPE, { ...PLAN, maxEpochs: 60 }, CONTROL);
    if (first.kind !== 'trained') throw new Error(first.kind);
    const next = await trainNetwork(series, END_SECONDS, SHAPE, { ...PLAN, seed: 3 }, CONTROL, first);
    if (next.kind !== 'trained') throw new Error(next.kind);
    expect(next.isIncremental).toBe(true);
    expect(next.validationLoss).toBeLessThanOrEqual(first.validationLoss);
  });

  test('starts afresh once the history is more than twice as long', async () => {
    const early = await trainNetwork(series, 200 * 60, SHAPE, PLAN, CONTROL);
    if (early.kind !== 'trained') throw new Error(early.kind);
    const later = await trainNetwork(series, END_SECONDS, SHAPE, PLAN, CONTROL, early);
    const fresh = await trainNetwork(series, END_SECONDS, SHAPE, PLAN, CONTROL);
    expect(later).toEqual(fresh);
  });

  test('fails with a reason where nothing can be learned', async () => {
    const constant = [seriesOf('flat', new Float64Array(LENGTH).fill(3))];
    const short = [seriesOf('short', sawtooth(14, 1))];
    expect(await trainNetwork(constant, END_SECONDS, SHAPE, PLAN, CONTROL)).toMatchObject({ kind: 'failed' });
    expect(await trainNetwork(short, END_SECONDS, SHAPE, PLAN, CONTROL)).toMatchObject({ kind: 'failed' });
    expect(await trainNetwork([], END_SECONDS, SHAPE, PLAN, CONTROL)).toMatchObject({ kind: 'failed' });
  });

  test('survives gaps, outages and bursts with finite weights', async () => {
    const rough = sawtooth(LENGTH, 2);
    rough.fill(0, 100, 140);
    rough.fill(Number.NaN, 200, 230);
    rough[300] = 1e12;
    const trained = await trainNetwork([seriesOf('rough', rough)], END_SECONDS, SHAPE, PLAN, CONTROL);
    if (trained.kind !== 'trained') throw new Error(trained.kind);
    expect(trained.weights.every(Number.isFinite)).toBe(true);
  });

  test('goes well beside a series of which every second step is missing', async () => {
    const halved = sawtooth(LENGTH, 4).map((rate, step) => (step % 2 === 0 ? rate : Number.NaN));
    const both = [...series, seriesOf('halved', halved)];
    const trained = await trainNetwork(both, END_SECONDS, SHAPE, PLAN, CONTROL);
    expect(trained.kind).toBe('trained');
  });

  test('of a long horizon starts without the line, which would take too long', async () => {
    const long = { ...SHAPE, horizon: 140, context: contextLength(140) };
    const trained = await trainNetwork(series, END_SECONDS, long, { ...PLAN, maxEpochs: 1 }, CONTROL);
    expect(trained.kind).toBe('trained');
  });

  test('ends when its budget is used up, and at once when it is cancelled', async () => {
    let seconds = 0;
    const ticking = { now: () => seconds++, isCancelled: () => false };
    const cut = await trainNetwork(series, END_SECONDS, SHAPE, { ...PLAN, budgetSeconds: 5 }, ticking);
    if (cut.kind !== 'trained') throw new Error(cut.kind);
    expect(cut.epochs).toBeLessThan(1);
    const cancelled = { now: () => 0, isCancelled: () => true };
    expect(await trainNetwork(series, END_SECONDS, SHAPE, PLAN, cancelled)).toEqual({ kind: 'cancelled' });
  });
});
