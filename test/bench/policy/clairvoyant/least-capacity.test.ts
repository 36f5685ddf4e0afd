import { describe, expect, it } from 'vitest';
import { BlockProblem } from '../../../../bench/policy/clairvoyant/block-problem.ts';
import {
  attainable,
  cheapestKept,
  leastScale,
  leastSquaresPrices,
  meets,
  type Problem,
  scaled,
  trimmed,
} from '../../../../bench/policy/clairvoyant/least-capacity.ts';
import { levelOf, slacksFor } from '../../../../bench/policy/clairvoyant/proportions.ts';
import { cellOf, pairOf } from './cells.ts';

/** One chain with r = a + Σ w/y, each service at a demand of one core. */
function inverse(
  base: number,
  ...weights: readonly number[]
): Problem & { readonly demands: readonly number[] } {
  return {
    demands: weights.map(() => 1),
    ratios: (slacks) => [slacks.reduce((sum, slack, service) => sum + weights[service]! / slack, base)],
    cost: (slacks) => slacks.reduce((sum, slack) => sum + 1 + slack, 0),
  };
}

describe('the least scale of slacks', () => {
  it('is where the objective is just kept', () => {
    const scale = leastScale(inverse(0.5, 0.1, 0.1), [1, 1], 7, 1e-4);
    expect(scale).toBeGreaterThanOrEqual(0.4);
    expect(scale).toBeLessThan(0.4005);
  });

  it('is Infinity where no slack keeps it', () => {
    expect(leastScale(inverse(1.1, 0.1), [1])).toBe(Infinity);
  });

  it('goes no lower than where less would not cost less', () => {
    let trials = 0;
    const flat: Problem = { ratios: () => [++trials && 0.5], cost: () => 1 };
    expect(leastScale(flat, [1])).toBeLessThan(1);
    expect(trials).toBe(2);
  });
});

describe('the search', () => {
  it('finds the slacks of the closed form, in proportion to the roots of the weights', () => {
    // Σ w/y = 1/2 at the least Σ y: y = 2·√w·Σ√w.
    const { slacks } = levelOf(inverse(0.5, 0.09, 0.01), 5);
    expect(slacks[0]! / slacks[1]!).toBeCloseTo(3, 1);
    expect(slacks[0]! + slacks[1]!).toBeLessThan(1.025 * 2 * (0.3 + 0.1) ** 2);
  });

  it('is within 2 % of the cheapest of a grid when it simulates', () => {
    const truth = { cell: cellOf(pairOf(), [12, 12]), seed: 1, originSeconds: 0, segmentSeconds: 60 };
    const problem = new BlockProblem(truth, { fromSeconds: 60, toSeconds: 120 });
    const { slacks } = levelOf(problem, 3);
    const found = trimmed(problem, slacks, 12);
    expect(meets(problem.ratios(found))).toBe(true);
    let cheapest = Infinity;
    for (let a = 0.1; a < 1; a *= 1.15) {
      for (let b = 0.05; b < 1; b *= 1.15) {
        if (problem.cost([a, b]) < cheapest && meets(problem.ratios([a, b]))) cheapest = problem.cost([a, b]);
      }
    }
    expect(problem.cost(found)).toBeLessThan(1.02 * cheapest);
  });

  it('takes slack away only as long as the objective is kept', () => {
    const problem = inverse(0.5, 0.01, 0.1);
    const found = trimmed(problem, [1, 1], 30);
    expect(meets(problem.ratios(found))).toBe(true);
    expect(problem.cost(found)).toBeLessThan(2.7);
    expect(trimmed(problem, [0.1, 0.25], 30)).toEqual([0.1, 0.25]);
  });

  it('takes a candidate that keeps the objective for less, and no other', () => {
    const problem = inverse(0.5, 0.1, 0.1);
    expect(
      cheapestKept(
        problem,
        [
          [0.3, 0.3],
          [0.4, 0.5],
          [0.4, 0.41],
        ],
        3,
      ),
    ).toEqual([0.4, 0.41]);
    expect(
      cheapestKept(
        problem,
        [
          [0.3, 0.3],
          [0.6, 0.6],
        ],
        3,
      ),
    ).toBeUndefined();
  });

  it('gives an objective that cannot be kept what nearly helps as much as everything', () => {
    const problem = inverse(1.5, 0.1);
    const scale = leastScale(attainable(problem, [1]), [1]);
    expect(problem.ratios(scaled([1], scale))[0]).toBeCloseTo(1.02 * 1.5, 2);
  });
});

describe('prices of chains', () => {
  it('make what a core saves worth as much at every service where they can', () => {
    const prices = leastSquaresPrices([
      [2, 0],
      [1, 1],
      [0, 2],
    ]);
    expect(prices[0]).toBeCloseTo(0.5, 6);
    expect(prices[1]).toBeCloseTo(0.5, 6);
  });

  it('are zero for a chain that no slack helps', () => {
    expect(leastSquaresPrices([[2, 0]])).toEqual([0.5, 0]);
  });
});

describe('slacks at another load', () => {
  const levels = [
    { demands: [1, 0], slacks: [0.1, 0.02] },
    { demands: [4, 0], slacks: [0.4, 0.02] },
  ];

  it('lie on a line in the logarithms between two levels', () => {
    expect(slacksFor(levels, [2, 0])[0]).toBeCloseTo(0.2, 9);
    expect(slacksFor(levels, [4, 0])[0]).toBeCloseTo(0.4, 9);
  });

  it('grow as the root of the demand beyond them', () => {
    expect(slacksFor(levels, [16, 0])[0]).toBeCloseTo(0.8, 9);
    expect(slacksFor(levels, [0.25, 0])[0]).toBeCloseTo(0.05, 9);
  });

  it('are little where there is no demand', () => {
    expect(slacksFor(levels, [0, 0])).toEqual([0.1, 0.01]);
  });
});
