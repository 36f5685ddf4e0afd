import { describe, expect, it } from 'vitest';
import type { Parameters } from '../../../bench/policy/policy.ts';
import { type Trial, tune } from '../../../bench/policy/tune.ts';

const SPACE = { target: [0.5, 0.3, 0.7, 0.9], margin: [1, 2, 3] };

/** The higher the target the cheaper; too little margin for the target violates. */
function fake({ target, margin }: Parameters): Trial {
  return {
    coreHours: margin! / target!,
    violatingWindowsRatio: target! > 0.2 + 0.25 * margin! ? 0.2 * target! : 0.005,
  };
}

async function tuned(
  space: Readonly<Record<string, readonly number[]>>,
  trial: (p: Parameters) => Trial,
  runs?: number,
) {
  const tried: Parameters[] = [];
  const found = await tune(
    space,
    async (parameters) => {
      tried.push(parameters);
      return trial(parameters);
    },
    runs,
  );
  return { ...found, tried };
}

describe('tuning', () => {
  it('goes along one parameter after the other where there are too many settings for trying all', async () => {
    // Best at (0.9, 1) from every start: a coordinate search cannot miss it.
    const { parameters, runs } = await tuned(
      { ...SPACE, other: [1, 2, 3] },
      ({ target, margin, other }) => ({ coreHours: margin! - target! + other!, violatingWindowsRatio: 0 }),
      12,
    );
    expect(parameters).toEqual({ target: 0.9, margin: 1, other: 1 });
    expect(runs).toBeLessThanOrEqual(12);
  });

  it('finds the cheapest setting that keeps the objective', async () => {
    const { parameters } = await tuned(SPACE, fake, 100);
    const all = SPACE.target.flatMap((target) => SPACE.margin.map((margin) => ({ target, margin })));
    const compliant = all.filter((setting) => fake(setting).violatingWindowsRatio <= 0.01);
    const cheapest = Math.min(...compliant.map((setting) => fake(setting).coreHours));
    expect(fake(parameters)).toEqual({ coreHours: cheapest, violatingWindowsRatio: 0.005 });
  });

  it('takes the one that violates least when none keeps it, then the cheaper', async () => {
    const { parameters } = await tuned({ x: [1, 2, 3, 4] }, ({ x }) => ({
      coreHours: 10 - x!,
      violatingWindowsRatio: x! > 1 && x! < 4 ? 0.1 : 0.3,
    }));
    expect(parameters).toEqual({ x: 3 });
  });

  it('stays with the published default where nothing is better', async () => {
    const { parameters } = await tuned(SPACE, () => ({ coreHours: 1, violatingWindowsRatio: 0 }));
    expect(parameters).toEqual({ target: 0.5, margin: 1 });
  });

  it('tries nothing twice and no more than it may, the default first', async () => {
    const { tried, runs } = await tuned(SPACE, fake, 5);
    expect(tried[0]).toEqual({ target: 0.5, margin: 1 });
    expect(tried).toHaveLength(5);
    expect(runs).toBe(5);
    expect(new Set(tried.map((setting) => JSON.stringify(setting))).size).toBe(5);
  });

  it('runs nothing where there is no choice', async () => {
    expect(await tuned({}, fake)).toEqual({ parameters: {}, runs: 0, tried: [] });
    expect(await tuned({ only: [7] }, fake)).toEqual({ parameters: { only: 7 }, runs: 0, tried: [] });
  });
});
