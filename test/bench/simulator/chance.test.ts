import { expect, test } from 'vitest';
import { exponential, lognormal, requestKey, uniform, visitKey } from '../../../bench/simulator/chance.ts';

const COUNT = 100_000;

/** Mean and variance over many requests, at one place of their tree. */
function moments(draw: (key: number) => number, place = 0): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let request = 0; request < COUNT; request++) {
    const value = draw(visitKey(requestKey(12, request), place));
    sum += value;
    squares += value * value;
  }
  const mean = sum / COUNT;
  return { mean, variance: squares / COUNT - mean * mean };
}

// Standard errors are 0.3 % or less.
test('uniform numbers have mean 1/2 and variance 1/12', () => {
  const { mean, variance } = moments((key) => uniform(key, 1));
  expect(mean * 2).toBeCloseTo(1, 2);
  expect(Math.abs(variance * 12 - 1)).toBeLessThan(0.01);
});

test('exponential numbers have mean and variance 1', () => {
  const { mean, variance } = moments((key) => exponential(key, 1));
  expect(mean).toBeCloseTo(1, 2);
  expect(variance).toBeGreaterThan(0.97);
  expect(variance).toBeLessThan(1.03);
});

test.each([0.3, 0.6, 1])('lognormal numbers have mean 1 and the variance of sigma %d', (sigma) => {
  const { mean, variance } = moments((key) => lognormal(key, sigma), 3);
  expect(mean).toBeCloseTo(1, 2);
  // Var = exp(σ²) − 1.
  expect(variance / (Math.exp(sigma * sigma) - 1)).toBeGreaterThan(0.9);
  expect(variance / (Math.exp(sigma * sigma) - 1)).toBeLessThan(1.1);
});

test.each([
  ['places of one request', (request: number) => [visitKey(request, 0), visitKey(request, 1)]],
  ['distant places', (request: number) => [visitKey(request, 2), visitKey(request, 34)]],
] as const)('%s are not correlated', (_name, keys) => {
  let sum = 0;
  for (let request = 0; request < COUNT; request++) {
    const [one, other] = keys(requestKey(5, request));
    sum += (uniform(one!, 1) - 0.5) * (uniform(other!, 1) - 0.5);
  }
  // Standard error 1 / sqrt(COUNT) = 0.0032.
  expect(Math.abs((12 * sum) / COUNT)).toBeLessThan(0.01);
});

test('successive requests and successive seeds are not correlated', () => {
  let requests = 0;
  let seeds = 0;
  for (let request = 0; request < COUNT; request++) {
    const own = uniform(visitKey(requestKey(5, request), 0), 1) - 0.5;
    requests += own * (uniform(visitKey(requestKey(5, request + 1), 0), 1) - 0.5);
    seeds += own * (uniform(visitKey(requestKey(6, request), 0), 1) - 0.5);
  }
  expect(Math.abs((12 * requests) / COUNT)).toBeLessThan(0.01);
  expect(Math.abs((12 * seeds) / COUNT)).toBeLessThan(0.01);
});
