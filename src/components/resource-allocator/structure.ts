import type { PlanningProblem } from '../../models/plans.ts';
import { findComponents } from './components.ts';
import type { Component } from './program.ts';

/**
 * What of a problem does not depend on its figures: who there is, who visits whom, and in which order the program has
 * them. The next plan of the same application uses it again.
 *
 * Visits are numbered as the input has them: those of branch b are [visitStart[b], visitStart[b + 1]), the branches of
 * stage i [branchStart[i], branchStart[i + 1]), the stages of chain number c of the input [stageStart[c],
 * stageStart[c + 1]).
 */
export interface Structure {
  readonly stageStart: Int32Array;
  readonly branchStart: Int32Array;
  readonly visitStart: Int32Array;
  /** Service of each visit, by its number in the program. */
  readonly service: Int32Array;
  /** Ids in the program's order, and the numbers of the services in it. */
  readonly serviceIds: readonly string[];
  readonly chainIds: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  /** What has a number in the program: its number in the input. */
  readonly serviceOrder: Int32Array;
  readonly chainOrder: Int32Array;
  readonly components: readonly Component[];
}

/** Structure of the problem; `known` itself when the problem has that. */
export function structureOf(problem: PlanningProblem, known: Structure | undefined): Structure {
  return known !== undefined && hasStructure(problem, known) ? known : newStructure(problem);
}

/** Whether the ids are the same in the same order, and so are the visits. */
function hasStructure(problem: PlanningProblem, known: Structure): boolean {
  const { services, chains } = problem;
  if (services.length !== known.serviceIds.length || chains.length !== known.chainIds.length) return false;
  for (let at = 0; at < services.length; at++) {
    if (services[known.serviceOrder[at]!]!.id !== known.serviceIds[at]) return false;
  }
  for (let at = 0; at < chains.length; at++) {
    if (chains[known.chainOrder[at]!]!.id !== known.chainIds[at]) return false;
  }
  return hasVisits(problem, known);
}

function hasVisits({ chains }: PlanningProblem, known: Structure): boolean {
  const { branchStart, service, serviceIds, stageStart, visitStart } = known;
  for (let c = 0, i = 0, b = 0, j = 0; c < chains.length; c++) {
    const { stages } = chains[c]!;
    if (stages.length !== stageStart[c + 1]! - stageStart[c]!) return false;
    for (let stage = 0; stage < stages.length; stage++, i++) {
      const branches = stages[stage]!;
      if (branches.length !== branchStart[i + 1]! - branchStart[i]!) return false;
      for (let branch = 0; branch < branches.length; branch++, b++) {
        const visits = branches[branch]!;
        if (visits.length !== visitStart[b + 1]! - visitStart[b]!) return false;
        for (let v = 0; v < visits.length; v++, j++) {
          if (visits[v]!.service !== serviceIds[service[j]!]) return false;
        }
      }
    }
  }
  return true;
}

/**
 * Orders everything by component and id, so that the order of the input never shows in a result: components in the
 * order of their smallest service.
 */
function newStructure(problem: PlanningProblem): Structure {
  const { services, chains } = problem;
  const numbers = new Map<string, number>();
  for (let s = 0; s < services.length; s++) numbers.set(services[s]!.id, s);
  const layout = layOut(problem, numbers);
  const byId = orderById(services, numbers);
  const chainNumbers = new Map<string, number>();
  for (let c = 0; c < chains.length; c++) chainNumbers.set(chains[c]!.id, c);
  const found = findComponents(layout, byId, orderById(chains, chainNumbers));
  const place = new Int32Array(services.length);
  const serviceIds: string[] = [];
  for (let at = 0; at < services.length; at++) {
    const s = found.serviceOrder[at]!;
    place[s] = at;
    serviceIds.push(services[s]!.id);
    numbers.set(services[s]!.id, at);
  }
  for (let j = 0; j < layout.service.length; j++) layout.service[j] = place[layout.service[j]!]!;
  const chainIds = Array.from(found.chainOrder, (c) => chains[c]!.id);
  return { ...layout, ...found, serviceIds, chainIds, numbers };
}

/** The input's numbers in code unit order of the ids. */
function orderById(
  items: readonly { readonly id: string }[],
  numbers: ReadonlyMap<string, number>,
): Int32Array {
  const order = new Int32Array(items.length);
  const ids = [...numbers.keys()].sort();
  for (let at = 0; at < order.length; at++) order[at] = numbers.get(ids[at]!)!;
  return order;
}

export type Layout = Pick<Structure, 'stageStart' | 'branchStart' | 'visitStart' | 'service'>;

function layOut({ chains }: PlanningProblem, numbers: ReadonlyMap<string, number>): Layout {
  const layout = allocateLayout(chains);
  const { branchStart, service, stageStart, visitStart } = layout;
  for (let c = 0, i = 0, b = 0, j = 0; c < chains.length; c++) {
    const { stages } = chains[c]!;
    for (let stage = 0; stage < stages.length; stage++) {
      const branches = stages[stage]!;
      for (let branch = 0; branch < branches.length; branch++) {
        const visits = branches[branch]!;
        for (let v = 0; v < visits.length; v++) service[j++] = numbers.get(visits[v]!.service)!;
        visitStart[++b] = j;
      }
      branchStart[++i] = b;
    }
    stageStart[c + 1] = i;
  }
  return layout;
}

function allocateLayout(chains: PlanningProblem['chains']): Layout {
  let stages = 0;
  let branches = 0;
  let visits = 0;
  for (let c = 0; c < chains.length; c++) {
    const chain = chains[c]!.stages;
    stages += chain.length;
    for (let i = 0; i < chain.length; i++) {
      const stage = chain[i]!;
      branches += stage.length;
      for (let b = 0; b < stage.length; b++) visits += stage[b]!.length;
    }
  }
  return {
    stageStart: new Int32Array(chains.length + 1),
    branchStart: new Int32Array(stages + 1),
    visitStart: new Int32Array(branches + 1),
    service: new Int32Array(visits),
  };
}
