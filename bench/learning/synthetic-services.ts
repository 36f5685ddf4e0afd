import type { PairWindow, ServiceWindow } from '../../src/models/metrics.ts';
import type { Random } from '../../src/models/ports.ts';

/** Truth of one chain at one service. */
export interface TruePair {
  readonly chain: string;
  /** d, core-seconds of a visit. */
  readonly demand: number;
  /** a, s. */
  readonly floor: number;
  /** b, s. */
  readonly queueing: number;
  /** Mean own time at no load over the demand: how much a visit waits for other things than CPU. */
  readonly ownTimePerDemand: number;
}

/** Truth of one service: L = floor + queueing·ρ^exponent/(u^verticalExponent·(1−ρ)). */
export interface TrueService {
  readonly id: string;
  readonly exponent: number;
  readonly verticalExponent: number;
  readonly instances: number;
  /** Sizes of an instance that it runs with, one window after the other, cores. */
  readonly cpus: readonly number[];
  readonly pairs: readonly TruePair[];
}

export interface SyntheticOptions {
  readonly services?: number;
  readonly chains?: number;
  /** k and η of every service are drawn from these. */
  readonly exponents?: readonly [number, number];
  readonly verticalExponents?: readonly [number, number];
  /** How many sizes of an instance each service is seen with. */
  readonly sizes?: number;
}

export function syntheticServices(random: Random, options: SyntheticOptions = {}): TrueService[] {
  const { services = 20, chains = 5, sizes = 1 } = options;
  const { exponents = [1, 1], verticalExponents = [0.5, 0.5] } = options;
  return Array.from({ length: services }, (_, s) => ({
    id: `service-${s}`,
    exponent: between(exponents, random),
    verticalExponent: between(verticalExponents, random),
    instances: 1 + Math.floor(4 * random()),
    cpus: Array.from({ length: sizes }, () => 0.5 * (1 + Math.floor(6 * random()))),
    pairs: Array.from({ length: chains }, (_, c) => truePair(`chain-${c}`, random)),
  }));
}

function truePair(chain: string, random: Random): TruePair {
  const demand = logarithmic([0.001, 0.02], random);
  const floor = demand * between([1, 4], random);
  return {
    chain,
    demand,
    floor,
    queueing: floor * between([0.5, 3], random),
    ownTimePerDemand: between([1, 3], random),
  };
}

/** What comes between the truth and what is measured. */
export interface Disturbance {
  /** Standard deviation of the logarithm. */
  readonly noise: number;
  /** Share of garbage: of latencies, which are 3 to 10 times the truth, and of CPU, which is 0.1 to 10 times. */
  readonly garbage: number;
  /** Factor on the CPU of everything, and the latency with it. */
  readonly drift?: number;
}

export interface Load {
  /** Lowest and highest utilisation. */
  readonly utilization: readonly [number, number];
  readonly hasCpu?: boolean;
}

/** Window number `index` of a service under a random load. */
export function syntheticWindow(
  service: TrueService,
  index: number,
  { noise, garbage, drift = 1 }: Disturbance,
  { utilization, hasCpu = true }: Load,
  random: Random,
): ServiceWindow {
  const cpu = service.cpus[index % service.cpus.length]!;
  const target = between(utilization, random);
  const rates = ratesFor(service, target, cpu, random);
  const measured = () => Math.exp(noise * normal(random));
  const isGarbage = () => random() < garbage;
  const rho = Math.min(0.99, utilizationOf(service, rates, cpu) * drift);
  const used = rho * cpu * service.instances * measured();
  const pairs = service.pairs.map((pair, c): PairWindow => {
    const factor = measured() * (isGarbage() ? logarithmic([3, 10], random) : 1);
    const latency = drift * trueLatency(service, pair, rho, cpu) * factor;
    return {
      chain: pair.chain,
      ratePerSecond: rates[c]!,
      requests: Math.round(rates[c]! * 60),
      errorRatio: 0,
      percentileSeconds: latency,
      meanSeconds: ((drift * pair.demand * pair.ownTimePerDemand) / (1 - rho)) * factor,
    };
  });
  return {
    service: service.id,
    startSeconds: 60 * index,
    lengthSeconds: 60,
    capacity: { cpu, memory: 512, instances: service.instances, source: 'applied', sinceSeconds: 0 },
    ...(hasCpu && { cpuUsedCores: isGarbage() ? used * logarithmic([0.1, 10], random) : used }),
    pairs,
  };
}

/** Rates with which the service has that utilisation; every chain's share is drawn anew. */
export function ratesFor(service: TrueService, utilization: number, cpu: number, random: Random): number[] {
  const weights = service.pairs.map(() => logarithmic([0.2, 1], random));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const cores = utilization * cpu * service.instances;
  return service.pairs.map(({ demand }, c) => (cores * weights[c]!) / (total * demand));
}

export function utilizationOf(service: TrueService, rates: readonly number[], cpu: number): number {
  const cores = service.pairs.reduce((sum, { demand }, c) => sum + rates[c]! * demand, 0);
  return cores / (cpu * service.instances);
}

export function trueLatency(service: TrueService, pair: TruePair, rho: number, cpu: number): number {
  return (
    pair.floor + (pair.queueing * rho ** service.exponent) / (cpu ** service.verticalExponent * (1 - rho))
  );
}

/** The same service with other demands. */
export function withDemand(service: TrueService, factor: number): TrueService {
  return { ...service, pairs: service.pairs.map((pair) => ({ ...pair, demand: factor * pair.demand })) };
}

/** The same service with other latencies: a slower dependency, another version. */
export function withFloor(service: TrueService, factor: number): TrueService {
  return { ...service, pairs: service.pairs.map((pair) => ({ ...pair, floor: factor * pair.floor })) };
}

/** Standard normal by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function between([low, high]: readonly [number, number], random: Random): number {
  return low + (high - low) * random();
}

function logarithmic([low, high]: readonly [number, number], random: Random): number {
  return low * (high / low) ** random();
}
