import type { PlanningProblem } from '../../models/plans.ts';
import type { Structure } from './structure.ts';

/**
 * The figures of chains and visits, numbered as the input has them: one pass over the objects, and arrays from there
 * on.
 */
export interface Figures {
  /** λ, γ, δ, R and what is aimed at, by chain. */
  readonly rate: Float64Array;
  readonly composition: Float64Array;
  readonly overhead: Float64Array;
  readonly slo: Float64Array;
  readonly target: Float64Array;
  /** v, d, a, b by visit. */
  readonly visits: Float64Array;
  readonly demand: Float64Array;
  readonly floor: Float64Array;
  readonly queueing: Float64Array;
}

/** Undefined when the problem has another structure: other ids, or in another order, or other visits. */
export function readFigures(problem: PlanningProblem, structure: Structure): Figures | undefined {
  const { services, chains } = problem;
  const { chainIds, serviceIds } = structure;
  if (services.length !== serviceIds.length || chains.length !== chainIds.length) return undefined;
  for (let s = 0; s < services.length; s++) if (services[s]!.id !== serviceIds[s]) return undefined;
  const figures = allocateFigures(chains.length, structure.service.length);
  for (let c = 0; c < chains.length; c++) {
    const chain = chains[c]!;
    if (chain.id !== chainIds[c] || !readVisits(chain.stages, structure, c, figures)) return undefined;
    figures.rate[c] = chain.rate;
    figures.composition[c] = chain.composition;
    figures.overhead[c] = chain.overheadSeconds;
    figures.slo[c] = chain.sloSeconds;
    figures.target[c] = chain.targetSeconds ?? chain.sloSeconds;
  }
  return figures;
}

/** Reads the visits of chain c; false when the structure has others. */
function readVisits(
  stages: PlanningProblem['chains'][number]['stages'],
  structure: Structure,
  c: number,
  figures: Figures,
): boolean {
  const { branchStart, service, serviceIds, serviceOrder, stageStart, visitStart } = structure;
  const { visits, demand, floor, queueing } = figures;
  const firstStage = stageStart[c]!;
  if (stages.length !== stageStart[c + 1]! - firstStage) return false;
  for (let i = 0; i < stages.length; i++) {
    const branches = stages[i]!;
    const firstBranch = branchStart[firstStage + i]!;
    if (branches.length !== branchStart[firstStage + i + 1]! - firstBranch) return false;
    for (let b = 0; b < branches.length; b++) {
      const branch = branches[b]!;
      let j = visitStart[firstBranch + b]!;
      if (branch.length !== visitStart[firstBranch + b + 1]! - j) return false;
      for (let v = 0; v < branch.length; v++, j++) {
        const visit = branch[v]!;
        if (visit.service !== serviceIds[serviceOrder[service[j]!]!]) return false;
        visits[j] = visit.visits;
        demand[j] = visit.demand;
        floor[j] = visit.floor;
        queueing[j] = visit.queueing;
      }
    }
  }
  return true;
}

function allocateFigures(chains: number, visits: number): Figures {
  return {
    rate: new Float64Array(chains),
    composition: new Float64Array(chains),
    overhead: new Float64Array(chains),
    slo: new Float64Array(chains),
    target: new Float64Array(chains),
    visits: new Float64Array(visits),
    demand: new Float64Array(visits),
    floor: new Float64Array(visits),
    queueing: new Float64Array(visits),
  };
}
