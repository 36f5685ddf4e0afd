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

/**
 * A chain with parallel branches: moves along ways through it, one by one with the branches that have a multiplier and
 * the slowest ones, then between the branches of each stage.
 */
function settleStages(program: Program, multipliers: Multipliers, response: Response, c: number): void {
  const { chains } = program;
  if (multipliers.chain[c] === 0 && chainTime(chains, response.wait, c) <= chains.budget[c]!) return;
  for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++) {
    const slowest = slowestBranch(chains, response.wait, i);
    for (let b = chains.branchStart[i]!; b < chains.branchStart[i + 1]!; b++) {
      if (multipliers.branch[b]! > 0 || b === slowest) moveAlongWay(program, multipliers, response, c, i, b);
    }
  }
  for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++) {
    shiftToSlowest(program, multipliers, response, i);
  }
}

/**
 * Moves the multiplier along one way through the chain so that this way just keeps the SLO: branch b in stage i, in the
 * other stages the branch with the largest multiplier.
 */
function moveAlongWay(
  program: Program,
  multipliers: Multipliers,
  response: Response,
  c: number,
  i: number,
  b: number,
): void {
  const { chains } = program;
  const { branch, chain } = multipliers;
  const { way } = response;
  way.length = 0;
  let end = addVisits(program, chains.scratch, chains.serialStart[c]!, chains.serialEnd[c]!, 1);
  let target = chains.budget[c]!;
  let least = Number.POSITIVE_INFINITY;
  for (let stage = chains.stageStart[c]!; stage < chains.stageEnd[c]!; stage++) {
    const on = stage === i ? b : heaviestBranch(program, multipliers, response, stage);
    end = addVisits(program, end, chains.branchVisitStart[on]!, chains.branchVisitEnd[on]!, 1);
    target -= chains.branchFloor[on]!;
    least = Math.min(least, branch[on]!);
    way.push(on);
  }
  const most = chains.ceiling[c]! - chain[c]!;
  const change = moveAlong(program, response, chains.scratch, end, target, -least, most);
  chain[c] = Math.max(0, chain[c]! + change);
  for (const on of way) branch[on] = Math.max(0, branch[on]! + change);
}

/** The branch with the largest multiplier; the slowest where none has any. */
function heaviestBranch(program: Program, { branch }: Multipliers, response: Response, i: number): number {
  const { branchStart } = program.chains;
  let heaviest = branchStart[i]!;
  for (let b = heaviest + 1; b < branchStart[i + 1]!; b++) if (branch[b]! > branch[heaviest]!) heaviest = b;
  return branch[heaviest]! > 0 ? heaviest : slowestBranch(program.chains, response.wait, i);
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
