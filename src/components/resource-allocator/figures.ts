import type { PlanningProblem } from '../../models/plans.ts';

/** The figures of every visit, numbered as the input has them: one pass over the objects, and arrays from there on. */
export interface Figures {
  /** v. */
  readonly visits: Float64Array;
  /** d, core-seconds. */
  readonly demand: Float64Array;
  /** a, s. */
  readonly floor: Float64Array;
  /** b, s. */
  readonly queueing: Float64Array;
}

export function readFigures({ chains }: PlanningProblem, count: number): Figures {
  const visits = new Float64Array(count);
  const demand = new Float64Array(count);
  const floor = new Float64Array(count);
  const queueing = new Float64Array(count);
  for (let c = 0, j = 0; c < chains.length; c++) {
    const { stages } = chains[c]!;
    for (let i = 0; i < stages.length; i++) {
      const branches = stages[i]!;
      for (let b = 0; b < branches.length; b++) {
        const branch = branches[b]!;
        for (let v = 0; v < branch.length; v++, j++) {
          const visit = branch[v]!;
          visits[j] = visit.visits;
          demand[j] = visit.demand;
          floor[j] = visit.floor;
          queueing[j] = visit.queueing;
        }
      }
    }
  }
  return { visits, demand, floor, queueing };
}
