import type { KnownCall } from '../policy.ts';

/** As `chains.<name>.stages` has it: a stage is a list of branches, a branch a list of services and of stages inside it. */
export type StageInFile = readonly BranchInFile[];
export type BranchInFile = readonly (string | StageInFile)[];

/**
 * A tree of calls as an operator writes it down, each visit once: a call, and then its stages. What the root calls alone,
 * and what that calls, are stages of the chain; calls in parallel are branches.
 */
export function stagesOf(call: KnownCall, names: readonly string[]): readonly StageInFile[] {
  return [[[names[call.service]!]], ...call.stages.flatMap((calls) => stagesOfCalls(calls, names))];
}

function stagesOfCalls(calls: readonly KnownCall[], names: readonly string[]): readonly StageInFile[] {
  return calls.length === 1 ? stagesOf(calls[0]!, names) : [calls.map((call) => branchOf(call, names))];
}

function branchOf(call: KnownCall, names: readonly string[]): BranchInFile {
  const inside = call.stages.map((calls) => {
    const branches = calls.map((child) => branchOf(child, names));
    return branches.length === 1 ? branches[0]! : [branches];
  });
  return [names[call.service]!, ...inside.flat()];
}
