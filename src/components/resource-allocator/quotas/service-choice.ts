import { contentionOf } from './contention.ts';
import type { QuotaService, Shape } from './quota-problem.ts';
import type { ServiceLoad } from './service-load.ts';
import { contentionMiddles, delayMiddles, slowShare } from './slow-share.ts';
import { DELAYS, HIGHEST_UTILIZATION, LEAST_UTILIZATION, logDelayTail } from './throttling-delay.ts';

/** Utilisations that are looked at are this factor apart. */
const STEP = 1.05;
const NO_CONTENTION = { share: 0, decay: 0 };

const tail = new Float64Array(DELAYS);
const middles = new Float64Array(DELAYS - 1);

/** A service with so many instances: what each utilisation costs, and how many requests of each chain it makes slow. */
export class ServiceChoice {
  readonly instances: number;
  readonly #service: QuotaService;
  readonly #load: ServiceLoad;
  /** ln ρ of the points, ascending: the last one is the cheapest. */
  readonly #points: readonly number[];
  /** Of all instances at the points. */
  readonly #cores: Float64Array;
  /** By place in `load.chains`, then point: what one request of it meets by throttling in all its visits. */
  readonly #throttled: Float64Array;
  /** By place in `load.chains`: what it meets by waiting for cores, whatever the quota. */
  readonly #contended: Float64Array;
  readonly #costs: Float64Array;

  /** `weights`: of every chain of the problem (`delayWeights`). */
  constructor(
    service: QuotaService,
    load: ServiceLoad,
    instances: number,
    weights: readonly Float64Array[],
    highest: number,
  ) {
    this.instances = instances;
    this.#service = service;
    this.#load = load;
    const works = load.worksInPeriod(instances);
    this.#points = pointsOf(service, load.demand / instances, load.worksAlone(instances), highest);
    this.#costs = new Float64Array(this.#points.length);
    const work = load.workOf(instances);
    const contention = contentionOf(load.demand / instances, service.parallelism, work);
    contentionMiddles(contention, middles);
    this.#contended = Float64Array.from(
      load.chains,
      ({ chain, visits }) => visits * Math.min(1, slowShare(middles, weights[chain]!)),
    );
    const points = this.#points.length;
    this.#cores = Float64Array.from(this.#points, (logRho) => this.#coresOf(logRho));
    this.#throttled = new Float64Array(load.chains.length * points);
    for (let point = 0; point < points; point++) {
      logDelayTail(works, Math.exp(this.#points[point]!), tail);
      delayMiddles(tail, NO_CONTENTION, middles);
      for (let i = 0; i < load.chains.length; i++) {
        const { chain, visits } = load.chains[i]!;
        this.#throttled[i * points + point] = visits * slowShare(middles, weights[chain]!);
      }
    }
  }

  /** What is the least of cores and of slow requests at their prices; a place among the points, with fractions. */
  best(prices: Float64Array): { readonly place: number; readonly cost: number } {
    const costs = this.#costsAt(prices);
    let point = 0;
    for (let other = 1; other < costs.length; other++) if (costs[other]! < costs[point]!) point = other;
    const rest = this.instances * this.#service.instancePrice + this.priceOfContention(prices);
    if (point === 0 || costs.length < 3) return { place: point, cost: costs[point]! + rest };
    // The lowest point of the parabola through the three points around it, or the last three.
    const middle = Math.min(point, costs.length - 2);
    const before = costs[middle - 1]! - costs[middle]!;
    const after = costs[middle + 1]! - costs[middle]!;
    const bend = before + after;
    const shift = bend > 0 ? (before - after) / (2 * bend) : point - middle;
    if (shift >= 1) return { place: point, cost: costs[point]! + rest };
    return { place: middle + shift, cost: costs[middle]! - (bend * shift ** 2) / 2 + rest };
  }

  /** Of the points, without waits for cores. Valid until the next call. */
  #costsAt(prices: Float64Array): Float64Array {
    const { chains } = this.#load;
    const points = this.#points.length;
    const costs = this.#costs;
    costs.set(this.#cores);
    for (let i = 0; i < chains.length; i++) {
      const price = prices[chains[i]!.chain]!;
      const from = i * points;
      for (let point = 0; point < points; point++)
        costs[point] = costs[point]! + price * this.#throttled[from + point]!;
    }
    return costs;
  }

  /** Most that another number of instances could save by shorter waits for cores. */
  priceOfContention(prices: Float64Array): number {
    let price = 0;
    for (const [i, { chain }] of this.#load.chains.entries()) price += prices[chain]! * this.#contended[i]!;
    return price;
  }

  /** What requests of the chain at place `i` of the service's load meet by waiting for cores, as a share of them. */
  contendedAt(i: number): number {
    return this.#contended[i]!;
  }

  /** Between two points on a line in the logarithms. */
  #throttledAt(i: number, place: number): number {
    const below = Math.floor(place);
    const at = i * this.#points.length + below;
    const low = this.#throttled[at]!;
    return place === below ? low : interpolated(low, this.#throttled[at + 1]!, place - below);
  }

  /** Of all instances. */
  coresAt(place: number): number {
    return this.#coresOf(this.#logRhoAt(place));
  }

  #coresOf(logRho: number): number {
    return this.#load.demand / Math.exp(logRho);
  }

  #logRhoAt(place: number): number {
    const below = Math.floor(place);
    const share = place - below;
    const low = this.#points[below]!;
    return share === 0 ? low : (1 - share) * low + share * this.#points[below + 1]!;
  }

  /** Adds what requests of each chain meet here by throttling and by waiting for cores. */
  addTo(throttled: Float64Array, contended: Float64Array, place: number): void {
    for (let i = 0; i < this.#load.chains.length; i++) {
      const { chain } = this.#load.chains[i]!;
      throttled[chain]! += this.#throttledAt(i, place);
      contended[chain]! += this.#contended[i]!;
    }
  }

  /** What requests of the chain at place `i` of the service's load meet. */
  shareOf(i: number, place: number): number {
    return this.#throttledAt(i, place) + this.#contended[i]!;
  }

  shapeAt(place: number): Shape {
    const { minCpu, maxCpu, quantum } = this.#service;
    const steps = Math.ceil(this.coresAt(place) / this.instances / quantum - 1e-6);
    // Multiples of 0.01 are not exact in binary; nine decimals are far below any quantum.
    const cpu = Math.round(steps * quantum * 1e9) / 1e9;
    return { cpu: Math.min(maxCpu, Math.max(minCpu, cpu)), instances: this.instances };
  }
}

/** On a line in the logarithm. */
function interpolated(low: number, high: number, share: number): number {
  return low > 0 && high > 0 ? low * (high / low) ** share : (1 - share) * low + share * high;
}

/** A quota of so many m is enough for any single visit. */
const AMPLE_QUOTA = 4;

/** ln ρ from the largest instance that is of use, or an ample one, to the smallest instance, or `highest`. */
function pointsOf(
  { minCpu, maxCpu, parallelism }: QuotaService,
  demand: number,
  works: number,
  highest: number,
): readonly number[] {
  const most = demand / Math.min(maxCpu, parallelism);
  const last = Math.min(highest, HIGHEST_UTILIZATION, demand / minCpu);
  const first = Math.max(most, Math.min(last, LEAST_UTILIZATION, works / AMPLE_QUOTA));
  if (first >= last) return [Math.log(first)];
  const count = Math.ceil(Math.log(last / first) / Math.log(STEP)) + 1;
  const step = Math.log(last / first) / (count - 1);
  return Array.from({ length: count }, (_, i) => Math.log(first) + i * step);
}
