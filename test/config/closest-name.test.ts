import { expect, test } from 'vitest';
import { closestName } from '../../src/config/closest-name.ts';

const KEYS = ['window_size', 'sampling_interval', 'unknown', 'max_series', 'min_cpu', 'max_cpu'];

test.each([
  ['window_sise', 'window_size'],
  ['windowSize', 'window_size'],
  ['WINDOW-SIZE', 'window_size'],
  ['unkown', 'unknown'],
  ['samplingintervall', 'sampling_interval'],
  ['mni_cpu', 'min_cpu'],
])('%s is taken for %s', (typed, meant) => {
  expect(closestName(typed, KEYS)).toBe(meant);
});

test.each(['retention', 'x', ''])('nothing is close to "%s"', (typed) => {
  expect(closestName(typed, KEYS)).toBeUndefined();
});
