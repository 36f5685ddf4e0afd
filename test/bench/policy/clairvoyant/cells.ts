import type { Cell } from '../../../../bench/policy/cell.ts';
import type { RunEvent } from '../../../../bench/policy/traffic/events.ts';
import type { Application, Call, SimulatedService } from '../../../../bench/simulator/application.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const SERVICE: SimulatedService = {
  name: 's',
  parallelism: 4,
  threads: Infinity,
  queueLimit: Infinity,
  baseMemory: 100,
  memoryPerVisit: 0,
  minCpu: 0.1,
  maxCpu: 4,
  minMemory: 128,
  maxMemory: 8192,
  minInstances: 1,
  maxInstances: 10,
};

function call(service: number, demandSeconds: number, ...stages: (readonly Call[])[]): Call {
  return { service, demandSeconds, sigma: 0.6, waitSeconds: 0, errorRatio: 0, stages };
}

/** One chain: a visit of the first service, then one of the second, which takes half as long. */
export function pairOf(sloSeconds = 0.4, more: Partial<SimulatedService> = {}): Application {
  return {
    name: 'pair',
    services: ['a', 'b'].map((name) => ({ ...SERVICE, ...more, name })),
    chains: [{ name: 'c', share: 1, root: call(0, 0.05, [call(1, 0.025)]), sloSeconds }],
  };
}

/** `rates`: requests/s of each minute. */
export function cellOf(
  application: Application,
  rates: readonly number[],
  events: readonly RunEvent[] = [],
): Cell {
  const random = seededRandom(5);
  const times = rates.flatMap((rate, minute) => {
    const inMinute = [];
    let at = 0;
    while (at < 60) {
      at += -Math.log(1 - random()) / rate;
      if (at < 60) inMinute.push(60 * minute + at);
    }
    return inMinute;
  });
  return {
    application,
    known: application,
    arrivals: { timesSeconds: Float64Array.from(times), chains: new Uint16Array(times.length) },
    events,
    durationSeconds: 60 * rates.length,
  };
}
