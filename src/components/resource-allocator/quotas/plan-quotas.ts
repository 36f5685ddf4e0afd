/**
 * The cheapest quotas under which no chain has more slow requests than its budget:
 *
 *     min Σ n·u   with   Σ over the services of a chain of its slow requests there ≤ budget, for each chain
 *
 * Each chain has a price for its slow requests; at given prices every service is sized by itself, at the utilisation where
 * what another core would save is worth as much as it costs (Lagrangian relaxation; Everett, Generalized Lagrange multiplier
 * method, Operations Research 11, 1963). Shares fall about exponentially with the slack, so that a chain's share is about
 * inverse to its price: prices are multiplied by how far the share is over the budget, until all agree.
 */
import { betterNumber } from './number-of-instances.ts';
import {
  isCrowded,
  LEAST_FOR_THROTTLING,
  type PlannedShare,
  type QuotaChain,
  type QuotaPlan,
  type QuotaService,
  type Shape,
} from './quota-problem.ts';
import { ServiceChoice } from './service-choice.ts';
import { type ServiceLoad, serviceLoads } from './service-load.ts';
import { delayWeights } from './slow-share.ts';
import { PERIOD_SECONDS } from './throttling-delay.ts';

const MOST_ROUNDS = 60;
/** Shares are this near to their budgets at the end, as a factor. */
const NEAR = 0.01;
/** Exponent with which a price follows the share over the budget, and the most it does at once. */
const PACE = 0.7;
const LARGEST_STEP = 4;

/** Numbers of instances are looked at so many times. */
const INSTANCE_ROUNDS = 3;
/** The same, where the search begins with the fewest that carry the load. */
const ROUNDS_FROM_LEAST = 10;

/** Prices below this share of the dearest are nothing. */
const CHEAPEST = 1e-6;

/** Services that are said to bind a chain make this share of its slow requests together. */
const MOST_OF_THEM = 0.5;

export interface QuotaOptions {
  /** As few instances as can be: what there are now is no reason, and one more must save so much of what its service costs. */
  readonly worthAnInstance?: number;
  /** Highest ρ. */
  readonly highest: number;
  /** By chain: where the search begins; what it ends with is put in. */
  readonly prices?: Map<string, number>;
}

export function planQuotas(
  services: readonly QuotaService[],
  chains: readonly QuotaChain[],
  options: QuotaOptions,
): QuotaPlan {
  const search = new Search(services, chains, options);
  search.run();
  return search.plan();
}

class Search {
  readonly #services: readonly QuotaService[];
  readonly #chains: readonly QuotaChain[];
  readonly #options: QuotaOptions;
  readonly #loads: readonly ServiceLoad[];
  /** Place of a service by its id. */
  readonly #indices: ReadonlyMap<string, number>;
  readonly #weights: readonly Float64Array[];
  /** By service; undefined for those that are not planned. */
  readonly #choices: (ServiceChoice | undefined)[];
  readonly #places: Float64Array;
  readonly #prices: Float64Array;
  /** A budget is worth no more than the cores that are busy on its chain: what cannot be met is no reason for all there is. */
  readonly #dearest: Float64Array;
  readonly #throttled: Float64Array;
  readonly #contended: Float64Array;

