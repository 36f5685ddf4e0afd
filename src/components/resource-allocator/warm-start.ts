import type { Compiled } from './compile-program.ts';
import { allocateMultipliers, type Multipliers } from './multipliers.ts';
import type { Structure } from './structure.ts';

/** What the last plan leaves to the next one: its structure and its multipliers. Chains may come and go. */
export class WarmStart {
  #last:
    | { readonly compiled: Pick<Compiled, 'structure' | 'program'>; readonly multipliers: Multipliers }
    | undefined;

  get structure(): Structure | undefined {
    return this.#last?.compiled.structure;
  }

  /** The same start for a plan that leaves nothing to the next one. */
  fork(): WarmStart {
    const fork = new WarmStart();
    fork.#last = this.#last;
    return fork;
  }

  keep(compiled: Compiled, multipliers: Multipliers): void {
    const { program, structure } = compiled;
    this.#last = { compiled: { program, structure }, multipliers };
  }

  /** Start for a program; 0 for chains that are new, changed their branches or cannot be served at all. */
  start(compiled: Compiled): Multipliers {
    const start = allocateMultipliers(compiled.program);
    if (this.#last === undefined) return start;
    const { compiled: last, multipliers } = this.#last;
    const numbers = last.structure === compiled.structure ? undefined : numbersOf(last.structure);
    const { budget } = compiled.program.chains;
    for (let c = 0; c < budget.length; c++) {
      const from =
        numbers === undefined
          ? c
          : numbers.get(compiled.structure.chainIds[compiled.structure.chainOrder[c]!]!);
      if (from === undefined || budget[c] === Number.POSITIVE_INFINITY) continue;
      copyChain(last, multipliers, from, compiled, start, c);
    }
    return start;
  }
}

/** The program's number of each chain. */
function numbersOf({ chainIds, chainPlace }: Structure): ReadonlyMap<string, number> {
  return new Map(chainIds.map((id, c) => [id, chainPlace[c]!]));
}

function copyChain(
  last: Pick<Compiled, 'program'>,
  multipliers: Multipliers,
  from: number,
  compiled: Compiled,
  start: Multipliers,
  to: number,
): void {
  const mu = multipliers.chain[from]!;
  if (mu === 0) return;
  const first = firstBranch(last, from);
  const count = endBranch(last, from) - first;
  const place = firstBranch(compiled, to);
  if (count !== endBranch(compiled, to) - place) return;
  start.chain[to] = mu;
  for (let b = 0; b < count; b++) start.branch[place + b] = multipliers.branch[first + b]!;
}

/** Branches of the chain's stages with parallel branches. */
function firstBranch({ program: { chains } }: Pick<Compiled, 'program'>, c: number): number {
  return chains.branchStart[chains.stageStart[c]!]!;
}

function endBranch({ program: { chains } }: Pick<Compiled, 'program'>, c: number): number {
  return chains.branchStart[chains.stageEnd[c]!]!;
}
