/**
 * How many service visits per second the simulator gets through, on one core: an application of the size and shape of
 * DeathStarBench's social network, at a mean of 1,200 visits/s, one instance of a fraction of a core for each service.
 */
import { seededRandom } from '../../src/utils/random.ts';
import type { Application, Arrivals, Call, Shape } from './application.ts';
import { visitsOf } from './application.ts';
import { Simulator } from './simulator.ts';

const SERVICES = 13;
const VISITS_PER_SECOND = 1200;
const UTILIZATION = 0.6;
const DEMAND_SECONDS = 0.002;

export interface Throughput {
  readonly visits: number;
  readonly seconds: number;
  readonly visits_per_second: number;
}

/** After a warm-up of the same kind. `seconds` are those of the CPU, all threads of the process: others may use the machine. */
export function measureThroughput(requests = 300_000, seed = 1): Throughput {
  simulate(requests / 10, seed);
  const begin = process.cpuUsage();
  const visits = simulate(requests, seed);
  const { user, system } = process.cpuUsage(begin);
  const seconds = (user + system) / 1e6;
  return { visits, seconds, visits_per_second: visits / seconds };
}

function simulate(requests: number, seed: number): number {
  let told = 0;
  const simulator = new Simulator({
    application: APPLICATION,
    arrivals: arrivals(requests, seed),
    initial: initialShapes(),
    seed,
    startupSeconds: 10,
    listener: {
      onVisit: () => {
        told++;
      },
    },
  });
  simulator.advanceTo(Infinity);
  if (told !== simulator.visits) throw new Error('the listener missed visits');
  return simulator.visits;
}

function visit(service: number, ...stages: Call[][]): Call {
  return { service, demandSeconds: DEMAND_SECONDS, sigma: 0.6, waitSeconds: 0, errorRatio: 0, stages };
}

/** Front 0, two readers of stored posts, and a writer with branches in parallel that meet in service 1. */
const APPLICATION: Application = {
  name: 'throughput',
  services: Array.from({ length: SERVICES }, (_, service) => ({
    name: `service-${service}`,
    parallelism: 4,
    threads: Infinity,
    queueLimit: Infinity,
    baseMemory: 100,
    memoryPerVisit: 1,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
  })),
  chains: [
    {
      name: 'write',
      share: 1 / 3,
      sloSeconds: 1,
      root: visit(0, [
        visit(2, [visit(1)]),
        visit(3, [visit(1)]),
        visit(
          4,
          [visit(5, [visit(1)]), visit(6, [visit(1)])],
          [visit(1, [visit(7)], [visit(8, [visit(9)]), visit(10)])],
        ),
        visit(11, [visit(1)]),
      ]),
    },
    { name: 'read-own', share: 1 / 3, sloSeconds: 1, root: visit(0, [visit(10, [visit(7)])]) },
    { name: 'read-home', share: 1 / 3, sloSeconds: 1, root: visit(0, [visit(12, [visit(7)])]) },
  ],
};

function meanVisits(): number {
  return APPLICATION.chains.reduce((sum, { share, root }) => sum + share * visitsOf(root), 0);
}

function arrivals(requests: number, seed: number): Arrivals {
  const random = seededRandom(seed);
  const rate = VISITS_PER_SECOND / meanVisits();
  let time = 0;
  const timesSeconds = new Float64Array(requests);
  for (let request = 0; request < requests; request++) {
    time -= Math.log(1 - random()) / rate;
    timesSeconds[request] = time;
  }
  const chains = Uint16Array.from({ length: requests }, () =>
    Math.floor(random() * APPLICATION.chains.length),
  );
  return { timesSeconds, chains };
}

/** What keeps each service at the same utilization. */
function initialShapes(): Shape[] {
  const visits = new Float64Array(SERVICES);
  const add = ({ service, stages }: Call, share: number): void => {
    visits[service]! += share;
    for (const child of stages.flat()) add(child, share);
  };
  for (const { root, share } of APPLICATION.chains) add(root, share);
  const scale = ((VISITS_PER_SECOND / meanVisits()) * DEMAND_SECONDS) / UTILIZATION;
  return [...visits].map((count) => ({ cpu: Math.max(0.2, count * scale), memory: 256, instances: 1 }));
}
