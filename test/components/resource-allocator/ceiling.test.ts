import { describe, expect, it } from 'vitest';
import { chainTime } from '../../../src/components/resource-allocator/chain-time.ts';
import { compileProgram } from '../../../src/components/resource-allocator/compile-program.ts';
import { type Optimum, solveProgram } from '../../../src/components/resource-allocator/dual-ascent.ts';
import { allocateMultipliers } from '../../../src/components/resource-allocator/multipliers.ts';
import type { PlanningProblem } from '../../../src/models/plans.ts';
import { smallProblem } from './small-problems.ts';

describe('a ceiling on the multipliers', () => {
  it('changes nothing where keeping the chain costs less', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { optimum } = solved(smallProblem(seed), Number.POSITIVE_INFINITY);
      const highest = Math.max(0, ...optimum.multipliers.chain);
      const under = solved(smallProblem(seed), 2 * highest + 1).optimum;
      expect(Math.abs(under.cost - optimum.cost)).toBeLessThanOrEqual(1e-4 * optimum.cost);
    }
  });

  it('is never passed, and cost plus excess at that price stay within 1e-4 of the bound', () => {
    for (let seed = 0; seed < 80; seed++) {
      const { optimum, program } = solved(smallProblem(seed), 300);
      for (const mu of optimum.multipliers.chain) expect(mu).toBeLessThanOrEqual(300);
      expect(optimum.cost - optimum.lowerBound, `problem ${seed}`).toBeLessThanOrEqual(1e-4 * optimum.cost);
      for (let c = 0; c < program.chains.count; c++) {
        const isFree = program.chains.budget[c] === Number.POSITIVE_INFINITY;
        if (isFree || optimum.multipliers.chain[c] === 300) continue;
        const time = chainTime(program.chains, optimum.waits, c);
        expect(time / program.chains.budget[c]!, `problem ${seed}`).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it('holds for multipliers that a warm start brings', () => {
    const problem = smallProblem(3);
    const { program } = compileProgram(problem, 1);
    const start = allocateMultipliers(program);
    start.chain.set(solved(problem, Number.POSITIVE_INFINITY).optimum.multipliers.chain);
    start.branch.set(solved(problem, Number.POSITIVE_INFINITY).optimum.multipliers.branch);
    program.chains.ceiling.fill(10);
    const warm = solveProgram(program, start);
    const cold = solved(problem, 10).optimum;
    for (const mu of warm.multipliers.chain) expect(mu).toBeLessThanOrEqual(10);
    expect(warm.cost / cold.cost).toBeCloseTo(1, 3);
  });
});

function solved(problem: PlanningProblem, ceiling: number) {
  const { program } = compileProgram(problem, 1);
  program.chains.ceiling.fill(ceiling);
  const optimum: Optimum = solveProgram(program);
  return { optimum, program };
}
