import { branchTime, chainTime, slowestBranch } from './chain-time.ts';
import type { ChainRows, Program } from './program.ts';
import { endOfVisits } from './repair.ts';

/**
 * How much longer each service may wait before a chain leaves its budget, kept up to date while waits change.
 * The constrained chains through service s are the links [start[s], start[s + 1]).
 */
export class Room {
  readonly #program: Program;
  readonly #waits: Float64Array;
  readonly #times: Float64Array;
  readonly #start: Int32Array;
  readonly #chain: Int32Array;
  /** Weight of the service in the chain's serial part; NaN where it stands in parallel branches too. */
  readonly #weight: Float64Array;

  /** `waits` is the caller's and changes through `setWait` alone. */
  constructor(program: Program, waits: Float64Array) {
    const { chains, services } = program;
    this.#program = program;
    this.#waits = waits;
    this.#times = Float64Array.from({ length: chains.count }, (_, c) => chainTime(chains, waits, c));
    this.#start = new Int32Array(services.count + 1);
    forEachLink(program, (s) => {
      this.#start[s + 1] = this.#start[s + 1]! + 1;
    });
    for (let s = 0; s < services.count; s++) this.#start[s + 1] = this.#start[s + 1]! + this.#start[s]!;
    this.#chain = new Int32Array(this.#start[services.count]!);
    this.#weight = new Float64Array(this.#chain.length);
    const next = this.#start.slice();
    forEachLink(program, (s, c, weight) => {
      const link = next[s]!;
      next[s] = link + 1;
      this.#chain[link] = c;
      this.#weight[link] = weight;
    });
  }

  /** The longest wait of service s that no chain suffers from; finite. */
  longestWait(s: number): number {
    const { chains } = this.#program;
    const wait = this.#waits[s]!;
    let room = Number.MAX_VALUE - wait;
    for (let link = this.#start[s]!; link < this.#start[s + 1]!; link++) {
      const c = this.#chain[link]!;
      const weight = this.#weight[link]!;
      const slack = chains.budget[c]! - this.#times[c]!;
      const own = Number.isNaN(weight) ? roomInStages(chains, this.#waits, c, s, slack) : slack / weight;
      if (own < room) room = own;
    }
    return wait + Math.max(0, room);
  }

  /** How many constrained chains pass through service s. */
  chainsThrough(s: number): number {
    return this.#start[s + 1]! - this.#start[s]!;
  }

  chainsOf(s: number): Int32Array {
    return this.#chain.subarray(this.#start[s]!, this.#start[s + 1]!);
  }

  /** Time of chain c that counts against its budget, s. */
  timeOf(c: number): number {
    return this.#times[c]!;
  }

  setWait(s: number, wait: number): void {
    this.#waits[s] = wait;
    for (let link = this.#start[s]!; link < this.#start[s + 1]!; link++) {
      const c = this.#chain[link]!;
      this.#times[c] = chainTime(this.#program.chains, this.#waits, c);
    }
  }
}

/** Every service and constrained chain that meet, once each. */
function forEachLink(program: Program, visit: (s: number, c: number, weight: number) => void): void {
  const { chains, services } = program;
  const last = new Int32Array(services.count).fill(-1);
  for (let c = 0; c < chains.count; c++) {
    if (chains.budget[c] === Number.POSITIVE_INFINITY) continue;
    const isLine = chains.stageStart[c] === chains.stageEnd[c];
    const end = endOfVisits(program, c);
    for (let j = chains.serialStart[c]!; j < end; j++) {
      const s = chains.visitService[j]!;
      if (last[s] === c) continue;
      last[s] = c;
      visit(s, c, isLine ? chains.visitWeight[j]! : Number.NaN);
    }
  }
}

/**
 * The same for a chain with parallel branches: exact when the chain comes to the service in one place, never too much
 * otherwise.
 */
function roomInStages(rows: ChainRows, waits: Float64Array, c: number, s: number, slack: number): number {
  const serial = weightOf(rows, s, rows.serialStart[c]!, rows.serialEnd[c]!);
  let weight = serial;
  let spare = 0;
  let places = serial > 0 ? 1 : 0;
  for (let i = rows.stageStart[c]!; i < rows.stageEnd[c]!; i++) {
    let heaviest = 0;
    for (let b = rows.branchStart[i]!; b < rows.branchStart[i + 1]!; b++) {
      const own = weightOf(rows, s, rows.branchVisitStart[b]!, rows.branchVisitEnd[b]!);
      if (own === 0) continue;
      heaviest = Math.max(heaviest, own);
      places++;
      spare = branchTime(rows, waits, slowestBranch(rows, waits, i)) - branchTime(rows, waits, b);
    }
    weight += heaviest;
  }
  return (slack + (places === 1 ? spare : 0)) / weight;
}

function weightOf(rows: ChainRows, s: number, from: number, to: number): number {
  let weight = 0;
  for (let j = from; j < to; j++) if (rows.visitService[j] === s) weight += rows.visitWeight[j]!;
  return weight;
}
