import type {
  PlanningChain,
  PlanningProblem,
  PlanningService,
  PlanningVisit,
} from '../../src/models/plans.ts';
import type { Random } from '../../src/models/ports.ts';
import { seededRandom } from '../../src/utils/random.ts';

/** What a random problem looks like; shares are in [0, 1]. */
export interface ProblemShape {
  readonly services: number;
  readonly chains: number;
  readonly seed: number;
  /** Share of the chains with a stage of parallel branches. Default 0. */
  readonly parallel?: number;
  /** Share of the services with k > 1 and η > 0. Default 0. */
  readonly curved?: number;
}

/**
 * A microservice application at random: each chain visits 3 or 4 services, some of which are much more popular than
 * others; demands are sized so that services need some tenths to some tens of cores; SLOs are 1.5 to 4 times what the
 * chain has at a utilisation of one half.
 */
export function randomProblem(shape: ProblemShape): PlanningProblem {
  const random = seededRandom(shape.seed);
  const services = Array.from({ length: shape.services }, (_, i) =>
    randomService(i, random, shape.curved ?? 0),
  );
  const chains = Array.from({ length: shape.chains }, (_, i) =>
    randomChain(i, services, random, shape.parallel ?? 0, shape.services / shape.chains),
  );
  return { services, chains };
}

/** The same problem with every chain's rate changed at random by at most `share`. */
export function withChangedLoads(problem: PlanningProblem, share: number, seed: number): PlanningProblem {
  const random = seededRandom(seed);
  const chains = problem.chains.map((chain) => ({
    ...chain,
    rate: chain.rate * (1 + share * (2 * random() - 1)),
  }));
  return { services: problem.services, chains };
}

function randomService(i: number, random: Random, curved: number): PlanningService {
  const isCurved = random() < curved;
  return {
    id: `service-${i}`,
    pricePerCore: 100,
    pricePerMebibyte: 0,
    instanceCost: random() < 0.5 ? 0 : 20 * random(),
    minCpu: 0.1,
    maxCpu: 4,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    quantum: 0.05,
    exponent: isCurved ? 1 + 2 * random() : 1,
    verticalExponent: isCurved ? random() : 0,
    memory: 128,
  };
}

function randomChain(
  i: number,
  services: readonly PlanningService[],
  random: Random,
  parallel: number,
  servicesPerChain: number,
): PlanningChain {
  const rate = servicesPerChain * 10 ** (0.5 + 1.5 * random());
  const visits = Array.from({ length: random() < 0.5 ? 3 : 4 }, () => randomVisit(services, random));
  const composition = 0.85 + 0.2 * random();
  const [first, ...others] = visits.map((visit) => [visit]);
  const stages = random() < parallel ? [[first!], others] : [first!, ...others].map((branch) => [branch]);
  const halfLoaded = visits.reduce((sum, v) => sum + v.visits * (v.floor + v.queueing), 0);
  return {
    id: `chain-${i}`,
    sloSeconds: composition * halfLoaded * (1.5 + 2.5 * random()),
    priority: 1,
    rate,
    composition,
    overheadSeconds: 0,
    stages,
  };
}

function randomVisit(services: readonly PlanningService[], random: Random): PlanningVisit {
  const service = services[Math.floor(random() ** 1.3 * services.length)]!;
  const demand = 0.002 + 0.02 * random() ** 2;
  return {
    service: service.id,
    visits: random() < 0.9 ? 1 : 2,
    demand,
    floor: demand * (1 + random()),
    queueing: demand * (0.5 + 2 * random()),
  };
}
