import { contentionOf } from './contention.ts';
import type { QuotaService, Shape } from './quota-problem.ts';
import type { ServiceLoad } from './service-load.ts';
import { contentionMiddles, delayMiddles, slowShare } from './slow-share.ts';
import { DELAYS, HIGHEST_UTILIZATION, LEAST_UTILIZATION, logDelayTail } from './throttling-delay.ts';

/** Utilisations that are looked at are this factor apart. */
const STEP = 1.04;
/** Golden section between two of them: this many cuts leave less than a thousandth of a step. */
const CUTS = 8;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
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
  /** By place in `load.chains` and point: what one request of it meets by throttling in all its visits. */
  readonly #throttled: readonly Float64Array[];
  /** By place in `load.chains`: what it meets by waiting for cores, whatever the quota. */
  readonly #contended: readonly number[];

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
    this.#points = pointsOf(service, load.demand / instances, works, highest);
    const work = load.workOf(instances);
    const contention = contentionOf(load.demand / instances, service.parallelism, work);
    contentionMiddles(contention, middles);
    this.#contended = load.chains.map(
      ({ chain, visits }) => visits * Math.min(1, slowShare(middles, weights[chain]!)),
    );
    this.#throttled = load.chains.map(() => new Float64Array(this.#points.length));
    for (const [point, logRho] of this.#points.entries()) {
      logDelayTail(works, Math.exp(logRho), tail);
      delayMiddles(tail, NO_CONTENTION, middles);
      for (const [place, { chain, visits }] of load.chains.entries())
        this.#throttled[place]![point] = visits * slowShare(middles, weights[chain]!);
    }
  }

  /** What is the least of cores and of slow requests at their prices; a place among the points, with fractions. */
  best(prices: Float64Array): { readonly place: number; readonly cost: number } {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let point = 0; point < this.#points.length; point++) {
      const cost = this.#costAt(point, prices);
      if (cost < least) {
        least = cost;
        best = point;
      }
    }
    let low = Math.max(0, best - 1);
    let high = Math.min(this.#points.length - 1, best + 1);
    for (let cut = 0; cut < CUTS; cut++) {
      const left = high - GOLDEN * (high - low);
      const right = low + GOLDEN * (high - low);
      if (this.#costAt(left, prices) <= this.#costAt(right, prices)) high = right;
      else low = left;
    }
    const place = (low + high) / 2;
    const cost = this.#costAt(place, prices);
    const found = cost < least ? { place, cost } : { place: best, cost: least };
    return { ...found, cost: found.cost + this.#costOfContention(prices) };
  }

  #costAt(place: number, prices: Float64Array): number {
    let cost = this.coresAt(place);
    for (const [i, { chain }] of this.#load.chains.entries())
      cost += prices[chain]! * this.#throttledAt(i, place);
    return cost;
  }

  #costOfContention(prices: Float64Array): number {
    let cost = this.instances * this.#service.instancePrice;
    for (const [i, { chain }] of this.#load.chains.entries()) cost += prices[chain]! * this.#contended[i]!;
    return cost;
  }

  /** Between two points on a line in the logarithms. */
  #throttledAt(i: number, place: number): number {
    const values = this.#throttled[i]!;
    const below = Math.floor(place);
    const share = place - below;
    const low = values[below]!;
    if (share === 0) return low;
    const high = values[below + 1]!;
    return low > 0 && high > 0 ? low * (high / low) ** share : (1 - share) * low + share * high;
  }

  /** That all instances are paid for. */
  coresAt(place: number): number {
    return this.#load.demand / Math.exp(this.#logRhoAt(place)) / this.#service.quotaPerCpu;
  }

  #logRhoAt(place: number): number {
    const below = Math.floor(place);
    const share = place - below;
    const low = this.#points[below]!;
    return share === 0 ? low : (1 - share) * low + share * this.#points[below + 1]!;
  }

  /** Adds what requests of each chain meet here by throttling and by waiting for cores. */
  addTo(throttled: Float64Array, contended: Float64Array, place: number): void {
    for (const [i, { chain }] of this.#load.chains.entries()) {
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

/** A quota of so many m is enough for any single visit. */
const AMPLE_QUOTA = 4;

/** ln ρ from the largest instance that is of use, or an ample one, to the smallest instance, or `highest`. */
function pointsOf(
  { minCpu, maxCpu, parallelism, quotaPerCpu }: QuotaService,
  demand: number,
  works: number,
  highest: number,
): readonly number[] {
  const most = demand / Math.min(quotaPerCpu * maxCpu, parallelism);
  const last = Math.min(highest, HIGHEST_UTILIZATION, demand / (quotaPerCpu * minCpu));
  const first = Math.max(most, Math.min(last, LEAST_UTILIZATION, works / AMPLE_QUOTA));
  if (first >= last) return [Math.log(first)];
  const count = Math.ceil(Math.log(last / first) / Math.log(STEP)) + 1;
  const step = Math.log(last / first) / (count - 1);
  return Array.from({ length: count }, (_, i) => Math.log(first) + i * step);
}
