/** What the true future shows: a stretch of a run simulated by itself under a capacity that is constant in it. */
import type { Application, Arrivals } from '../../simulator/application.ts';
import { Simulator } from '../../simulator/simulator.ts';
import { shapeOf } from './shapes.ts';
import { LEAST_REQUESTS, WindowLatencies } from './window-latencies.ts';

export interface Block {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

export interface Truth {
  readonly application: Application;
  readonly arrivals: Arrivals;
  readonly seed: number;
  /** CPU that visits of a service need there, times the application's. */
  demandFactor(service: number, atSeconds: number): number;
}

/** Before the block the same capacity runs for this long, so that it does not begin with an empty system, s. */
const LEAD_SECONDS = 3;

/** What a block counts as that leaves more work behind than it may: its backlog would be late in the next one. */
const PILING_UP = 2;

export class BlockTrials {
  readonly #truth: Truth;
  readonly #windowSeconds: number;
  #count = 0;

  constructor(truth: Truth, windowSeconds: number) {
    this.#truth = truth;
    this.#windowSeconds = windowSeconds;
  }

  /** Simulations so far. */
  get count(): number {
    return this.#count;
  }

  /** By chain the largest p95 over SLO among the windows of the block; 0 where none has enough requests. */
  ratios(block: Block, cores: ArrayLike<number>): readonly number[] {
    this.#count += 1;
    const { application, arrivals, seed } = this.#truth;
    const startSeconds = Math.max(0, block.fromSeconds - LEAD_SECONDS);
    const first = firstAtOrAfter(arrivals.timesSeconds, startSeconds);
    const end = firstAtOrAfter(arrivals.timesSeconds, block.toSeconds);
    const latencies = new WindowLatencies({
      ...block,
      windowSeconds: this.#windowSeconds,
      chains: application.chains.length,
    });
    const simulator = new Simulator({
      application,
      arrivals: {
        timesSeconds: arrivals.timesSeconds.subarray(first, end),
        chains: arrivals.chains.subarray(first, end),
      },
      firstRequest: first,
      initial: application.services.map((service, index) => shapeOf(service, cores[index]!)),
      seed,
      startupSeconds: 0,
      listener: {
        onRequest: (chain, seconds, failed, endSeconds) => latencies.add(chain, seconds, failed, endSeconds),
      },
    });
    for (const service of application.services.keys()) {
      simulator.setDemandFactor(service, this.#truth.demandFactor(service, block.fromSeconds));
    }
    simulator.advanceTo(block.toSeconds);
    const pilesUp = simulator.inFlight > this.#inTime(first, end, block.toSeconds - startSeconds);
    return application.chains.map(({ sloSeconds }, chain) => {
      let largest = pilesUp ? PILING_UP : 0;
      for (let window = 0; window < latencies.windows; window++) {
        largest = Math.max(largest, latencies.p95(chain, window) / sloSeconds);
      }
      return largest;
    });
  }

  /** Requests that would be under way if each took its whole SLO (Little's law); a small number always may be. */
  #inTime(first: number, end: number, seconds: number): number {
    const { application } = this.#truth;
    const rate = (end - first) / seconds;
    const sloSeconds = application.chains.reduce((sum, chain) => sum + chain.share * chain.sloSeconds, 0);
    return LEAST_REQUESTS + rate * sloSeconds;
  }
}

function firstAtOrAfter(times: Float64Array, seconds: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}
