import type { ChainRows } from './program.ts';

/** Σ weight·wait over the visits [from, to). */
export function waitingTime(rows: ChainRows, waits: Float64Array, from: number, to: number): number {
  const { visitService, visitWeight } = rows;
  let sum = 0;
  for (let j = from; j < to; j++) sum += visitWeight[j]! * waits[visitService[j]!]!;
  return sum;
}

/** Time of branch b, s. */
export function branchTime(rows: ChainRows, waits: Float64Array, b: number): number {
  return rows.branchFloor[b]! + waitingTime(rows, waits, rows.branchVisitStart[b]!, rows.branchVisitEnd[b]!);
}

/** The slowest branch of stage i. */
export function slowestBranch(rows: ChainRows, waits: Float64Array, i: number): number {
  let slowest = rows.branchStart[i]!;
  let time = branchTime(rows, waits, slowest);
  for (let b = slowest + 1; b < rows.branchStart[i + 1]!; b++) {
    const other = branchTime(rows, waits, b);
    if (other > time) {
      time = other;
      slowest = b;
    }
  }
  return slowest;
}

/** Time of chain c that counts against its budget: waiting in series plus the slowest branch of each stage, s. */
export function chainTime(rows: ChainRows, waits: Float64Array, c: number): number {
  let sum = waitingTime(rows, waits, rows.serialStart[c]!, rows.serialEnd[c]!);
  for (let i = rows.stageStart[c]!; i < rows.stageEnd[c]!; i++) {
    let slowest = Number.NEGATIVE_INFINITY;
    for (let b = rows.branchStart[i]!; b < rows.branchStart[i + 1]!; b++) {
      slowest = Math.max(slowest, branchTime(rows, waits, b));
    }
    sum += slowest;
  }
  return sum;
}