  constructor(services: readonly QuotaService[], chains: readonly QuotaChain[], options: QuotaOptions) {
    this.#services = services;
    this.#chains = chains;
    this.#options = options;
    this.#loads = serviceLoads(services, chains);
    this.#indices = new Map(services.map(({ id }, s) => [id, s]));
    this.#weights = chains.map(({ slackSeconds, weights }) => weights ?? delayWeights(slackSeconds));
    this.#choices = services.map((service, s) =>
      service.isFixed || this.#loads[s]!.demand <= 0 ? undefined : this.#choiceOf(s, this.#firstInstances(s)),
    );
    this.#places = new Float64Array(services.length);
    this.#throttled = new Float64Array(chains.length);
    this.#contended = new Float64Array(chains.length);
    this.#dearest = new Float64Array(chains.length);
    for (const load of this.#loads) {
      for (const { chain } of load.chains) {
        const { slackSeconds, budget } = chains[chain]!;
        // Of rare requests it is what one of them needs to be through in time, which runs on one core.
        const alone = Math.min(1, load.workOf(1) / Math.max(slackSeconds, PERIOD_SECONDS));
        const cores = Math.max(load.demand, alone);
        this.#dearest[chain]! += cores / budget;
      }
    }
    this.#prices = Float64Array.from(
      chains,
      ({ id }, c) => options.prices?.get(id) ?? 0.1 * this.#dearest[c]!,
    );
  }

  run(): void {
    this.#settle();
    const rounds = this.#options.worthAnInstance === undefined ? INSTANCE_ROUNDS : ROUNDS_FROM_LEAST;
    for (let round = 0; round < rounds && this.#changeInstances(); round++) this.#settle();
    this.#options.prices?.clear();
    for (const [c, { id }] of this.#chains.entries()) this.#options.prices?.set(id, this.#prices[c]!);
  }

  plan(): QuotaPlan {
    const shapes = new Map<string, Shape>();
    for (const [s, service] of this.#services.entries()) shapes.set(service.id, this.#shapeOf(service, s));
    return {
      shapes,
      chains: new Map(this.#chains.map(({ id }, c): [string, PlannedShare] => [id, this.#shareOf(c)])),
    };
  }

  #choiceOf(s: number, instances: number): ServiceChoice {
    return new ServiceChoice(
      this.#services[s]!,
      this.#loads[s]!,
      instances,
      this.#weights,
      this.#options.highest,
    );
  }

  /** As many as there are, and as many as can carry the load. */
  #firstInstances(s: number): number {
    const { present, minInstances, maxInstances } = this.#services[s]!;
    const least = Math.ceil(this.#leastInstances(s) - 1e-9);
    const now = this.#options.worthAnInstance === undefined ? present.instances : 0;
    return Math.min(maxInstances, Math.max(minInstances, now, least));
  }

  /** Prices at which every chain's share is its budget, or costs nothing more. */
  #settle(): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#respond();
      let isNear = true;
      for (const [c, { budget }] of this.#chains.entries()) {
        const over = this.#throttled[c]! / this.#roomOf(c, budget);
        const next = this.#priceAfter(c, over);
        if (Math.abs(Math.log(next / this.#prices[c]!)) > NEAR) isNear = false;
        this.#prices[c] = next;
      }
      if (isNear) return;
    }
  }

  #priceAfter(c: number, over: number): number {
    const step = Math.min(LARGEST_STEP, Math.max(1 / LARGEST_STEP, over ** PACE));
    return Math.min(this.#dearest[c]!, Math.max(CHEAPEST * this.#dearest[c]!, this.#prices[c]! * step));
  }

  #roomOf(c: number, budget: number): number {
    return Math.max(LEAST_FOR_THROTTLING * budget, budget - this.#contended[c]!);
  }

  /** What every service does at these prices. */
  #respond(): void {
    this.#throttled.fill(0);
    this.#contended.fill(0);
    for (const [s, choice] of this.#choices.entries()) {
      if (choice === undefined) continue;
      this.#places[s] = choice.best(this.#prices).place;
      choice.addTo(this.#throttled, this.#contended, this.#places[s]!);
    }
  }

  /** Another number of instances where that is worth it at these prices. */
  #changeInstances(): boolean {
    let isChanged = false;
    for (const [s, choice] of this.#choices.entries()) {
      if (choice === undefined) continue;
      const other = betterNumber({
        service: this.#services[s]!,
        load: this.#loads[s]!,
        choice,
        chains: this.#chains,
        prices: this.#prices,
        dearest: this.#dearest,
        contended: this.#contended,
        least: this.#leastInstances(s),
        highest: this.#options.highest,
        worthAnInstance: this.#options.worthAnInstance,
        choiceOf: (instances) => this.#choiceOf(s, instances),
      });
      if (other === undefined) continue;
      this.#choices[s] = other;
      isChanged = true;
    }
    return isChanged;
  }

  #leastInstances(s: number): number {
    const { maxCpu, parallelism } = this.#services[s]!;
    return this.#loads[s]!.demand / (this.#options.highest * Math.min(maxCpu, parallelism));
  }

  #shapeOf({ isFixed, present, minCpu, minInstances }: QuotaService, s: number): Shape {
    const choice = this.#choices[s];
    if (choice !== undefined) return choice.shapeAt(this.#places[s]!);
    return isFixed ? present : { cpu: minCpu, instances: minInstances };
  }

  #shareOf(c: number): PlannedShare {
    const chain = this.#chains[c]!;
    const price = this.#prices[c]!;
    const isCheap = price <= 2 * CHEAPEST * this.#dearest[c]!;
    return {
      price: isCheap ? 0 : price,
      binding: isCheap ? [] : this.#bindingOf(c),
      isMeetable:
        !isCrowded(chain, this.#contended[c]!) && this.#throttled[c]! <= 1.2 * this.#roomOf(c, chain.budget),
    };
  }

  #bindingOf(c: number): readonly string[] {
    const shares = this.#chains[c]!.visits.flatMap(({ service }) => {
      const s = this.#indices.get(service);
      const choice = s === undefined ? undefined : this.#choices[s];
      if (s === undefined || choice === undefined) return [];
      const i = this.#loads[s]!.chains.findIndex(({ chain }) => chain === c);
      return i < 0 ? [] : [{ id: service, share: choice.shareOf(i, this.#places[s]!) }];
    });
    shares.sort((left, right) => right.share - left.share);
    const total = shares.reduce((sum, { share }) => sum + share, 0);
    const binding: string[] = [];
    let found = 0;
    for (const { id, share } of shares) {
      if (found >= MOST_OF_THEM * total) break;
      binding.push(id);
      found += share;
    }
    return binding;
  }
}
