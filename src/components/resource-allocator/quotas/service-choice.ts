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
  /** Of all instances at the points, that they are paid for. */
  readonly #cores: Float64Array;
  /** By place in `load.chains`, then point: what one request of it meets by throttling in all its visits. */
  readonly #throttled: Float64Array;
  /** By place in `load.chains`: what it meets by waiting for cores, whatever the quota. */
  readonly #contended: Float64Array;
  /** Point that was best last: at prices that change little the next one is near. */
  #point: number;

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
    this.#points = pointsOf(service, load.demand / instances, highest);
    this.#point = this.#points.length - 1;
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
    const works = load.worksInPeriod(instances);
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
    const point = this.#bestPoint(prices);
    const cost = this.#costAt(point, prices);
    const contention = this.#costOfContention(prices);
    if (point === 0 || point === this.#points.length - 1) return { place: point, cost: cost + contention };
    // The lowest point of the parabola through the three points around it.
    const before = this.#costAt(point - 1, prices) - cost;
    const after = this.#costAt(point + 1, prices) - cost;
    const bend = before + after;
    const shift = bend > 0 ? (before - after) / (2 * bend) : 0;
    return { place: point + shift, cost: cost - (bend * shift ** 2) / 2 + contention };
  }

  /** Downhill from where it was last: cores fall and slow requests rise along the points, both convex. */
  #bestPoint(prices: Float64Array): number {
    let point = this.#point;
    let cost = this.#costAt(point, prices);
    for (let direction = -1; direction <= 1; direction += 2) {
      for (let next = point + direction; next >= 0 && next < this.#points.length; next += direction) {
        const other = this.#costAt(next, prices);
        if (other > cost) break;
        cost = other;
        point = next;
      }
    }
    this.#point = point;
    return point;
  }

  /** Without waits for cores. */
  #costAt(point: number, prices: Float64Array): number {
    return this.#cores[point]! + this.#priceOfThrottling(point, prices);
  }

  #priceOfThrottling(point: number, prices: Float64Array): number {
    const { chains } = this.#load;
    const points = this.#points.length;
    let price = 0;
    for (let i = 0; i < chains.length; i++)
      price += prices[chains[i]!.chain]! * this.#throttled[i * points + point]!;
    return price;
  }

  #costOfContention(prices: Float64Array): number {
    let cost = this.instances * this.#service.instancePrice;
    for (const [i, { chain }] of this.#load.chains.entries()) cost += prices[chain]! * this.#contended[i]!;
    return cost;
  }

  /** Most that another number of instances could save by shorter waits for cores. */
  priceOfContention(prices: Float64Array): number {
    return this.#costOfContention(prices) - this.instances * this.#service.instancePrice;
  }

  /** Between two points on a line in the logarithms. */
  #throttledAt(i: number, place: number): number {
    const below = Math.floor(place);
    const at = i * this.#points.length + below;
    const low = this.#throttled[at]!;
    return place === below ? low : interpolated(low, this.#throttled[at + 1]!, place - below);
  }

  /** Of all instances, that they are paid for. */
  coresAt(place: number): number {
    return this.#coresOf(this.#logRhoAt(place));
  }

  #coresOf(logRho: number): number {
    return this.#load.demand / Math.exp(logRho) / this.#service.quotaPerCpu;
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

/** ln ρ from the largest instance that is of use, or the least utilisation, to the smallest instance, or `highest`. */
function pointsOf(
  { minCpu, maxCpu, parallelism, quotaPerCpu }: QuotaService,
  demand: number,
  highest: number,
): readonly number[] {
  const most = demand / Math.min(quotaPerCpu * maxCpu, parallelism);
  const last = Math.min(highest, HIGHEST_UTILIZATION, demand / (quotaPerCpu * minCpu));
  const first = Math.max(most, Math.min(last, LEAST_UTILIZATION));
  if (first >= last) return [Math.log(first)];
  const count = Math.ceil(Math.log(last / first) / Math.log(STEP)) + 1;
  const step = Math.log(last / first) / (count - 1);
  return Array.from({ length: count }, (_, i) => Math.log(first) + i * step);
}
