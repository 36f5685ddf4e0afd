import type {
  PlanningChain,
  PlanningProblem,
  PlanningService,
  PlanningVisit,
} from '../../../src/models/plans.ts';
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { chain, service, visit } from './fixtures.ts';

/** A small problem with whatever can happen: active bounds, parallel branches, hopeless SLOs, no load, no waiting. */
export function smallProblem(seed: number): PlanningProblem {
  const random = seededRandom(seed * 7919 + 13);
  const curved = seed % 3 === 0;
  const services = Array.from({ length: 1 + Math.floor(random() * 9) }, (_, i) =>
    smallService(`s${i}`, random, curved),
  );
  const count = seed % 7 === 0 ? 1 : 1 + Math.floor(random() * 14);
  const chains = Array.from({ length: count }, (_, i) => smallChain(`c${i}`, services, random, curved));
  return { services, chains };
}

function smallService(id: string, random: Random, curved: boolean): PlanningService {
  const maxCpu = [1, 2, 4][Math.floor(random() * 3)]!;
  const minInstances = random() < 0.7 ? 1 : 2;
  return service(id, {
    pricePerCore: random() < 0.8 ? 100 : 20 + 200 * random(),
    instanceCost: random() < 0.5 ? 0 : 60 * random(),
    minCpu: random() < 0.8 ? 0.1 : 0.5,
    maxCpu,
    minInstances,
    maxInstances: minInstances + Math.floor(random() * 8),
    parallelism: random() < 0.8 ? maxCpu : 0.3 + random(),
    exponent: curved ? 1 + 3 * random() : 1,
    verticalExponent: curved ? 2 * random() ** 2 : 0,
    ...(random() < 0.04 ? { fixed: { cpu: 0.5, memory: 256, instances: 1 + Math.floor(random() * 5) } } : {}),
  });
}

function smallChain(
  id: string,
  services: readonly PlanningService[],
  random: Random,
  curved: boolean,
): PlanningChain {
  const stages = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    Array.from({ length: random() < 0.7 ? 1 : 1 + Math.floor(random() * 3) }, () =>
      Array.from({ length: random() < 0.8 ? 1 : 2 }, () => smallVisit(services, random)),
    ),
  );
  const composition = 0.7 + 0.6 * random();
  const overheadSeconds = random() < 0.8 ? 0 : 0.005 * random();
  const typical = stages.flat(2).reduce((sum, v) => sum + v.visits * (v.floor + v.queueing), 0);
  const tightness = random() < 0.1 ? 0.3 * random() : 0.9 + 3 * random() * (curved ? 0.8 : 1);
  const rate = random() < 0.1 ? 0 : 10 ** (0.5 + 2 * random());
  return chain(id, stages, {
    sloSeconds: composition * typical * tightness + overheadSeconds + 1e-4,
    rate,
    composition,
    overheadSeconds,
  });
}

function smallVisit(services: readonly PlanningService[], random: Random): PlanningVisit {
  const demand = random() < 0.05 ? 0 : 0.001 + 0.03 * random() ** 2;
  return visit(services[Math.floor(random() * services.length)]!.id, {
    visits: random() < 0.8 ? 1 : 2,
    demand,
    floor: random() < 0.1 ? 0 : 0.02 * random(),
    queueing: random() < 0.1 ? 0 : 0.03 * random(),
  });
}
