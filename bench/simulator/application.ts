/**
 * What is simulated: services, and chains as trees of calls through them. Plain data; services and chains are known by
 * their place in the arrays. Units: cores, MiB, s.
 */

export interface SimulatedService {
  readonly name: string;
  /** Cores that the threads of one instance can use at once, whatever its quota. */
  readonly parallelism: number;
  /** Visits that one instance works on at once; more wait in its queue, first in, first out. Infinity: no queue. */
  readonly threads: number;
  /** Visits that wait at one instance at most; the next one fails at once. */
  readonly queueLimit: number;
  /** Working set of an idle instance. */
  readonly baseMemory: number;
  /** What each visit that is present adds to it. */
  readonly memoryPerVisit: number;
  /** What policies may give one instance, and how many instances. */
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minMemory: number;
  readonly maxMemory: number;
  readonly minInstances: number;
  readonly maxInstances: number;
}

/** One visit of a service, and the visits that it causes: stages in sequence, the calls of a stage in parallel. */
export interface Call {
  readonly service: number;
  /** Mean CPU of the visit, core-seconds; lognormal around it. */
  readonly demandSeconds: number;
  /** Standard deviation of the demand's logarithm; 0: always the mean. */
  readonly sigma: number;
  /** `lognormal` by default; `exponential` ignores `sigma`. */
  readonly distribution?: 'lognormal' | 'exponential';
  /** Mean time without CPU after the visit's own work; 0: none. */
  readonly waitSeconds: number;
  /** `exponential` by default; `uniform`: between half and one and a half times the mean. */
  readonly waitDistribution?: 'exponential' | 'uniform';
  /** Probability that the visit answers with an error, without calling anybody. */
  readonly errorRatio: number;
  /** Calls after the visit's own work and wait. The visit is answered when the last stage is. */
  readonly stages: readonly (readonly Call[])[];
}

export interface SimulatedChain {
  readonly name: string;
  /** Share of all requests; the shares of all chains add up to 1. */
  readonly share: number;
  readonly root: Call;
  /** Bound of the end-to-end p95, s. */
  readonly sloSeconds: number;
}

export interface Application {
  readonly name: string;
  readonly services: readonly SimulatedService[];
  readonly chains: readonly SimulatedChain[];
}

/** What a service runs with: cores and MiB of one instance, and how many. */
export interface Shape {
  readonly cpu: number;
  readonly memory: number;
  readonly instances: number;
}

/** Requests in the order of their arrival, s from the start; `chains[i]` is the chain of the i-th. */
export interface Arrivals {
  readonly timesSeconds: Float64Array;
  readonly chains: Uint16Array;
}

export function visitsOf(call: Call): number {
  return 1 + call.stages.flat().reduce((sum, child) => sum + visitsOf(child), 0);
}

/** The same arrivals; an error when they are out of order or of chains that are not there. */
export function checkedArrivals(arrivals: Arrivals, { chains }: Application): Arrivals {
  const { timesSeconds } = arrivals;
  if (arrivals.chains.length !== timesSeconds.length) throw new RangeError('a chain for each arrival');
  for (let request = 0; request < timesSeconds.length; request++) {
    if (!(timesSeconds[request]! >= (request === 0 ? 0 : timesSeconds[request - 1]!))) {
      throw new RangeError(`arrival ${request} is out of order`);
    }
    if (arrivals.chains[request]! >= chains.length) throw new RangeError(`arrival ${request} has no chain`);
  }
  return arrivals;
}
