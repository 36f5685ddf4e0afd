import type { Stage, Visit } from '../models/data-models.ts';

/** A stage as the file has it: a list of branches, which are lists of stages; a service stands for itself in either place. */
export type StageInFile = string | readonly StageInFile[];

/**
 * The branches of a stage, those with stages in them once for each way through. What a way has in common with one before
 * it is marked as `again`.
 */
export function waysThrough(stage: StageInFile, visitsOf: (service: string) => number): Stage {
  const seen = new Set<Visit>();
  return waysOfStage(stage, visitsOf).map((way) =>
    way.map((visit) => {
      if (seen.has(visit)) return { ...visit, again: true };
      seen.add(visit);
      return visit;
    }),
  );
}

/** How many they are, without making them. */
export function countWays(stage: StageInFile): number {
  if (typeof stage === 'string') return 1;
  return stage.reduce((sum, branch) => sum + countWaysOfBranch(branch), 0);
}

function countWaysOfBranch(branch: StageInFile): number {
  if (typeof branch === 'string') return 1;
  return branch.reduce((product, stage) => product * countWays(stage), 1);
}

type VisitsOf = (service: string) => number;

/** Ways that go through the same place have the same visit there. */
function waysOfStage(stage: StageInFile, visitsOf: VisitsOf): Visit[][] {
  if (typeof stage === 'string') return [[{ service: stage, visits: visitsOf(stage) }]];
  return stage.flatMap((branch) => waysOfBranch(branch, visitsOf));
}

function waysOfBranch(branch: StageInFile, visitsOf: VisitsOf): Visit[][] {
  if (typeof branch === 'string') return waysOfStage(branch, visitsOf);
  let ways: Visit[][] = [[]];
  for (const stage of branch) {
    const through = waysOfStage(stage, visitsOf);
    ways = ways.flatMap((way) => through.map((next) => [...way, ...next]));
  }
  return ways;
}
