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
  /** How many stages have parallel branches, and how many branches these have. */
  readonly parallel: { readonly stages: number; readonly branches: number };
  /** Service of each visit, by its number in the program. */
  readonly service: Int32Array;
  /** Ids in the input's order, and the numbers of the services in the program. */
  readonly serviceIds: readonly string[];
  readonly chainIds: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  /** Number in the input of what has a number in the program. */
  readonly serviceOrder: Int32Array;
  readonly chainOrder: Int32Array;
  /** Number in the program of what has a number in the input. */
  readonly servicePlace: Int32Array;
  readonly chainPlace: Int32Array;
  readonly components: readonly Component[];
}

/**
 * Orders everything by component and id, so that the order of the input never shows in a result: components in the
 * order of their smallest service.
 */
export function structureOf(problem: PlanningProblem): Structure {
  const { services, chains } = problem;
  const numbers = new Map<string, number>();
  for (let s = 0; s < services.length; s++) numbers.set(services[s]!.id, s);
  const layout = layOut(problem, numbers);
  const byId = orderById(services, numbers);
  const chainNumbers = new Map<string, number>();
  for (let c = 0; c < chains.length; c++) chainNumbers.set(chains[c]!.id, c);
  const found = findComponents(layout, byId, orderById(chains, chainNumbers));
  const servicePlace = inverse(found.serviceOrder);
  const { service } = layout;
  for (let j = 0; j < service.length; j++) service[j] = servicePlace[service[j]!]!;
  for (let s = 0; s < services.length; s++) numbers.set(services[s]!.id, servicePlace[s]!);
  return {
    ...layout,
    ...found,
    servicePlace,
    chainPlace: inverse(found.chainOrder),
    serviceIds: [...numbers.keys()],
    chainIds: [...chainNumbers.keys()],
    numbers,
  };
}

function inverse(order: Int32Array): Int32Array {
  const place = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) place[order[at]!] = at;
  return place;
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

export type Layout = Pick<Structure, 'stageStart' | 'branchStart' | 'visitStart' | 'service' | 'parallel'>;

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
  const parallel = { stages: 0, branches: 0 };
  for (let c = 0; c < chains.length; c++) {
    const chain = chains[c]!.stages;
    stages += chain.length;
    for (let i = 0; i < chain.length; i++) {
      const stage = chain[i]!;
      branches += stage.length;
      if (stage.length > 1) {
        parallel.stages++;
        parallel.branches += stage.length;
      }
      for (let b = 0; b < stage.length; b++) visits += stage[b]!.length;
    }
  }
  return {
    stageStart: new Int32Array(chains.length + 1),
    branchStart: new Int32Array(stages + 1),
    visitStart: new Int32Array(branches + 1),
    service: new Int32Array(visits),
    parallel,
  };
}
