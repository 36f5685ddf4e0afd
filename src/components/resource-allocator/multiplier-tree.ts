import type { Compiled } from './compile-program.ts';
import type { Multipliers } from './multipliers.ts';

/**
 * The certificate in the form of the chains: chain id → stage → branch → multiplier. In each stage the branches sum to
 * the chain's shadow price.
 */
export function multiplierTree(compiled: Compiled, multipliers: Multipliers): Map<string, number[][]> {
  const { branchStart, stageStart } = compiled.program.chains;
  const tree = new Map<string, number[][]>();
  for (const [c, chain] of compiled.chains.entries()) {
    let stage = stageStart[c]!;
    tree.set(
      chain.id,
      chain.stages.map((branches) => {
        if (branches.length <= 1) return branches.map(() => multipliers.chain[c]!);
        const first = branchStart[stage++]!;
        return Array.from(multipliers.branch.subarray(first, first + branches.length));
      }),
    );
  }
  return tree;
}
