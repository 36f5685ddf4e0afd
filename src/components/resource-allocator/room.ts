import { branchTime, chainTime, slowestBranch } from './chain-time.ts';
import type { ChainRows, Program } from './program.ts';
import { endOfVisits } from './repair.ts';

/** Which constrained chains pass through each service: chains of s are chain[start[s]] … chain[start[s + 1] − 1]. */
export interface ChainsOfService {
  readonly start: Int32Array;
  readonly chain: Int32Array;
}

export function chainsOfServices(program: Program): ChainsOfService {
  const { services } = program;
  const start = new Int32Array(services.count + 1);
  forEachPair(program, (s) => {
    start[s + 1] = start[s + 1]! + 1;
  });
  for (let s = 0; s < services.count; s++) start[s + 1] = start[s + 1]! + start[s]!;
  const next = start.slice();
  const chain = new Int32Array(start[services.count]!);
  forEachPair(program, (s, c) => {
    chain[next[s]!] = c;
    next[s] = next[s]! + 1;
  });
  return { start, chain };
}

/** Every service and constrained chain that meet, once each. */
function forEachPair(program: Program, visit: (s: number, c: number) => void): void {
  const { chains, services } = program;
  const last = new Int32Array(services.count).fill(-1);
  for (let c = 0; c < chains.count; c++) {
    if (chains.budget[c] === Number.POSITIVE_INFINITY) continue;
    const end = endOfVisits(program, c);
    for (let j = chains.serialStart[c]!; j < end; j++) {
      const s = chains.visitService[j]!;
      if (last[s] === c) continue;
      last[s] = c;
      visit(s, c);
    }
  }
}

/**
 * By how much the wait of service s may grow before chain c leaves its budget: exact when the chain comes to the
 * service in one place, never too much otherwise.
 */
export function roomInChain(rows: ChainRows, waits: Float64Array, c: number, s: number): number {
  const slack = rows.budget[c]! - chainTime(rows, waits, c);
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
  return Math.max(0, slack + (places === 1 ? spare : 0)) / weight;
}

function weightOf(rows: ChainRows, s: number, from: number, to: number): number {
  let weight = 0;
  for (let j = from; j < to; j++) if (rows.visitService[j] === s) weight += rows.visitWeight[j]!;
  return weight;
}
