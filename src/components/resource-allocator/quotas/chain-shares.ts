import { contentionOf } from './contention.ts';
import type { QuotaChain, QuotaService, Shape } from './quota-problem.ts';
import { type ServiceLoad, serviceLoads } from './service-load.ts';
import { delayMiddles, delayWeights, slowShare } from './slow-share.ts';
import { DELAY_STEP, DELAYS, logDelayTail, PERIOD_SECONDS } from './throttling-delay.ts';

/** Delays beyond are not told apart, s. */
const LONGEST_SECONDS = (DELAYS - 1) * DELAY_STEP * PERIOD_SECONDS;
const HALVINGS = 12;

/** What visits wait at each service under given shapes, and what that makes of chains. */
export class ChainShares {
  readonly #chains: readonly QuotaChain[];
  readonly #loads: readonly ServiceLoad[];
  /** By service; undefined where nobody waits. */
  readonly #delays: readonly (Delays | undefined)[];
  readonly #spanSeconds: number;

  /** `spanSeconds`: how long it stays so, from a beginning without a backlog. Default: for ever. */
  constructor(
    services: readonly QuotaService[],
    chains: readonly QuotaChain[],
    shapeOf: (service: QuotaService) => Shape,
    spanSeconds = Number.POSITIVE_INFINITY,
  ) {
    this.#chains = chains;
    this.#spanSeconds = spanSeconds;
    this.#loads = serviceLoads(services, chains);
    this.#delays = services.map((service, s) => delaysAt(service, this.#loads[s]!, shapeOf(service)));
  }

  /** Share of slow requests by place of the chain, in [0, 1]. */
  shares(slacks?: readonly number[]): number[] {
    const weights =
      slacks?.map(delayWeights) ??
      this.#chains.map((chain) => chain.weights ?? delayWeights(chain.slackSeconds));
    const slackOf = (chain: number) => slacks?.[chain] ?? this.#chains[chain]!.slackSeconds;
    const sums = this.#chains.map(() => 0);
    for (const [s, delays] of this.#delays.entries()) {
      if (delays === undefined) continue;
      for (const { chain, visits } of this.#loads[s]!.chains)
        sums[chain]! +=
          visits * slowShare(delays.middles, weights[chain]!) + this.#behind(delays.excess, slackOf(chain));
    }
    return sums.map((sum) => Math.min(1, sum));
  }

  /**
   * Share of the requests that come when the backlog is longer than their slack: with work for ρ > 1 it grows by (ρ − 1)
   * seconds in each.
   */
  #behind(excess: number, slackSeconds: number): number {
    if (excess <= 0) return 0;
    return Math.max(0, 1 - Math.max(0, slackSeconds) / (excess * this.#spanSeconds));
  }

  /**
   * By place of the chain: how long its requests are delayed at most but for a share of them, s; Infinity when
   * more than that wait for more than six periods.
   */
  delays(shares: readonly number[]): number[] {
    let low = this.#chains.map(() => 0);
    let high = this.#chains.map(() => LONGEST_SECONDS);
    const atMost = this.shares(high);
    for (let i = 0; i < HALVINGS; i++) {
      const middle = low.map((from, c) => (from + high[c]!) / 2);
      const found = this.shares(middle);
      low = low.map((from, c) => (found[c]! > shares[c]! ? middle[c]! : from));
      high = high.map((to, c) => (found[c]! > shares[c]! ? to : middle[c]!));
    }
    return high.map((to, c) => (atMost[c]! > shares[c]! ? Number.POSITIVE_INFINITY : to));
  }
}

interface Delays {
  /** P(delay > t) in the middle of each interval, at most at the highest utilisation that is tabulated. */
  readonly middles: Float64Array;
  /** ρ − 1. */
  readonly excess: number;
}

function delaysAt(service: QuotaService, load: ServiceLoad, { cpu, instances }: Shape): Delays | undefined {
  if (service.isFixed || load.demand <= 0) return undefined;
  const demand = load.demand / instances;
  const utilization = demand / Math.min(cpu, service.parallelism);
  const tail = new Float64Array(DELAYS);
  logDelayTail(load.worksInPeriod(instances), utilization, tail);
  const middles = new Float64Array(DELAYS - 1);
  delayMiddles(tail, contentionOf(demand, service.parallelism, load.workOf(instances)), middles);
  return { middles, excess: utilization - 1 };
}
