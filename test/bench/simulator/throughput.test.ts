import { expect, test } from 'vitest';
import { measureThroughput } from '../../../bench/simulator/throughput.ts';

test('every request makes the visits of its chain', () => {
  const { visits, seconds, visits_per_second } = measureThroughput(2000);
  // A third each of 17, 3 and 3.
  expect(visits / 2000).toBeGreaterThan(7.4);
  expect(visits / 2000).toBeLessThan(7.95);
  expect(visits_per_second).toBeCloseTo(visits / seconds, 6);
});
