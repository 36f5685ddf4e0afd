/** Small applications and arrivals for tests. */
import type {
  Application,
  Arrivals,
  Call,
  Shape,
  SimulatedService,
} from '../../../bench/simulator/application.ts';
import { seededRandom } from '../../../src/utils/random.ts';

export const ONE_CORE: Shape = { cpu: 1, memory: 256, instances: 1 };

export function service(changes: Partial<SimulatedService> = {}): SimulatedService {
  return {
    name: 'service',
    parallelism: 1,
    threads: Infinity,
    queueLimit: Infinity,
    baseMemory: 64,
    memoryPerVisit: 2,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    ...changes,
  };
}

/** A call of service 0 that always burns its mean, unless told otherwise. */
export function call(demandSeconds: number, changes: Partial<Call> = {}): Call {
  return { service: 0, demandSeconds, sigma: 0, waitSeconds: 0, errorRatio: 0, stages: [], ...changes };
}

/** One chain. */
export function application(root: Call, services: readonly SimulatedService[] = [service()]): Application {
  return { name: 'small', services, chains: [{ name: 'chain', share: 1, root, sloSeconds: 1 }] };
}

/** Requests of chain 0. */
export function at(...timesSeconds: number[]): Arrivals {
  return { timesSeconds: Float64Array.from(timesSeconds), chains: new Uint16Array(timesSeconds.length) };
}

/** A Poisson process of requests of chain 0. */
export function poisson(rate: number, count: number, seed: number): Arrivals {
  const random = seededRandom(seed);
  let time = 0;
  const times = Float64Array.from({ length: count }, () => {
    time -= Math.log(1 - random()) / rate;
    return time;
  });
  return { timesSeconds: times, chains: new Uint16Array(count) };
}
