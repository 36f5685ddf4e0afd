import type { PlanningChain, PlanningVisit } from '../../models/plans.ts';
import type { Compiled } from './compile-program.ts';
import { waitOfShape } from './service-columns.ts';
import type { Shape } from './shape-grid.ts';

/** Binding are the heaviest services that carry this share of a chain's latency together. */
const MOST_OF_IT = 0.8;

/** Services that carry most of the chain's latency on its slowest way, the heaviest first. */
export function bindingServices(
  compiled: Compiled,
  shapes: readonly Shape[],
  chain: PlanningChain,
): string[] {
  const seconds = new Map<string, number>();
  const time = (visit: PlanningVisit): number => {
    const s = compiled.numbers.get(visit.service)!;
    const { instances, cpu } = shapes[s]!;
    const wait = waitOfShape(compiled.services[s]!, compiled.demand[s]!, instances, cpu);
    return visit.visits * (visit.floor + visit.queueing * wait);
  };
  let total = 0;
  for (const stage of chain.stages) {
    for (const visit of slowest(stage, time)) {
      seconds.set(visit.service, (seconds.get(visit.service) ?? 0) + time(visit));
      total += time(visit);
    }
  }
  const heaviest = [...seconds].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  let carried = 0;
  const light = heaviest.findIndex(([, own]) => {
    carried += own;
    return carried >= MOST_OF_IT * total;
  });
  return heaviest.slice(0, light + 1).map(([service]) => service);
}

function slowest(stage: PlanningChain['stages'][number], time: (visit: PlanningVisit) => number) {
  let best: readonly PlanningVisit[] = [];
  let most = -1;
  for (const branch of stage) {
    const own = branch.reduce((sum, visit) => sum + time(visit), 0);
    if (own > most) {
      most = own;
      best = branch;
    }
  }
  return best;
}
