/**
 * Whether a service is better off with another number of instances, at given prices of slow requests. One more is of use for
 * its cores, fewer for what an instance costs; quotas alone are shared best by one.
 */
import { isCrowded, type QuotaChain, type QuotaService } from './quota-problem.ts';
import type { ServiceChoice } from './service-choice.ts';
import type { ServiceLoad } from './service-load.ts';

/** One instance more must save this share of what the service costs, and fewer of them that one: loads go up and down. */
const WORTH_A_START = 0.05;
const WORTH_A_STOP = 0.1;

/** Most that are added at once where waits for cores use a budget up, as a factor. */
const A_QUARTER_MORE = 1.25;

export interface NumberOptions {
  readonly service: QuotaService;
  readonly load: ServiceLoad;
  /** What it has. */
  readonly choice: ServiceChoice;
  readonly chains: readonly QuotaChain[];
  /** By chain, of a slow request, in cores. */
  readonly prices: Float64Array;
  /** By chain: the most that a slow request may be worth. */
  readonly dearest: Float64Array;
  /** By chain: share of its requests that is slow for want of cores, in all services. */
  readonly contended: Float64Array;
  /** Fewest that carry the load; may have fractions. */
  readonly least: number;
  /** Highest ρ. */
  readonly highest: number;
  /** Instead of the shares above. */
  readonly worthAnInstance?: number | undefined;
  choiceOf(instances: number): ServiceChoice;
}

/** The cheapest of fewer, or else of more, that saves enough. */
export function betterNumber(options: NumberOptions): ServiceChoice | undefined {
  return fewer(options) ?? more(options);
}

/** One less, or half of them, and so on: what one saves may be next to nothing, and yet ten are far too many. */
function fewer(options: NumberOptions): ServiceChoice | undefined {
  const { choice, worthAnInstance } = options;
  const numbers = new Set([choice.instances - 1]);
  for (let half = choice.instances; half > 2; ) {
    half = Math.ceil(half / 2);
    numbers.add(half);
  }
  return cheapest(options, numbers, worthAnInstance ?? WORTH_A_STOP);
}

/** One more; where waits for cores use the budget of a chain up, as few as end that, or up to a quarter more. */
function more(options: NumberOptions): ServiceChoice | undefined {
  const { choice, load, prices, contended, dearest, worthAnInstance } = options;
  const { instances } = choice;
  const crowded = load.chains.filter(({ chain }) => isCrowded(options.chains[chain]!, contended[chain]!));
  if (crowded.length > 0) {
    // Prices are of throttling, of which there may be none.
    const steep = prices.slice();
    for (const { chain } of crowded) steep[chain] = dearest[chain]!;
    const some = { ...options, prices: steep };
    const one = cheapest(some, [instances + 1], 0);
    const most = Math.ceil(A_QUARTER_MORE * instances);
    const isEnough = most === instances + 1 || (one !== undefined && !crowds(options, one));
    return isEnough ? one : (cheapest(some, [most], 0) ?? one);
  }
  const share = worthAnInstance ?? WORTH_A_START;
  const worth = share * choice.coresAt(choice.best(prices).place);
  return choice.priceOfContention(prices) < worth ? undefined : cheapest(options, [instances + 1], share);
}

function cheapest(
  options: NumberOptions,
  numbers: Iterable<number>,
  worth: number,
): ServiceChoice | undefined {
  const { service, load, choice, prices, highest, least } = options;
  const present = choice.best(prices);
  let best: ServiceChoice | undefined;
  let cost = present.cost - worth * choice.coresAt(present.place);
  for (const number of numbers) {
    if (number < Math.max(service.minInstances, least) || number > service.maxInstances) continue;
    // It cannot cost less than that.
    if (load.demand / highest + number * service.instancePrice >= cost) continue;
    const other = options.choiceOf(number);
    const found = other.best(prices).cost;
    if (found >= cost || (number < choice.instances && crowds(options, other))) continue;
    best = other;
    cost = found;
  }
  return best;
}

/** Whether waits for cores would leave too little of a chain's budget, which this service adds to. Prices tell of throttling alone. */
function crowds({ choice, load, chains, contended }: NumberOptions, other: ServiceChoice): boolean {
  return load.chains.some(({ chain }, i) => {
    const here = other.contendedAt(i);
    return here > 0 && isCrowded(chains[chain]!, contended[chain]! - choice.contendedAt(i) + here);
  });
}
