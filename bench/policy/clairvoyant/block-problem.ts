import type { Cell } from '../cell.ts';
import { FEWEST_REQUESTS, percentiles, WINDOW_SECONDS } from '../latency-windows.ts';
import { demandsIn } from './demand.ts';
import type { Problem } from './least-capacity.ts';
import { type Block, type Schedule, segmentAt } from './schedule.ts';
import { givenCores } from './shapes.ts';
import { requestsIn, simulateStretch } from './stretch.ts';

export interface Truth {
  readonly cell: Cell;
  readonly seed: number;
  /** Windows are judged from there on in either direction. */
  readonly originSeconds: number;
  /** In a block capacity follows demand in steps of that length; with the length of a block it is constant there. */
  readonly segmentSeconds: number;
}

/** So long at least what was before a block is simulated too, so that it does not begin with an empty system, s. */
const LEAD_SECONDS = 4;

/** The ratio of a block that leaves more work behind than it may: it would be late in the next one. */
const PILING_UP = 2;

/**
 * A block under the capacity C = D + y√(D/D̄) in each of its segments: D is a service's demand in the segment, D̄ its mean
 * over the block, y the slack. The root is how much slack the same wait takes at another load, as requests come in by chance
 * (square-root staffing: Halfin and Whitt, Operations Research 29(3), 1981).
 */
export class BlockProblem implements Problem {
  readonly block: Block;
  /** Mean over the block, cores by service. */
  readonly demands: readonly number[];
  readonly #truth: Truth;
  readonly #before: Schedule;
  readonly #segments: readonly { readonly block: Block; readonly demands: readonly number[] }[];
  #trials = 0;

  /** `before`: what is given until the block; none: as in the block. */
  constructor(truth: Truth, block: Block, before: Schedule = []) {
    this.#truth = truth;
    this.block = block;
    this.#before = before;
    this.demands = demandsIn(truth.cell, block);
    this.#segments = segmentsOf(block, truth.segmentSeconds).map((segment) => ({
      block: segment,
      demands: demandsIn(truth.cell, segment),
    }));
  }

  /** Simulations so far. */
  get trials(): number {
    return this.#trials;
  }

  schedule(slacks: readonly number[]): Schedule {
    const { services } = this.#truth.cell.application;
    return this.#segments.map(({ block, demands }) => ({
      fromSeconds: block.fromSeconds,
      cores: services.map((service, index) => {
        const demand = demands[index]!;
        const mean = this.demands[index]!;
        const slack = mean > 0 ? slacks[index]! * Math.sqrt(demand / mean) : slacks[index]!;
        return givenCores(service, demand + slack);
      }),
    }));
  }

  /** Slacks with which the block has about these cores in the mean, by service. */
  slacksOf(cores: readonly number[]): readonly number[] {
    return cores.map((given, service) => given - this.demands[service]!);
  }

  /** Mean cores over the block. */
  cost(slacks: readonly number[]): number {
    const { fromSeconds, toSeconds } = this.block;
    return this.schedule(slacks).reduce((sum, { cores }, index) => {
      const segment = this.#segments[index]!.block;
      const share = (segment.toSeconds - segment.fromSeconds) / (toSeconds - fromSeconds);
      return sum + share * total(cores);
    }, 0);
  }

  /** By chain the largest p95 over SLO of the windows that end in the block; 0 where none has enough requests. */
  ratios(slacks: readonly number[]): readonly number[] {
    const schedule = this.schedule(slacks);
    this.#trials += 1;
    const { cell, seed } = this.#truth;
    const windows = this.#windows();
    const { toSeconds } = this.block;
    const fromSeconds = Math.max(0, Math.min(this.block.fromSeconds, ...windows) - LEAD_SECONDS);
    const stretch = { fromSeconds, toSeconds };
    const { log, inFlight } = simulateStretch(cell, seed, stretch, [...this.#lead(fromSeconds), ...schedule]);
    const piling = inFlight > this.#inTime() ? PILING_UP : 0;
    return cell.application.chains.map(({ sloSeconds }, chain) =>
      windows.reduce((largest, window) => {
        const latencies = log.latencies(chain, window, window + WINDOW_SECONDS);
        if (latencies.length < FEWEST_REQUESTS) return largest;
        return Math.max(largest, percentiles(latencies, 0.95)[0]! / sloSeconds);
      }, piling),
    );
  }

  #lead(fromSeconds: number): Schedule {
    if (this.#before.length === 0) return [];
    const since = segmentAt(this.#before, fromSeconds).fromSeconds;
    return this.#before.filter((segment) => segment.fromSeconds >= since);
  }

  /** Beginnings of those that end in the block; at the end of the run also of one that is cut short. */
  #windows(): readonly number[] {
    const { originSeconds, cell } = this.#truth;
    const { fromSeconds, toSeconds } = this.block;
    const place = (seconds: number) => (seconds - originSeconds) / WINDOW_SECONDS;
    const first = Math.floor(place(fromSeconds) + 1e-9);
    const isLast = toSeconds >= cell.durationSeconds;
    const end = isLast ? Math.ceil(place(toSeconds) - 1e-9) : Math.floor(place(toSeconds) + 1e-9);
    return Array.from(
      { length: end - first },
      (_, index) => originSeconds + (first + index) * WINDOW_SECONDS,
    );
  }

  /** Requests that would be under way if each took its whole SLO (Little's law); a small number always may be. */
  #inTime(): number {
    const { cell } = this.#truth;
    const { toSeconds } = this.block;
    const { first, end } = requestsIn(cell, { fromSeconds: toSeconds - 1, toSeconds });
    let requests = FEWEST_REQUESTS;
    for (let request = first; request < end; request++) {
      requests += cell.application.chains[cell.arrivals.chains[request]!]!.sloSeconds;
    }
    return requests;
  }
}

export function segmentsOf({ fromSeconds, toSeconds }: Block, segmentSeconds: number): readonly Block[] {
  const count = Math.max(1, Math.ceil((toSeconds - fromSeconds) / segmentSeconds - 1e-9));
  return Array.from({ length: count }, (_, index) => ({
    fromSeconds: fromSeconds + index * segmentSeconds,
    toSeconds: Math.min(toSeconds, fromSeconds + (index + 1) * segmentSeconds),
  }));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
