import type { Compiled } from './compile-program.ts';
import { allocateMultipliers, type Multipliers } from './multipliers.ts';

/** The multipliers of the last plan by chain id, as the start of the next one. Chains may come and go. */
export class WarmStart {
  readonly #chain = new Map<string, number>();
  readonly #branches = new Map<string, Float64Array>();

  keep(compiled: Compiled, multipliers: Multipliers): void {
    this.#chain.clear();
    this.#branches.clear();
    for (const [c, chain] of compiled.chains.entries()) {
      const mu = multipliers.chain[c]!;
      if (mu === 0) continue;
      this.#chain.set(chain.id, mu);
      const [first, end] = branchRange(compiled, c);
      if (first < end) this.#branches.set(chain.id, multipliers.branch.slice(first, end));
    }
  }

  /** Start for a program; 0 for chains that are new, changed their branches or cannot be served at all. */
  start(compiled: Compiled): Multipliers {
    const multipliers = allocateMultipliers(compiled.program);
    if (this.#chain.size === 0) return multipliers;
    for (const [c, chain] of compiled.chains.entries()) {
      const mu = this.#chain.get(chain.id);
      if (mu === undefined || compiled.program.chains.budget[c] === Number.POSITIVE_INFINITY) continue;
      const [first, end] = branchRange(compiled, c);
      const kept = this.#branches.get(chain.id) ?? new Float64Array(0);
      if (kept.length !== end - first) continue;
      multipliers.chain[c] = mu;
      multipliers.branch.set(kept, first);
    }
    return multipliers;
  }
}

/** Branches of the chain's stages with parallel branches. */
function branchRange(compiled: Compiled, c: number): readonly [number, number] {
  const { branchStart, stageStart, stageEnd } = compiled.program.chains;
  return [branchStart[stageStart[c]!]!, branchStart[stageEnd[c]!]!];
}
