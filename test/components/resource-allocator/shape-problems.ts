import type {
  PlanningChain,
  PlanningProblem,
  PlanningService,
  PlanningVisit,
} from '../../../src/models/plans.ts';
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { chain, service, visit } from './fixtures.ts';
import { latencyWith, waitFor } from './model.ts';

/**
 * A problem of `size` services, two to four by default as a full search can solve, of every kind: parallel branches, exponents, costs of
 * instances, coarse quanta, least instances, bounds that are no multiples of the quantum. SLOs lie between what the
 * largest shapes give and what a utilisation of 0.9 does.
 */
export function shapeProblem(seed: number, size?: number): PlanningProblem {
  const random = seededRandom(seed * 6271 + 29);
  const drawn = 2 + Math.floor(random() * 3);
  const count = size ?? drawn;
  const services = Array.from({ length: count }, (_, i) => coarseService(`s${i}`, random, count));
  const chains = Array.from({ length: 1 + Math.floor(random() * Math.max(4, 2 * count)) }, (_, i) =>
    loosely(`c${i}`, services, random),
  );
  const problem = { services, chains: scaledToFit(services, chains, random) };
  return { services, chains: problem.chains.map((entry) => withSlo(problem, entry, random)) };
}

function coarseService(id: string, random: Random, count: number): PlanningService {
  const quantum = pick(random, count === 2 ? [0.05, 0.1, 0.25, 0.5] : [0.1, 0.25, 0.5, 1]);
  const minInstances = random() < 0.7 ? 1 : 2;
  const maxCpu = pick(random, [1, 1.3, 2, 4]);
  const curved = random() < 0.5;
  return service(id, {
    pricePerCore: random() < 0.7 ? 100 : 20 + 200 * random(),
    instanceCost: random() < 0.4 ? 0 : 80 * random(),
    minCpu: random() < 0.7 ? 0.1 : 0.35,
    maxCpu,
    parallelism: random() < 0.85 ? maxCpu : 0.7 * maxCpu,
    minInstances,
    maxInstances: minInstances + Math.floor(random() * 4),
    quantum,
    exponent: curved ? 1 + 2 * random() : 1,
    verticalExponent: curved ? random() : 0,
  });
}

function loosely(id: string, services: readonly PlanningService[], random: Random): PlanningChain {
  const order = [...services]
    .sort(() => random() - 0.5)
    .slice(0, 1 + Math.floor(random() * Math.min(5, services.length)));
  const stages: PlanningVisit[][][] = [];
  for (const entry of order) {
    const own = visit(entry.id, {
      visits: random() < 0.8 ? 1 : 2,
      demand: 0.001 + 0.02 * random() ** 2,
      floor: 0.02 * random(),
      queueing: 0.002 + 0.03 * random(),
    });
    const last = stages.at(-1);
    if (last !== undefined && random() < 0.4) last.push([own]);
    else stages.push([[own]]);
  }
  return chain(id, stages, { rate: 10 ** (0.5 + 1.5 * random()), composition: 0.8 + 0.4 * random() });
}

/** Rates such that the busiest service needs a share of what it can have at most. */
function scaledToFit(
  services: readonly PlanningService[],
  chains: readonly PlanningChain[],
  random: Random,
): readonly PlanningChain[] {
  const busiest = Math.max(...services.map((entry) => demandIn(chains, entry.id) / mostOf(entry)));
  const factor = (0.15 + 0.7 * random()) / busiest;
  return chains.map((entry) => ({ ...entry, rate: entry.rate * factor }));
}

function withSlo(problem: PlanningProblem, entry: PlanningChain, random: Random): PlanningChain {
  const latency = (busy: (own: PlanningService, demand: number) => number) =>
    latencyWith(entry, (id) => {
      const own = problem.services.find((candidate) => candidate.id === id)!;
      const demand = demandIn(problem.chains, id);
      const used = Math.min(own.maxCpu, own.parallelism);
      return waitFor(own, demand, busy(own, demand), used);
    });
  const best = latency((own) => mostOf(own));
  const loose = latency((_, demand) => demand / 0.9);
  return { ...entry, sloSeconds: best + (loose - best) * (0.02 + 0.9 * random() ** 2) };
}

function demandIn(chains: readonly PlanningChain[], id: string): number {
  const visits = chains.flatMap((entry) =>
    entry.stages.flat(2).map((own) => (own.service === id ? entry.rate * own.visits * own.demand : 0)),
  );
  return visits.reduce((sum, demand) => sum + demand, 0);
}

function mostOf(entry: PlanningService): number {
  return entry.maxInstances * Math.min(entry.maxCpu, entry.parallelism);
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}
