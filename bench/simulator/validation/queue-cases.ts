/** The queues that the simulator is held to: M/M/1, M/M/c, M/G/1 with processor sharing, a Jackson network, a fork-join. */
import type { Application, Call, Shape, SimulatedService } from '../application.ts';
import {
  customersFor,
  forkJoinMeanSeconds,
  mmcMeanSeconds,
  mmcQuantileSeconds,
  processorSharingMeanSeconds,
} from './closed-forms.ts';
import { type Figure, type QueueCase, SIZE_BOUNDS } from './queue-case.ts';

const SERVICE_SECONDS = 0.001;
/** Relative standard error that runs are long enough for: a quarter of the 2 % that is asked. */
const STANDARD_ERROR = 0.005;
const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

/** `scale` 1: long enough to judge; less for a look. */
export function queueCases(scale: number): QueueCase[] {
  const length = (load: number) => Math.ceil(scale * customersFor(load, STANDARD_ERROR));
  return [
    ...[0.3, 0.5, 0.7, 0.8, 0.9].map((load) => multiServer(1, load, length(load))),
    ...[2, 4, 8].flatMap((servers) => [0.5, 0.8].map((load) => multiServer(servers, load, length(load)))),
    ...[0.5, 0.8].flatMap((load) => [0.6, 1.2].map((sigma) => processorSharing(load, sigma, length(load)))),
    jackson(length(0.7)),
    ...[0.5, 0.8].map((load) => forkJoin(load, length(load))),
  ];
}

function multiServer(servers: number, load: number, requests: number): QueueCase {
  return {
    name: `M/M/${servers}, load ${load}`,
    application: application([service('queue', servers)], [call(0)]),
    initial: [shape(servers)],
    requestsPerSecond: (servers * load) / SERVICE_SECONDS,
    requests,
    figures: [
      mean(mmcMeanSeconds(servers, load, SERVICE_SECONDS)),
      ...QUANTILES.map(
        (quantile) =>
          ({
            name: `p${100 * quantile}`,
            expected: mmcQuantileSeconds(servers, load, SERVICE_SECONDS, quantile),
            of: ({ requests: [sample] }) => sample!.quantileSeconds(quantile),
          }) satisfies Figure,
      ),
    ],
  };
}

/** The mean of all, and of visits of each size, which theory has grow in proportion to the size. */
function processorSharing(load: number, sigma: number, requests: number): QueueCase {
  const sizes = ['smallest', 'small', 'large', 'largest'].slice(0, SIZE_BOUNDS.length + 1);
  return {
    name: `M/G/1-PS, lognormal sigma ${sigma}, load ${load}`,
    application: application(
      [{ ...service('queue', 1), threads: Infinity }],
      [{ ...call(0), sigma, distribution: 'lognormal' }],
    ),
    initial: [shape(1)],
    requestsPerSecond: load / SERVICE_SECONDS,
    // Demands that spread more than exponential ones take longer to average out.
    requests: requests * Math.max(1, Math.exp(sigma * sigma) - 1),
    figures: [
      mean(processorSharingMeanSeconds(load, SERVICE_SECONDS)),
      ...sizes.map(
        (name, size) =>
          ({
            name: `slowdown of the ${name}`,
            expected: processorSharingMeanSeconds(load, 1),
            of: (run) => run.sizes.self[size]! / run.sizes.cpu[size]!,
          }) satisfies Figure,
      ),
    ],
  };
}

/**
 * Two chains through three services, exponential and first come, first served: each service is an M/M/1 on its own (J. R. Jackson,
 * "Networks of waiting lines", Operations Research 5, 1957), and a chain's mean the sum of theirs.
 */
function jackson(requests: number): QueueCase {
  const shares = [0.6, 0.4] as const;
  const loads = [0.7, 0.7 * shares[0], 0.7] as const;
  const seconds = loads.map((load) => mmcMeanSeconds(1, load, SERVICE_SECONDS));
  return {
    name: 'Jackson network of three M/M/1, two chains',
    application: {
      name: 'network',
      services: loads.map((_, place) => service(`queue ${place}`, 1)),
      chains: [
        {
          name: 'long',
          share: shares[0],
          sloSeconds: 1,
          root: { ...call(0), stages: [[call(1)], [call(2)]] },
        },
        { name: 'short', share: shares[1], sloSeconds: 1, root: { ...call(0), stages: [[call(2)]] } },
      ],
    },
    initial: loads.map(() => shape(1)),
    requestsPerSecond: 0.7 / SERVICE_SECONDS,
    requests,
    figures: [
      mean(seconds[0]! + seconds[1]! + seconds[2]!, 0, 'mean of the long chain'),
      mean(seconds[0]! + seconds[2]!, 1, 'mean of the short chain'),
    ],
  };
}

function forkJoin(load: number, requests: number): QueueCase {
  const root: Call = { ...call(0), demandSeconds: 0, stages: [[call(1), call(2)]] };
  return {
    name: `fork-join of two M/M/1, load ${load}`,
    application: application([service('fork', Infinity), service('left', 1), service('right', 1)], [root]),
    initial: [shape(1), shape(1), shape(1)],
    requestsPerSecond: load / SERVICE_SECONDS,
    requests,
    figures: [mean(forkJoinMeanSeconds(load, SERVICE_SECONDS))],
  };
}

function mean(expected: number, chain = 0, name = 'mean'): Figure {
  return { name, expected, of: ({ requests }) => requests[chain]!.meanSeconds() };
}

function application(services: readonly SimulatedService[], roots: readonly Call[]): Application {
  const chains = roots.map((root, chain) => ({ name: `chain ${chain}`, share: 1, root, sloSeconds: 1 }));
  return { name: 'queue', services, chains };
}

/** As many threads as cores: whoever is served has a core to itself. */
function service(name: string, servers: number): SimulatedService {
  return {
    name,
    parallelism: Number.isFinite(servers) ? servers : 1,
    threads: servers,
    queueLimit: Infinity,
    baseMemory: 0,
    memoryPerVisit: 0,
    minCpu: 0.1,
    maxCpu: 100,
    minMemory: 1,
    maxMemory: 1,
    minInstances: 1,
    maxInstances: 1,
  };
}

/** Never throttled: the quota is all that the threads can use. */
function shape(cpu: number): Shape {
  return { cpu, memory: 1, instances: 1 };
}

function call(place: number): Call {
  return {
    service: place,
    demandSeconds: SERVICE_SECONDS,
    sigma: 0,
    distribution: 'exponential',
    waitSeconds: 0,
    errorRatio: 0,
    stages: [],
  };
}
