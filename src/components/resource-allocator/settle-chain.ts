import { branchTime, chainTime, slowestBranch, waitingTime } from './chain-time.ts';
import { moveAlong } from './line-search.ts';
import type { Multipliers } from './multipliers.ts';
import type { Program } from './program.ts';
import type { Response } from './response.ts';

/**
 * One step of coordinate ascent: sets the multiplier of chain c so that the chain just keeps its SLO (0 when it does
 * so anyway), and shifts it between parallel branches towards the slowest.
 */
export function settleChain(program: Program, multipliers: Multipliers, response: Response, c: number): void {
  const { chains } = program;
  const budget = chains.budget[c]!;
  if (budget === Number.POSITIVE_INFINITY) return;
  const mu = multipliers.chain[c]!;
  if (chains.stageStart[c]! < chains.stageEnd[c]!) {
    settleStages(program, multipliers, response, c);
    return;
  }
  const from = chains.serialStart[c]!;
  const to = chains.serialEnd[c]!;
  if (mu === 0 && waitingTime(chains, response.wait, from, to) <= budget) return;
  const change = moveAlong(program, response, from, to, budget, -mu, chains.ceiling[c]! - mu);
  multipliers.chain[c] = Math.max(0, mu + change);
}

function settleStages(program: Program, multipliers: Multipliers, response: Response, c: number): void {
  const { chains } = program;
  const mu = multipliers.chain[c]!;
  if (mu === 0) {
    if (chainTime(chains, response.wait, c) <= chains.budget[c]!) return;
    for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++) {
      multipliers.branch[slowestBranch(chains, response.wait, i)] = 1;
    }
    const risen = scaleChain(program, multipliers, response, c, 0, 1);
    if (risen === 0) return;
  } else if (scaleChain(program, multipliers, response, c, mu, 1 / mu) === 0) return;
  for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++)
    shiftToSlowest(program, multipliers, response, i);
}

/**
 * Moves the chain's multiplier with its branches in their present proportion: `share` times a branch's multiplier is
 * its part. Returns the new multiplier.
 */
function scaleChain(
  program: Program,
  multipliers: Multipliers,
  response: Response,
  c: number,
  mu: number,
  share: number,
): number {
  const { chains } = program;
  let end = addVisits(program, chains.scratch, chains.serialStart[c]!, chains.serialEnd[c]!, 1);
  let target = chains.budget[c]!;
  const first = chains.branchStart[chains.stageStart[c]!]!;
  const last = chains.branchStart[chains.stageEnd[c]!]!;
  for (let b = first; b < last; b++) {
    const part = multipliers.branch[b]! * share;
    if (part === 0) continue;
    end = addVisits(program, end, chains.branchVisitStart[b]!, chains.branchVisitEnd[b]!, part);
    target -= part * chains.branchFloor[b]!;
  }
  const change = moveAlong(program, response, chains.scratch, end, target, -mu, chains.ceiling[c]! - mu);
  const moved = Math.max(0, mu + change);
  multipliers.chain[c] = moved;
  for (let b = first; b < last; b++) multipliers.branch[b] = multipliers.branch[b]! * share * moved;
  return moved;
}

/** Shifts multiplier from the fastest branch that has some to the slowest, until both are equally slow. */
function shiftToSlowest(program: Program, multipliers: Multipliers, response: Response, i: number): void {
  const { chains } = program;
  const slow = slowestBranch(chains, response.wait, i);
  let fast = slow;
  let time = Number.POSITIVE_INFINITY;
  for (let b = chains.branchStart[i]!; b < chains.branchStart[i + 1]!; b++) {
    if (multipliers.branch[b]! === 0 || b === slow) continue;
    const own = branchTime(chains, response.wait, b);
    if (own >= time) continue;
    time = own;
    fast = b;
  }
  if (fast === slow) return;
  const target = chains.branchFloor[fast]! - chains.branchFloor[slow]!;
  let end = addVisits(
    program,
    chains.scratch,
    chains.branchVisitStart[slow]!,
    chains.branchVisitEnd[slow]!,
    1,
  );
  end = addVisits(program, end, chains.branchVisitStart[fast]!, chains.branchVisitEnd[fast]!, -1);
  const { branch } = multipliers;
  const change = moveAlong(program, response, chains.scratch, end, target, -branch[slow]!, branch[fast]!);
  branch[slow] = Math.max(0, branch[slow]! + change);
  branch[fast] = Math.max(0, branch[fast]! - change);
}

/** Appends visits times `factor` to the scratch entries, one entry a service; returns their end. */
function addVisits(program: Program, end: number, from: number, to: number, factor: number): number {
  const { visitService, visitWeight, scratch } = program.chains;
  let next = end;
  for (let j = from; j < to; j++) {
    const s = visitService[j]!;
    const weight = factor * visitWeight[j]!;
    let at = scratch;
    while (at < next && visitService[at] !== s) at++;
    if (at === next) {
      visitService[next] = s;
      visitWeight[next++] = weight;
    } else visitWeight[at] = visitWeight[at]! + weight;
  }
  return next;
}
