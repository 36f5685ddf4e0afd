import { describe, expect, test } from 'vitest';
import {
  PlaceShuffle,
  splitPlaces,
  spread,
  type WindowPlaces,
} from '../../../../src/components/traffic-predictor/gru/training-places.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf, seriesOf } from '../series.ts';

const SHAPE = {
  sequenceLength: 5,
  features: 1,
  context: 0,
  horizon: 4,
  quantiles: 4,
  units: [2],
  dense: [],
  batchNorm: false,
  dropout: 0,
};

/** The steps, counted from the epoch, that the windows have as targets. */
function targetsOf({ seriesOf: index, originOf, count }: WindowPlaces, firstSteps: readonly number[]) {
  const targets = new Set<number>();
  for (let i = 0; i < count; i++) {
    for (let h = 1; h <= SHAPE.horizon; h++) targets.add(firstSteps[index[i]!]! + originOf[i]! + h);
  }
  return targets;
}

describe('the split of windows', () => {
  const long = seriesOf(
    'long',
    rangeOf(1900, (t) => t),
  );
  const late = seriesOf(
    'late',
    rangeOf(400, (t) => t),
    1500 * 60,
  );
  const split = splitPlaces([long, late], SHAPE, 1900 * 60);

  test('has no target in both parts, over all series', () => {
    const training = targetsOf(split.training, [0, 1500]);
    const validation = targetsOf(split.validation, [0, 1500]);
    expect(training.size).toBeGreaterThan(1000);
    expect([...validation].filter((step) => training.has(step))).toEqual([]);
  });

  test('validates on the newest steps and on an eighth of the rest', () => {
    const validation = targetsOf(split.validation, [0, 1500]);
    for (let step = 1660; step < 1900; step++) expect(validation.has(step)).toBe(true);
    const older = [...validation].filter((step) => step < 1660);
    expect(older.length / 1660).toBeGreaterThan(0.1);
    expect(older.length / 1660).toBeLessThan(0.14);
  });

  test('leaves a short history enough to train on', () => {
    const short = splitPlaces(
      [
        seriesOf(
          'short',
          rangeOf(27, (t) => t),
        ),
      ],
      SHAPE,
      27 * 60,
    );
    expect(short.training.count).toBeGreaterThan(0);
    expect(short.validation.count).toBeGreaterThan(0);
  });

  test('is spread evenly when there are too many', () => {
    expect([...spread({ ...split.training, count: 10 }, 5)]).toEqual([0, 2, 4, 6, 8]);
    expect(spread({ ...split.training, count: 3 }, 5)).toHaveLength(3);
  });
});

describe('a shuffle of windows', () => {
  const places = { seriesOf: new Uint32Array(7), originOf: new Int32Array(7), count: 7 };
  const drawn = (seed: number) => {
    const indices = new Uint32Array(14);
    new PlaceShuffle(places, seededRandom(seed)).draw(indices);
    return [...indices];
  };

  test('draws each once before any comes again', () => {
    for (const round of [drawn(1).slice(0, 7), drawn(1).slice(7)]) {
      expect(round.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  test('is that of its seed', () => {
    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(5)).not.toEqual(drawn(6));
  });
});
