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
  if (mu === 0 || !hasVisits(compiled, to) || !haveSameBranches(last, from, compiled, to)) return;
  start.chain[to] = mu;
  const first = firstBranch(last, from);
  const place = firstBranch(compiled, to);
  const count = endBranch(last, from) - first;
  for (let b = 0; b < count; b++) start.branch[place + b] = multipliers.branch[first + b]!;
}

/** A chain without visits is in no component: nothing would take its multiplier down again. */
function hasVisits({ structure }: Compiled, c: number): boolean {
  const { branchStart, chainOrder, stageStart, visitStart } = structure;
  const read = chainOrder[c]!;
  return visitStart[branchStart[stageStart[read]!]!]! < visitStart[branchStart[stageStart[read + 1]!]!]!;
}

/**
 * Whether the chains have the same stages with parallel branches. A stage whose branches had no multiplier while the
 * chain has one would never let it fall again.
 */
function haveSameBranches(
  last: Pick<Compiled, 'program'>,
  from: number,
  compiled: Pick<Compiled, 'program'>,
  to: number,
): boolean {
  const before = last.program.chains;
  const now = compiled.program.chains;
  const first = before.stageStart[from]!;
  const place = now.stageStart[to]!;
  const count = before.stageEnd[from]! - first;
  if (count !== now.stageEnd[to]! - place) return false;
  for (let i = 0; i < count; i++) {
    const branches = before.branchStart[first + i + 1]! - before.branchStart[first + i]!;
    if (branches !== now.branchStart[place + i + 1]! - now.branchStart[place + i]!) return false;
  }
  return true;
}

/** Branches of the chain's stages with parallel branches. */
function firstBranch({ program: { chains } }: Pick<Compiled, 'program'>, c: number): number {
  return chains.branchStart[chains.stageStart[c]!]!;
}

function endBranch({ program: { chains } }: Pick<Compiled, 'program'>, c: number): number {
  return chains.branchStart[chains.stageEnd[c]!]!;
}
